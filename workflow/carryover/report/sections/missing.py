"""What is missing: one line for everything that should be here and is not."""

from __future__ import annotations

from carryover.report import words
from carryover.report.sections import Section
from carryover.report.tables import records
from carryover.report.view import Report


def section(report: Report) -> Section | None:
    """First what a reader asks for, then file by file; None where nothing is missing."""
    lines = [*report.tables.problems, *report.plan.unavailable]
    for study in report.studies:
        absent = [study.short_name(setting) for setting in study.settings if setting not in study.available]
        if absent:
            lines.append(
                f"study {study.name}: {len(absent)} of {words.count(len(study.settings), 'setting')} "
                f"without results ({words.shorten(', '.join(absent), 160)})"
            )
    files = [
        f"{row['kind']} {row['address']}, {row['file']}: {row['what']} ({row['why']})"
        for row in records(report.tables["missing"])
    ]
    if not lines and not files:
        return None
    content = {
        "lines": [f"not available: {line}" for line in lines],
        "files": [f"not available: {line}" for line in files],
    }
    return Section("missing", "What is missing", "missing.html", content)
