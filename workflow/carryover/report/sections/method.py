"""How to read the page: the terms it uses, and the rules behind its words."""

from __future__ import annotations

from collections.abc import Sequence

from carryover.analysis.statistics import MIN_SEEDS
from carryover.report.sections import Section


def section(others: Sequence[Section]) -> Section:
    """The terms. `others`: the sections that the page has besides; what none of them explains is explained here."""
    overlap = any(section.anchor == "overlap" for section in others)
    content = {"many": MIN_SEEDS, "overlap": overlap}
    return Section("method", "How to read this", "method.html", content)
