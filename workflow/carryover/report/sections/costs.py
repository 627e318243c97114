"""What the runs cost: time and memory."""

from __future__ import annotations

import math

from markupsafe import Markup

from carryover.analysis.wording import number
from carryover.report import cells
from carryover.report.cells import Cell
from carryover.report.columns import Column, Table, of_frame
from carryover.report.sections import Section, anchor_of
from carryover.report.tables import Row
from carryover.report.view import Report, StudyResults

FILE = "costs_summary"


def section(report: Report) -> Section:
    """Sums over all jobs. The costs of its runs are on the page of each study."""
    return Section("costs", "Costs", "costs.html", {"sums": _sums(report)})


def _sums(report: Report) -> dict[str, Markup]:
    """Seconds and CPU seconds of all jobs, each with the column that was added up."""
    costs = report.tables["costs"]
    return {
        name: Markup('<span data-sum="costs:{}">{}</span>').format(name, number(float(total), name))
        for name in ("seconds", "cpu_seconds")
        if math.isfinite(total := costs[name].astype(float).sum())
    }


def of_study(study: StudyResults) -> Table | None:
    """What training one run of each setting cost."""
    frame = study.table(FILE)
    frame = frame[frame["seeds"].fillna(0) > 0]
    caption = "What training one run cost, mean over seeds"
    return of_frame(anchor_of(study.name, "costs"), caption, _columns(study), frame, FILE)


def _columns(study: StudyResults) -> list[Column[Row]]:
    return [
        Column("Setting", lambda row: Cell(study.titled_setting(row["point"]))),
        _measured("Parameters", "parameters"),
        _measured("Seconds", "seconds"),
        _measured("Seconds a step", "seconds_per_step"),
        _measured("CPU seconds", "cpu_seconds"),
        _measured("Peak memory (MB)", "peak_memory_mb"),
        _measured("Examples a second", "examples_per_second"),
        Column("Device", lambda row: cells.text(row["device"])),
        Column(
            "Alone",
            lambda row: cells.yes_or_no(row["alone"]),
            note="no other job of this workflow ran beside it: only then may times be compared",
        ),
        _measured("Seeds", "seeds"),
    ]


def _measured(head: str, column: str) -> Column[Row]:
    return Column(head, lambda row: cells.number(FILE, row, column), numeric=True)
