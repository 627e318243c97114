"""All numbers of a study: every metric on every whole test split."""

from __future__ import annotations

from carryover.report import cells
from carryover.report.cells import Cell
from carryover.report.columns import Column, Table, of_frame
from carryover.report.sections import anchor_of
from carryover.report.tables import Row
from carryover.report.titles import metric
from carryover.report.view import StudyResults

FILE = "summary"


def of_study(study: StudyResults) -> Table | None:
    """A row a setting, test and metric."""
    name = anchor_of(study.name, "everything")
    caption = f"All metrics of “{study.title}” on whole test splits"
    return of_frame(name, caption, _columns(study), study.whole_splits, FILE)


def _columns(study: StudyResults) -> list[Column[Row]]:
    return [
        Column("Setting", lambda row: Cell(study.titled_setting(row["point"]))),
        Column("Test", lambda row: Cell(study.titled_split((row["suite"], row["split"])))),
        Column("Metric", lambda row: Cell(metric(row["metric"]))),
        Column("Mean", lambda row: cells.number(FILE, row, "mean", row["metric"]), numeric=True),
        Column(
            "95% interval", lambda row: cells.interval(FILE, row, "low", "high", row["metric"]), numeric=True
        ),
        Column(
            "One further run",
            lambda row: cells.interval(FILE, row, "prediction_low", "prediction_high", row["metric"]),
            numeric=True,
            note="95% prediction interval",
        ),
        Column("Lowest", lambda row: cells.number(FILE, row, "minimum", row["metric"]), numeric=True),
        Column(
            "Highest",
            lambda row: cells.number(FILE, row, "maximum", row["metric"]),
            numeric=True,
            note="shows what choosing the best seed does",
        ),
        Column("Seeds", lambda row: cells.number(FILE, row, "seeds"), numeric=True),
    ]
