"""What the runs say about a claim, and the words for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from carryover.analysis import wording
from carryover.analysis.statistics import MIN_SEEDS
from carryover.settings.claims import Quantity

SUPPORTED, REFUTED, INCONCLUSIVE = "supported", "refuted", "inconclusive"
NOT_TESTED = "not tested"
NOT_REPRODUCED = "not reproduced as we read it"  # refuted, but not under every reading
DECIDED = (REFUTED, NOT_REPRODUCED, SUPPORTED)


class Reason(StrEnum):
    """Why a claim or a published number is not decided. The `detail` beside it says more."""

    TOO_FEW_SEEDS = "too few seeds"
    NO_SUCH_RUN = "no such run in this report"
    NO_SUCH_VALUE = "its runs have no such value"  # such as a stratum of which no example was drawn
    OTHER_SETTINGS = "other settings than published"
    NOT_ALONE = "not measured alone"
    TOO_SHORT = "trained too short"
    NO_MEAN = "there is no mean"  # runs that never solved the task, or infinite values
    TOO_CLOSE = "too close to call"  # enough seeds to decide a clearer case


@dataclass(frozen=True)
class Finding:
    """What the runs say about a claim: the verdict, the numbers as one sentence, and why it is not more.

    `reason` is given where the claim is not decided, `detail` wherever more is to be said. `rule` names what decides.
    `p` is how probable data so far from the other verdict would be, were that one true; None where nothing was tested.
    """

    verdict: str
    evidence: str
    reason: Reason | None = None
    detail: str = ""
    rule: str = ""
    p: float | None = None

    @property
    def decided(self) -> bool:
        """Whether the claim is supported or refuted."""
        return self.verdict in (SUPPORTED, REFUTED)


def too_few(evidence: str, count: int, needed: int = MIN_SEEDS) -> Finding:
    """So few runs decide nothing."""
    if count == 0:
        return Finding(INCONCLUSIVE, evidence, Reason.NO_SUCH_VALUE, "runs have results, but not this value")
    detail = f"{wording.seeds(count)}; a verdict needs at least {needed}"
    return Finding(INCONCLUSIVE, evidence, Reason.TOO_FEW_SEEDS, detail)


def name_of(of: Quantity) -> str:
    """A quantity in words: metric, and where it is read."""
    if of.suite is not None:
        where = f" on {of.suite}/{of.split}" + ("" if of.stratum == "all" else f" ({of.stratum})")
    else:
        where = f" at step {of.at_step:,}" if of.at_step is not None else ""
    return f"{wording.metric(of.metric)}{where}"
