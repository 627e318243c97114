"""How probable it is that a number of seeds decides a claim, by simulation with the rule that judges it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np

from carryover.analysis import shares
from carryover.analysis.claims import in_order_of_seeds
from carryover.analysis.decisions import DECIDES
from carryover.analysis.designs import FIXED, Design
from carryover.analysis.draws import Many, Pooled, extended, method, side_by_side
from carryover.analysis.statistics import MIN_SEEDS, Sample
from carryover.data.streams import Key, stream
from carryover.settings.claims import ClaimBase, Fails, SolvesWithin, ValueClaim

SIMULATIONS = 1000
MOST_SEEDS = 40
POWER = 0.8  # the probability at which a number of seeds is called enough


@dataclass(frozen=True)
class SoFar:
    """What the runs of one setting say so far of the quantity that one side of a claim reads.

    values: those of the runs that have one. runs: how many runs there are. pooled: the variance within the settings of
    the study together, for a setting with fewer than 3 seeds.
    """

    values: Sample
    runs: int
    metric: str
    pooled: Pooled | None = None


@dataclass(frozen=True)
class Prospect:
    """Numbers of seeds and how probably each decides; empty where the runs so far tell too little.

    `methods` says how further runs were drawn. `least`: fewer seeds never decide.
    """

    least: int
    probability: dict[int, float] = field(default_factory=dict)
    methods: tuple[str, ...] = ()

    @property
    def needed(self) -> int | None:
        """The least number of seeds that is enough: from there on the probability stays at 80% or more."""
        enough = None
        for seeds, probability in sorted(self.probability.items(), reverse=True):
            if probability < POWER:
                break
            enough = seeds
        return enough

    def at(self, seeds: int) -> float:
        """The probability that so many seeds decide."""
        return max((p for number, p in self.probability.items() if number <= seeds), default=0.0)


def reads_outcomes(claim: ClaimBase) -> bool:
    """Whether a claim is about the share of runs that do something."""
    return isinstance(claim, SolvesWithin | Fails) or (isinstance(claim, ValueClaim) and claim.says_perfect)


def least_seeds(claim: ClaimBase, look_at: tuple[int, ...]) -> int:
    """The fewest seeds that could ever decide a claim."""
    if isinstance(claim, ValueClaim) and claim.of.metric in ("parameters", "steps"):
        return 1  # nothing is random in it
    if not reads_outcomes(claim):
        return look_at[0] if look_at else MIN_SEEDS
    share = claim.share if isinstance(claim, SolvesWithin | Fails) else 0.5
    if not look_at:
        return min(shares.sizes(share)[:1] + shares.sizes(1 - share)[:1])
    counts = [shares.critical_counts(look_at, one) for one in (share, 1 - share)]
    possible = [
        seeds for seeds, *least in zip(look_at, *counts, strict=True) if any(one is not None for one in least)
    ]
    return possible[0] if possible else look_at[-1]


def prospect(
    claim: ClaimBase,
    look_at: tuple[int, ...],
    sides: Sequence[Sequence[SoFar]],
    paired: bool,
    key: Key,
    simulations: int = SIMULATIONS,
) -> Prospect:
    """How probably each number of seeds decides, from the runs so far.

    sides: of each side of the claim its settings. paired: both sides are two quantities of the same runs. key: names
    the stream of random numbers, so that the same runs give the same figures.
    """
    least = least_seeds(claim, look_at)
    methods = {
        method(one.values, one.metric, one.pooled, reads_outcomes(claim)) for side in sides for one in side
    }
    rule = DECIDES.get(type(claim))
    if None in methods or rule is None or not methods:
        return Prospect(least)
    rng = stream(("decide", *key))
    simulated = _simulated(claim, sides, paired, rng, simulations)
    now = min(one.runs for side in sides for one in side)
    decided = np.zeros(simulations, dtype=bool)
    probability = {}
    for seeds, design in _looks(look_at, now):
        taken = [
            _taken(side, drawn, seeds, bool(look_at)) for side, drawn in zip(sides, simulated, strict=True)
        ]
        found = rule(claim, taken, design, paired)
        decided = decided | found if look_at else found
        probability[seeds] = float(decided.mean())
    return Prospect(least, probability, tuple(sorted(one for one in methods if one)))


def _looks(look_at: tuple[int, ...], now: int) -> Iterator[tuple[int, Design]]:
    """The numbers of seeds at which a claim may be judged next, each with its design."""
    if not look_at:
        yield from ((seeds, FIXED) for seeds in range(now + 1, MOST_SEEDS + 1))
    for look, seeds in enumerate(look_at):
        if now < seeds <= MOST_SEEDS:
            yield seeds, Design(look_at, look)


def _simulated(
    claim: ClaimBase,
    sides: Sequence[Sequence[SoFar]],
    paired: bool,
    rng: np.random.Generator,
    simulations: int,
) -> list[list[Many]]:
    """All runs of each setting of each side, up to the most seeds."""
    groups = list(zip(*sides, strict=True)) if paired else [(one,) for one in chain.from_iterable(sides)]
    drawn = [
        extended(
            [one.values for one in group],
            [one.pooled for one in group],
            [one.metric for one in group],
            reads_outcomes(claim),
            max(0, MOST_SEEDS - group[0].runs),
            rng,
            simulations,
        )
        for group in groups
    ]
    if paired:
        return [list(side) for side in zip(*drawn, strict=True)]
    each = iter(drawn)
    return [[next(each)[0] for _ in side] for side in sides]


def _taken(side: Sequence[SoFar], drawn: list[Many], seeds: int, at_a_look: bool) -> Many:
    """The runs of a side with so many seeds, in the order in which they are judged.

    A setting that has more runs already gives all of them, but at a look only as many as belong to it.
    """
    columns: list[list[int]] = []
    start = 0
    for one, many in zip(side, drawn, strict=True):
        count = len(one.values) + max(0, seeds - one.runs)
        count = min(count, seeds) if at_a_look else count
        columns.append(list(range(start, start + count)))
        start += many.values.shape[1]
    return side_by_side(drawn).only(in_order_of_seeds(columns))
