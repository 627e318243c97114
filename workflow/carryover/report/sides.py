"""The sides of a report: its own runs, and those of the committed reference."""

from __future__ import annotations

from carryover.analysis.evidence import NOTHING, REFERENCE
from carryover.report.view import Report

# As the columns of `evidence` begin → as shown.
SIDES = {"own": "This run", "reference": "Committed reference"}


def is_reference_alone(report: Report) -> bool:
    """Whether a report shows reference results in place of its own."""
    sources = {str(one) for one in report.tables["evidence"]["source"].unique()}
    return report.plan.reference is None and sources - {NOTHING} == {REFERENCE}


def sides_of(report: Report) -> list[str]:
    """The sides that a report has: one of reference results alone has no runs of its own."""
    return [side for side in SIDES if not (side == "own" and is_reference_alone(report))]
