"""What a study's page says of seen and unseen examples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from carryover.report.sections import seen
from carryover.report.view import Report

ROW = {"values": 3, "low": 0.01, "decided": None}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({}, seen.NOT_COMPARED),
        ({"values": 0}, "cannot be told apart from the lengths: none has seen and unseen examples"),
        ({"values": 3, "low": float("nan"), "decided": None}, "not decided: fewer than 3 seeds"),
        (ROW, "no difference found"),
        (ROW | {"decided": "better"}, "seen ones are answered better, as from memory"),
        (ROW | {"decided": "worse"}, "seen ones are answered worse"),
    ],
)
def test_every_outcome_has_its_words(row: dict[str, Any], said: str) -> None:
    assert seen.reading(row, "lengths") == said


def test_a_row_says_how_many_examples_were_compared(made: Path) -> None:
    report = Report.read(made)
    table = seen.of_study(report.by_name["three-number-transfer"])
    assert table is not None
    heads = [column.head for column in table.columns]
    assert len(table.rows) == len(report.by_name["three-number-transfer"].table("seen")) > 0
    for row in table.rows:
        cells = dict(zip(heads, (str(cell.html) for cell in row), strict=True))
        # Two of the made-up patterns of digits have both kinds, 180 examples each; both are answered alike.
        assert (cells["Seen"], cells["Seen, compared"], cells["Unseen, compared"]) == ("180", "360", "360")
        assert cells["What it says"] in ("no difference found", "not decided: fewer than 3 seeds")


def test_tests_that_were_evaluated_before_are_not_called_alike(made: Path) -> None:
    table = seen.of_study(Report.read(made).by_name["adder-threshold"])
    assert table is not None
    assert {str(row[-1].html) for row in table.rows} == {seen.NOT_COMPARED}
