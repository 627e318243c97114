"""How much of each test is also in the training data."""

from __future__ import annotations

from markupsafe import Markup, escape

from carryover.report import cells
from carryover.report.cells import Cell
from carryover.report.columns import Column, Table, of_frame
from carryover.report.sections import anchor_of
from carryover.report.tables import Row
from carryover.report.titles import titled
from carryover.report.view import Report, StudyResults

FILE = "overlap"


def of_study(study: StudyResults) -> Table | None:
    """A row a training set and test."""
    datasets = {run: row["dataset"] for run, row in study.report.runs.items()}
    frame = study.of_runs(FILE)
    frame = frame.assign(trained=frame["run"].astype(str).map(datasets))
    frame = frame.drop_duplicates(["trained", "dataset", "suite", "split"])
    caption = "How much of each test is also in the training data"
    return of_frame(anchor_of(study.name, "overlap"), caption, _columns(study), frame, FILE)


def _columns(study: StudyResults) -> list[Column[Row]]:
    report = study.report
    return [
        Column(
            "Trained on",
            lambda row: Cell(_trained_on(report, row)),
        ),
        Column("Data seed", lambda row: cells.whole_number(_data_seed(report, row["run"])), numeric=True),
        Column("Test", lambda row: Cell(study.titled_split((row["suite"], row["split"])))),
        Column("Test rows", lambda row: cells.number(FILE, row, "rows"), numeric=True),
        Column("Seen", lambda row: cells.number(FILE, row, "shared", "rows"), numeric=True),
        Column("Share seen", lambda row: cells.number(FILE, row, "share"), numeric=True),
        Column(
            "Seen, either order",
            lambda row: cells.number(FILE, row, "share_commuted", "share"),
            numeric=True,
            note="operands swapped",
        ),
        Column(
            "Seen, as read",
            lambda row: cells.number(FILE, row, "share_tokens", "share"),
            numeric=True,
            note="the model cannot tell them from examples it was trained on",
        ),
        Column(
            "Space covered",
            lambda row: cells.number(FILE, row, "coverage", "share"),
            numeric=True,
            note="share of all possible examples that training has",
        ),
    ]


def _data_seed(report: Report, run: str) -> int | None:
    planned = report.plan.runs.get(run)
    return planned.settings.dataset.seed if planned else None


def _trained_on(report: Report, row: Row) -> Markup:
    name = report.dataset_names.get(row["run"])
    return escape(row["trained"]) if name is None else titled(report.names.dataset(name), name)
