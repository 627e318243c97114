"""Every run: how it ended, and what it cost."""

from __future__ import annotations

from typing import Any

from carryover.report import cells
from carryover.report.columns import Column, Table, of_frame
from carryover.report.tables import Row
from carryover.report.view import Report

FILE = "runs"


def table_of(report: Report) -> Table | None:
    """A row a run."""
    return of_frame("runs-table", "Every run", _columns(report), report.tables[FILE], FILE)


def _columns(report: Report) -> list[Column[Row]]:
    costs = report.training_costs

    def device(row: Row) -> Any:
        return costs[row["run"]]["device"] if row["run"] in costs else None

    def cost(head: str, column: str) -> Column[Row]:
        return Column(head, lambda row: cells.number("costs", costs.get(row["run"]), column), numeric=True)

    return [
        Column("Run", lambda row: cells.code(row["run"])),
        Column("Task", lambda row: cells.text(row["task"])),
        Column("Seed", lambda row: cells.number(FILE, row, "seed"), numeric=True),
        Column("Status", lambda row: cells.text(row["status"])),
        Column("Steps", lambda row: cells.number(FILE, row, "steps"), numeric=True),
        Column("Solved at", lambda row: cells.number(FILE, row, "solved_at", "steps"), numeric=True),
        Column("Parameters", lambda row: cells.number(FILE, row, "parameters"), numeric=True),
        cost("Seconds", "seconds"),
        cost("Peak memory (MB)", "peak_memory_mb"),
        Column("Device", lambda row: cells.text(device(row))),
    ]
