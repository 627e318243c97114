"""What the runs say about a claim, and the words for it."""

from __future__ import annotations

from dataclasses import dataclass

from carryover.analysis import wording
from carryover.analysis.statistics import MIN_SEEDS
from carryover.settings.claims import Quantity

SUPPORTED, REFUTED, INCONCLUSIVE = "supported", "refuted", "inconclusive"
NOT_TESTED = "not tested at this scale"


@dataclass(frozen=True)
class Finding:
    """What the runs say about a claim: the verdict, the numbers as one sentence, and why it is not more."""

    verdict: str
    evidence: str
    reason: str = ""


def few(count: int) -> str:
    """Why so few runs decide nothing."""
    return f"{wording.seeds(count)}; a verdict needs at least {MIN_SEEDS}"


def name_of(of: Quantity) -> str:
    """A quantity in words: metric, and where it is read."""
    if of.suite is not None:
        where = f" on {of.suite}/{of.split}" + ("" if of.stratum == "all" else f" ({of.stratum})")
    else:
        where = f" at step {of.at_step:,}" if of.at_step is not None else ""
    return f"{wording.metric(of.metric)}{where}"
