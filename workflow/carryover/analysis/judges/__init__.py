"""One judge for each kind of claim. It says what the runs of each side show about the claim.

Each kind has its rule, fixed before the data: an exact binomial test of a share of runs, a t test of a mean or of a
difference of means, two one-sided t tests of equivalence. If a mean does not exist, an exact permutation test stands in
place of the t test. A rule errs in at most 5% of cases.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from carryover.analysis.designs import Design
from carryover.analysis.judges.finding import (
    DECIDED,
    INCONCLUSIVE,
    NOT_REPRODUCED,
    NOT_TESTED,
    REFUTED,
    SUPPORTED,
    Finding,
    Reason,
)
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

__all__ = [
    "DECIDED",
    "INCONCLUSIVE",
    "JUDGES",
    "NOT_REPRODUCED",
    "NOT_TESTED",
    "REFUTED",
    "SUPPORTED",
    "Finding",
    "Judge",
    "Reason",
]

# The results, the claim, the runs with results of each side that the claim names, and the design of the study.
Judge = Callable[[Results, Any, list[list[str]], Design], Finding]

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
