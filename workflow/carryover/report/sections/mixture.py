"""The mixture account of a study in numbers, by run and component."""

from __future__ import annotations

from carryover.report import cells, words
from carryover.report.cells import EMPTY, Cell
from carryover.report.columns import Column, Table, of_frame
from carryover.report.sections import anchor_of
from carryover.report.tables import Row
from carryover.report.titles import titled
from carryover.report.view import StudyResults

FILE = "mixture"
PART = "mixture-table"  # of a study's page


def of_study(study: StudyResults) -> Table | None:
    """A row a run, test and component."""
    name = anchor_of(study.name, PART)
    caption = f"The mixture account of “{study.title}”, by run and component"
    return of_frame(name, caption, _columns(study), study.of_runs(FILE), FILE)


def _columns(study: StudyResults) -> list[Column[Row]]:
    return [
        Column("Setting", lambda row: Cell(study.titled_setting(study.setting_of[row["run"]].label))),
        Column("Seed", lambda row: cells.whole_number(study.seed_of[row["run"]]), numeric=True),
        Column("Test", lambda row: Cell(study.titled_split((row["suite"], row["split"])))),
        Column("Component", lambda row: Cell(titled(study.part_title(row["component"]), row["component"]))),
        Column("Weight", lambda row: cells.number(FILE, row, "weight", "share"), numeric=True),
        Column("Accuracy", lambda row: cells.number(FILE, row, "accuracy", "share"), numeric=True),
        Column("Measured on", lambda row: _source(study, row)),
        Column("Predicted", lambda row: cells.number(FILE, row, "predicted", "share"), numeric=True),
        Column(
            "95% interval",
            lambda row: cells.interval(FILE, row, "predicted_low", "predicted_high", "share"),
            numeric=True,
        ),
        Column("Measured", lambda row: cells.number(FILE, row, "measured", "share"), numeric=True),
        Column("Explained", lambda row: cells.yes_or_no(row["explained"])),
    ]


def _source(study: StudyResults, row: Row) -> Cell:
    """The test that a component's accuracy was measured on."""
    suite, _, split = str(words.none_if_nan(row["source"]) or "").partition("/")
    return Cell(study.titled_split((suite, split))) if split else EMPTY
