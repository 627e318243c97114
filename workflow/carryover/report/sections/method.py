"""How to read the page: the terms it uses, and the rules behind its words."""

from __future__ import annotations

from carryover.analysis.statistics import MIN_SEEDS
from carryover.report.sections import Section


def section() -> Section:
    """The terms."""
    return Section("method", "How to read this", "method.html", {"many": MIN_SEEDS})
