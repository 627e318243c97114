"""Titles reach the report through the plan, and decide no result."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from carryover.planning.plan import Plan, Titles
from tests.tiny import Tiny

SHIPPED = Path(__file__).parents[2] / "config"


def test_titles_change_no_address(tiny: Tiny) -> None:
    before = tiny.plan()
    tiny.datasets["three"]["title"] = "3-digit sums"
    tiny.files["config/suites/all.yaml"]["suites"]["lengths"]["title"] = "All lengths"
    after = tiny.plan()
    assert after.titles.datasets == {"three": "3-digit sums"}
    assert after.model_copy(update={"titles": before.titles}) == before


def test_a_split_without_a_title_has_that_of_its_only_suite_or_its_dataset(tiny: Tiny) -> None:
    tiny.datasets["five"]["title"] = "5-digit sums"
    suites = tiny.files["config/suites/all.yaml"]["suites"]
    suites["lengths"]["title"] = "All lengths"
    suites["alone"] = {"title": "Five", "task": "digit_sum", "splits": {"test": {"dataset": "five"}}}
    suites["named"] = {
        "title": "Six",
        "task": "digit_sum",
        "splits": {"test": {"dataset": "five", "title": " 5 "}},
    }
    titles = tiny.plan().titles
    assert titles.suites == {"lengths": "All lengths", "alone": "Five", "named": "Six"}
    assert titles.splits == {
        "lengths": {"five": "5-digit sums"},
        "alone": {"test": "Five"},
        "named": {"test": "5"},
    }


def test_plan_json_keeps_titles_and_may_lack_them(tiny: Tiny, tmp_path: Path) -> None:
    tiny.datasets["five"]["title"] = "5-digit sums"
    plan = tiny.plan()
    plan.write(tmp_path / "plan.json")
    assert Plan.read(tmp_path / "plan.json").titles == plan.titles
    data = plan.data()
    del data["titles"]
    assert Plan.model_validate_json(json.dumps(data)).titles == Titles()


def test_own_titles_stand_over_others() -> None:
    own = Titles(datasets={"a": "A"}, splits={"s": {"x": "X"}})
    others = Titles(
        datasets={"a": "B", "b": "B"}, suites={"s": "S"}, splits={"s": {"x": "Y", "y": "Y"}, "t": {"z": "Z"}}
    )
    assert own.over(others) == Titles(
        datasets={"a": "A", "b": "B"}, suites={"s": "S"}, splits={"s": {"x": "X", "y": "Y"}, "t": {"z": "Z"}}
    )


@pytest.mark.parametrize("kind", ["datasets", "suites"])
def test_everything_that_is_shipped_has_a_title(kind: str) -> None:
    for path in sorted((SHIPPED / kind).glob("*.yaml")):
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))[kind]
        assert {name for name, entry in entries.items() if not entry.get("title")} == set(), path
