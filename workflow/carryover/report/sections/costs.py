"""What the runs cost: time and memory, and every run."""

from __future__ import annotations

import math
from typing import Any

from markupsafe import Markup

from carryover.analysis.wording import number
from carryover.report import cells
from carryover.report.columns import Column, Table, of_frame
from carryover.report.sections import Section, anchor_of, runs
from carryover.report.tables import Row
from carryover.report.view import Report

FILE = "costs_summary"


def section(report: Report) -> Section:
    """Sums over all jobs, a row a setting, and a row a run."""
    content = {"sums": _sums(report), "table": _table(report), "runs": runs.table_of(report)}
    return Section("costs", "Costs and runs", "costs.html", content)


def _sums(report: Report) -> dict[str, Markup]:
    """Seconds and CPU seconds of all jobs, each with the column that was added up."""
    costs = report.tables["costs"]
    return {
        name: Markup('<span data-sum="costs:{}">{}</span>').format(name, number(float(total), name))
        for name in ("seconds", "cpu_seconds")
        if math.isfinite(total := costs[name].astype(float).sum())
    }


def _table(report: Report) -> Table | None:
    frame = report.tables[FILE]
    frame = frame[frame["seeds"].fillna(0) > 0]
    return of_frame(
        "costs-table", "What training one run cost, mean over seeds", _columns(report), frame, FILE
    )


def _columns(report: Report) -> list[Column[Row]]:
    studies = report.by_name

    def setting(row: Row) -> Any:
        study = studies.get(row["study"])
        return study.name_of(row["point"]) if study else row["point"]

    return [
        Column("Study", lambda row: cells.link(anchor_of(row["study"]), row["study"])),
        Column("Setting", lambda row: cells.text(setting(row))),
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
