"""The plan: what is expanded, what is shared, and which addresses depend on what."""

from __future__ import annotations

import copy
import itertools
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carryover.errors import UserError
from carryover.planning import sweep
from carryover.planning.as_published import PublishedSettings
from carryover.planning.plan import Plan
from carryover.planning.runs import RunSettings, read_run
from carryover.settings.canonical import canonical_json
from carryover.settings.study import Block
from carryover.settings.training import Training
from tests.tiny import Tiny


def test_the_tiny_plan_counted_by_hand(tiny: Tiny) -> None:
    plan = tiny.plan()
    assert len(plan.runs) == 4  # 2 cells × 2 seeds
    assert len(plan.evaluations) == 4
    assert len(plan.datasets) == 2
    (study,) = plan.studies
    assert [point.label for point in study.settings] == ["cell=rnn", "cell=gru"]
    assert [[r.seed for r in point.replicates] for point in study.settings] == [[0, 1], [0, 1]]
    assert all(point.as_published and point.differs == () for point in study.settings)


def test_runs_that_two_studies_share_are_listed_once(tiny: Tiny) -> None:
    other = copy.deepcopy(tiny.study)
    other |= {"study": "rates", "sweep": [{"grid": {"training.lr": [0.01, 0.1]}}]}
    tiny.files["config/studies/rates.yaml"] = other
    plan = tiny.plan()
    assert len(plan.runs) == 6  # rnn at lr 0.01 is in both studies, twice
    assert len(plan.evaluations) == 6


def test_every_run_has_one_evaluation_over_the_suites_of_all_studies(tiny: Tiny) -> None:
    tiny.files["config/suites/all.yaml"]["suites"]["own"] = {
        "task": "digit_sum",
        "splits": {"test": {"dataset": "own"}},
    }
    tiny.files["config/studies/again.yaml"] = {**tiny.study, "study": "again", "evaluate": ["own"]}
    plan = tiny.plan()
    assert len(plan.runs) == len(plan.evaluations) == 4
    for evaluation in plan.evaluations.values():
        assert [(s.suite, s.split) for s in evaluation.splits] == [
            ("lengths", "five"),
            ("lengths", "own"),
            ("own", "test"),
        ]


def test_redrawn_data_changes_the_dataset_with_the_seed(tiny: Tiny) -> None:
    shared = tiny.plan()
    tiny.study["redraw_data"] = True
    redrawn = tiny.plan()
    assert len(redrawn.datasets) == 3
    # The first replicate has the dataset as it is written, so it is the run of the study that shares its data.
    assert len(shared.runs.keys() & redrawn.runs.keys()) == 2
    for run in redrawn.runs.values():
        assert run.settings.dataset.seed == run.settings.seed


def test_an_address_depends_on_everything_that_decides_the_content_and_nothing_else(tiny: Tiny) -> None:
    before = set(tiny.plan().runs)
    tiny.study.update({"study": "renamed", "title": "Another", "question": "Which?"})
    tiny.files["config/config.yaml"] |= {"name": "other", "results": "elsewhere", "device": "cpu"}
    assert set(tiny.plan().runs) == before
    for path, value in (
        ("model.hidden", 9),
        ("training.lr", 0.02),
        ("training.tf32", True),
        ("training.cuda_graphs", True),
        ("training.precision", "bfloat16"),
        ("dataset.seed", 7),
        ("dataset.distribution.digits", 2),
    ):
        tiny.study["scales"] = {"quick": {"set": {path: value}}}
        assert not before & set(tiny.plan().runs), path
    for address in before:
        assert re.fullmatch(r"tagger-(rnn|gru)-h8-l1-s[01]-[0-9a-f]{12}", address)


def test_a_setting_written_out_at_its_default_renames_nothing(tiny: Tiny) -> None:
    before = set(tiny.plan().runs)
    tiny.study["base"]["model"]["dropout"] = 0.0
    tiny.study["base"]["training"]["optimizer"] = "adam"
    assert set(tiny.plan().runs) == before


def test_scales_change_settings_sweep_seeds_and_suites(tiny: Tiny) -> None:
    tiny.study["scales"] = {
        "quick": {"set": {"training.steps": 2}, "sweep": [{"grid": {"model.cell": ["lstm"]}}], "seeds": [7]},
        "full": {"seeds": 3},
    }
    (run,) = tiny.plan().runs.values()
    assert (run.steps, run.settings.model.cell, run.settings.seed) == (2, "lstm", 7)
    tiny.files["config/config.yaml"]["scale"] = "full"
    assert len(tiny.plan().runs) == 6


def test_seeds_of_some_studies_leave_the_others_as_they_are(tiny: Tiny) -> None:
    second = tiny.study | {"study": "again", "sweep": [{"grid": {"model.cell": ["lstm"]}}]}
    tiny.files["config/studies/again.yaml"] = second
    tiny.files["config/config.yaml"]["seeds"] = {"cells": [4, 5, 6]}
    seeds = {study.name: [one.seed for one in study.settings[0].replicates] for study in tiny.plan().studies}
    assert seeds == {"cells": [4, 5, 6], "again": [0, 1]}


