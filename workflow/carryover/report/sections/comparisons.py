"""The settings of a study compared two by two."""

from __future__ import annotations

from markupsafe import Markup

from carryover.report import cells, words
from carryover.report.cells import Cell
from carryover.report.columns import Column, Table, of_frame
from carryover.report.sections import anchor_of
from carryover.report.tables import Row
from carryover.report.titles import metric
from carryover.report.view import StudyResults

FILE = "comparisons"


def of_study(study: StudyResults) -> Table | None:
    """A row a pair of settings, test and metric."""
    name = anchor_of(study.name, "comparisons")
    caption = f"Settings of “{study.title}” compared two by two"
    return of_frame(name, caption, _columns(study), study.table(FILE), FILE)


def _columns(study: StudyResults) -> list[Column[Row]]:
    return [
        Column("A", lambda row: Cell(study.titled_setting(row["a"]))),
        Column("B", lambda row: Cell(study.titled_setting(row["b"]))),
        Column("Test", lambda row: Cell(_measured_on(study, row))),
        Column("Metric", lambda row: Cell(metric(row["metric"]))),
        Column("A − B", lambda row: cells.number(FILE, row, "difference", "gap"), numeric=True),
        Column("95% interval", lambda row: cells.interval(FILE, row, "low", "high", "gap"), numeric=True),
        Column(
            "P(A beats B)",
            lambda row: cells.number(FILE, row, "probability", "share"),
            numeric=True,
            note="for one run of each",
        ),
        Column("A is", lambda row: cells.text(words.none_if_nan(row["decided"]) or "undecided")),
        Column("Method", lambda row: cells.text(row["method"])),
    ]


def _measured_on(study: StudyResults, row: Row) -> Markup:
    if not words.none_if_nan(row["suite"]):
        return Markup("training")
    return study.titled_split((row["suite"], row["split"]))
