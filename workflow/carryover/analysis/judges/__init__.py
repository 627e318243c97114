"""One judge for each kind of claim. It says what the runs of each side show about the claim.

Verdicts are decided at the 95% level: by Wilson's interval of a share of runs, by the interval of a mean or of a
difference of means, or by an exact permutation test if a mean does not exist.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from carryover.analysis.judges.finding import INCONCLUSIVE, NOT_TESTED, REFUTED, SUPPORTED, Finding, Reason
from carryover.analysis.judges.one_sided import fails, solves_within, value
from carryover.analysis.judges.two_sided import better_than, equivalent, faster_than, ordered, smoother_than
from carryover.analysis.quantities import Results
from carryover.settings.claims import (
    BetterThan,
    ClaimBase,
    Equivalent,
    Fails,
    FasterThan,
    Ordered,
    SmootherThan,
    SolvesWithin,
    ValueClaim,
)

__all__ = ["INCONCLUSIVE", "JUDGES", "NOT_TESTED", "REFUTED", "SUPPORTED", "Finding", "Judge", "Reason"]

# The results, the claim, and the runs with results of each side that the claim names.
Judge = Callable[[Results, Any, list[list[str]]], Finding]

JUDGES: dict[type[ClaimBase], Judge] = {
    SolvesWithin: solves_within,
    Fails: fails,
    BetterThan: better_than,
    FasterThan: faster_than,
    SmootherThan: smoother_than,
    Equivalent: equivalent,
    Ordered: ordered,
    ValueClaim: value,
}