def test_seeds_of_some_settings_leave_the_others_of_their_study_out(tiny: Tiny) -> None:
    tiny.study["sweep"] = [{"grid": {"model.cell": ["rnn", "gru", "lstm"]}}]
    whole = tiny.plan().studies[0]
    tiny.files["config/config.yaml"]["seeds"] = {"cells": {"cell=lstm": [7, 5], "cell=rnn": 3}}
    (part,) = tiny.plan().studies
    assert {one.label: [run.seed for run in one.replicates] for one in part.settings} == {
        "cell=rnn": [0, 1, 2],
        "cell=lstm": [7, 5],
    }
    assert part.swept == whole.swept
    assert part.settings[0].runs[:2] == whole.settings[0].runs


def test_what_keeps_a_run_from_deciding_is_named(tiny: Tiny) -> None:
    def points() -> list[tuple[bool, tuple[str, ...]]]:
        return [(point.as_published, point.differs) for point in tiny.plan().studies[0].settings]

    tiny.study["scales"] = {"quick": {"set": {"training.stop_when_solved": True}}}
    assert points() == [(True, ("training.stop_when_solved",))] * 2
    tiny.study["scales"] = {"quick": {"set": {"training.steps": 2}}}
    assert points() == [(False, ("training.steps",))] * 2
    tiny.study["unstated"] = ["training.steps"]
    assert points() == [(True, ())] * 2
    tiny.study["scales"] = {"quick": {"sweep": [{"grid": {"model.cell": ["lstm", "gru"]}}]}}
    assert points() == [(False, ("model.cell",)), (True, ())]


def test_the_plan_is_plain_json(tiny: Tiny) -> None:
    plan = tiny.plan().data()
    assert json.loads(json.dumps(plan)) == plan


values = st.integers(0, 3)
grids = st.dictionaries(
    st.sampled_from(["model.a", "model.b", "training.c"]),
    st.lists(values, min_size=1, unique=True),
    min_size=1,
)


@given(grids)
def test_a_grid_is_the_product_of_its_values(grid: dict[str, list[int]]) -> None:
    found = sweep.combinations((Block.read({"grid": grid}),))
    expected = {tuple(zip(grid, chosen, strict=True)) for chosen in itertools.product(*grid.values())}
    assert {tuple(point.items()) for point in found} == expected
    assert len(found) == len(expected)


@given(grids)
def test_one_at_a_time_changes_one_setting_a_point(factors: dict[str, list[int]]) -> None:
    found = sweep.combinations((Block.read({"one_at_a_time": factors}),))
    assert len(found) == sum(len(set(tried)) for tried in factors.values())
    assert all(len(point) == 1 for point in found)


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@settings(max_examples=30)
@given(st.dictionaries(st.text(), plain))
def test_canonical_json_reads_back_and_does_not_depend_on_order(data: dict[str, Any]) -> None:
    text = canonical_json(data)
    assert json.loads(text) == data
    assert canonical_json(dict(reversed(data.items()))) == text


def test_an_epoch_counts_its_last_smaller_batch() -> None:
    assert Training.read({"epochs": 2, "batch": 96}).total_steps(35_000) == 2 * 365
    assert Training.read({"steps": 7, "batch": 96}).total_steps(35_000) == 7


def changed(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[str], str]:
    """A change of a plan's text that leaves it without a checksum, as an older version wrote it."""

    def of_text(text: str) -> str:
        plan = json.loads(text)
        del plan["checksum"]
        return json.dumps(change(plan))

    return of_text


def test_a_plan_is_read_back_as_it_was_written(tiny: Tiny, tmp_path: Path) -> None:
    plan = tiny.plan()
    plan.write(tmp_path / "plan.json")
    assert Plan.read(tmp_path / "plan.json") == plan


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda text: text[: len(text) // 2], "cannot be read as JSON"),
        (lambda text: "[]", "another format"),
        (lambda text: text.replace('"steps": 4', '"steps": 5'), "its checksum is not that of its content"),
        (changed(lambda plan: plan | {"format": 2}), "another format"),
        (changed(lambda plan: {key: plan[key] for key in plan if key != "runs"}), "it has no runs"),
        (changed(lambda plan: plan | {"scale": 4}), "not a plan of this version"),
    ],
)
def test_a_damaged_plan_is_one_line(
    tiny: Tiny, tmp_path: Path, change: Callable[[str], str], line: str
) -> None:
    path = tmp_path / "plan.json"
    tiny.plan().write(path)
    path.write_text(change(path.read_text()))
    with pytest.raises(UserError, match=line) as caught:
        Plan.read(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_what_differs_from_the_nearest_published_setting_is_told() -> None:
    """Against a comparison of every pair, which takes quadratic time."""
    runs = [
        read_run(
            {
                "dataset": {
                    "task": "digit_sum",
                    "distribution": {"kind": "uniform_digits", "digits": digits},
                    "rows": {"train": 100, "validation": 10},
                },
                "model": {"kind": "tagger", "cell": cell},
                "training": {"steps": steps, "lr": lr},
            }
        )
        for digits in (2, 3)
        for cell in ("rnn", "gru")
        for steps in (5, 6)
        for lr in (0.1, 0.2)
    ]
    published = runs[::3]
    compared = PublishedSettings(published, ["training.lr"])

    def different(a: RunSettings, b: RunSettings) -> set[str]:
        return sweep.difference(a.complete(), b.complete()) - {"training.lr"}

    for run in runs:
        fewest = min(len(different(run, other)) for other in published)
        told = compared.differences(run)
        assert len(told) == fewest
        assert any(set(told) == different(run, other) for other in published)
