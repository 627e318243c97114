"""Every run: how it ended, and what it cost."""

from __future__ import annotations

from typing import Any

from carryover.report import cells, words
from carryover.report.cells import Cell
from carryover.report.columns import Column, Table, of_frame
from carryover.report.sections import anchor_of
from carryover.report.tables import Row
from carryover.report.view import StudyResults

FILE = "runs"


def of_study(study: StudyResults) -> Table | None:
    """A row a run."""
    frame = study.report.tables[FILE]
    frame = frame[frame["run"].isin(list(study.setting_of))]
    return of_frame(anchor_of(study.name, "runs"), "Every run", _columns(study), frame, FILE)


def _status(study: StudyResults, row: Row) -> Cell:
    """How a run ended. One that can solve its task and has not is no success."""
    status = str(row["status"])
    return cells.text(words.STATUSES.get(status, status) if study.task.solvable else status)


def _columns(study: StudyResults) -> list[Column[Row]]:
    costs = study.report.training_costs

    def device(row: Row) -> Any:
        return costs[row["run"]]["device"] if row["run"] in costs else None

    def cost(head: str, column: str) -> Column[Row]:
        return Column(head, lambda row: cells.number("costs", costs.get(row["run"]), column), numeric=True)

    return [
        Column("Run", lambda row: cells.code(row["run"])),
        Column("Setting", lambda row: Cell(study.titled_setting(study.setting_of[row["run"]].label))),
        Column("Seed", lambda row: cells.number(FILE, row, "seed"), numeric=True),
        Column("Status", lambda row: _status(study, row)),
        Column("Steps", lambda row: cells.number(FILE, row, "steps"), numeric=True),
        Column("Solved at", lambda row: cells.number(FILE, row, "solved_at", "steps"), numeric=True),
        Column("Parameters", lambda row: cells.number(FILE, row, "parameters"), numeric=True),
        cost("Seconds", "seconds"),
        cost("Peak memory (MB)", "peak_memory_mb"),
        Column("Device", lambda row: cells.text(device(row))),
    ]
