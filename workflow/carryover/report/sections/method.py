"""How to read the page: the terms it uses, and the rules behind its words."""

from __future__ import annotations

from collections.abc import Sequence

from carryover.analysis.statistics import MIN_SEEDS
from carryover.report.sections import Section


def section(others: Sequence[str]) -> Section:
    """The terms. `others`: anchors of the sections before it; what none of them explains is explained here."""
    content = {"many": MIN_SEEDS, "overlap": "overlap" in others}
    return Section("method", "How to read this", "method.html", content)
