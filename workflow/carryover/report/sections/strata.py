"""Where the errors of a study are, in numbers: what its error figure shows."""

from __future__ import annotations

from typing import Any, NamedTuple

from carryover.report import cells
from carryover.report.breakdown import Family, breakdown
from carryover.report.cells import Cell
from carryover.report.columns import Column, Table, table
from carryover.report.sections import anchor_of
from carryover.report.titles import metric, titled
from carryover.report.view import Setting, Split, StudyResults


class Row(NamedTuple):
    """One value of a family of strata, such as carry chains of three digits."""

    family: Family
    value: Any
    stratum: str


def of_study(study: StudyResults) -> Table | None:
    """A row a value of each family, a column a setting."""
    chosen = breakdown(study)
    if chosen is None:
        return None
    split, settings, families = chosen
    where = f" on {study.split_name(split)}" if len(study.splits) > 1 else ""
    return table(
        anchor_of(study.name, "strata"),
        f"Where the errors of “{study.title}” are{where}",
        _columns(study, split, settings),
        [
            Row(family, value, stratum)
            for family in families
            for value, stratum in zip(family.values, family.strata, strict=True)
        ],
        files=["summary"],
    )


def _columns(study: StudyResults, split: Split, settings: list[Setting]) -> list[Column[Row]]:
    return [
        Column("Broken down by", lambda row: cells.text(study.task.strata[row.family.name].label)),
        Column("Value", lambda row: _value(study, row)),
        Column("Metric", lambda row: Cell(metric(row.family.metric))),
        *(_of_setting(study, split, setting) for setting in settings),
    ]


def _value(study: StudyResults, row: Row) -> Cell:
    return Cell(titled(study.stratum_title(row.stratum), row.stratum))


def _of_setting(study: StudyResults, split: Split, setting: Setting) -> Column[Row]:
    def cell(row: Row) -> Cell:
        spread = study.spread(setting, split, row.family.metric, row.stratum)
        return cells.spread("summary", spread, row.family.metric)

    return Column(study.short_name(setting), cell, numeric=True)
