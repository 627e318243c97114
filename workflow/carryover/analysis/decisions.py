"""Which of many simulated sets of runs decide a claim: the rules of the judges, on arrays.

A judge says what one set of runs shows, in words. Here a claim is only decided or not, in thousands of simulations at
once. Tests, levels and critical counts are the judges' own; tests hold each rule here against its judge.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, pairwise
from math import comb
from typing import Any

import numpy as np

from carryover.analysis import shares
from carryover.analysis.designs import Design
from carryover.analysis.draws import Many, side_by_side
from carryover.analysis.statistics import MIN_SEEDS, Sample, p_of_means, sampling_variance, tails, variance
from carryover.analysis.two_samples import differences, is_above, standard_errors, who_wins
from carryover.metrics import higher_is_better
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

# Of runs into two sides, where all of them are more than that. The judge takes ten times as many.
DIVISIONS = 999

# The claim, the runs of each side, the design, and whether two sides are two quantities of the same runs → (S,) bool.
Rule = Callable[[Any, list[Many], Design, bool], np.ndarray]


def does(claim: SolvesWithin | Fails, sides: list[Many], design: Design, paired: bool = False) -> np.ndarray:
    """Whether more than a share of the runs does it, or fewer. Values are 1 for the runs that do, else 0."""
    return most(sides[0].values > 0.5, claim.share, design)


def most(outcomes: np.ndarray, bound: float, design: Design) -> np.ndarray:
    """Whether more than a share `bound` of runs succeeds, or fewer. outcomes: (S, N) in the order of seeds."""
    decided = np.zeros(len(outcomes), dtype=bool)
    for successes, share in ((outcomes, bound), (~outcomes, 1 - bound)):
        if design.look_at:
            size = design.look_at[design.look]
            needed = shares.critical_counts(design.look_at, share)[design.look]
        else:
            size = max((one for one in shares.sizes(share) if one <= outcomes.shape[1]), default=0)
            needed = int(shares.least_successes(np.array([size]), share)[0]) if size else None
        if needed is not None and 0 < size <= outcomes.shape[1]:
            decided |= successes[:, :size].sum(axis=1) >= needed
    return decided


def value(claim: ValueClaim, sides: list[Many], design: Design, paired: bool = False) -> np.ndarray:
    """Whether the mean lies within the bounds, or outside; of perfection, whether most runs are that good."""
    (ours,) = sides
    if claim.says_perfect:
        return most(ours.values > 0.5, 0.5, design)
    count = ours.values.shape[1]
    if count < MIN_SEEDS or not ours.regular:
        return np.zeros(len(ours.values), dtype=bool)
    mean = ours.values.mean(axis=1)
    of_examples = np.sqrt(sampling_variance(mean, ours.examples))
    low = -np.inf if claim.low is None else claim.low
    high = np.inf if claim.high is None else claim.high

    def p(bound: float, above: bool) -> Any:
        return p_of_means(mean, variance(ours.values), count, of_examples, bound, above)

    inside = np.maximum(p(low, True), p(high, False))
    outside = np.minimum(p(low, False), p(high, True))
    decided: np.ndarray = 2 * np.minimum(inside, outside) <= design.level(sides=2)
    return decided


def differ(
    claim: BetterThan | FasterThan | SmootherThan, sides: list[Many], design: Design, paired: bool
) -> np.ndarray:
    """Whether one side is better than the other, whichever it is."""
    a, b = sides
    p, _ = _two_sided(a, b, paired)
    decided: np.ndarray = p < design.level(sides=2)
    return decided


def equivalent(claim: Equivalent, sides: list[Many], design: Design, paired: bool) -> np.ndarray:
    """Whether the difference lies inside the margin, or beyond it."""
    a, b = sides
    if _too_few(sides) or not (a.regular and b.regular):
        return np.zeros(len(a.values), dtype=bool)
    errors = _errors(a, b, paired)
    beyond = np.abs(differences(a.values, b.values, paired)) - claim.margin
    decided: np.ndarray = np.minimum(tails(-beyond, *errors), tails(beyond, *errors)) <= design.level(sides=1)
    return decided


def ordered(claim: Ordered, sides: list[Many], design: Design, paired: bool = False) -> np.ndarray:
    """Whether each is better than the next, or any worse than a later one (Bonferroni)."""
    if _too_few(sides):
        return np.zeros(len(sides[0].values), dtype=bool)
    level, sign = design.level(sides=2), 1 if higher_is_better(claim.of.metric, claim.of.better) else -1
    pairs = list(combinations(range(len(sides)), 2))
    tests = {(i, j): _two_sided(sides[i], sides[j], paired=False) for i, j in pairs}
    worse = [(p < level / len(pairs)) & (sign * larger < 0) for p, larger in tests.values()]
    better = [(tests[pair][0] < level) & (sign * tests[pair][1] > 0) for pair in pairwise(range(len(sides)))]
    decided: np.ndarray = np.any(worse, axis=0) | np.all(better, axis=0)
    return decided


DECIDES: dict[type[ClaimBase], Rule] = {
    SolvesWithin: does,
    Fails: does,
    BetterThan: differ,
    FasterThan: differ,
    SmootherThan: differ,
    Equivalent: equivalent,
    Ordered: ordered,
    ValueClaim: value,
}


def _too_few(sides: list[Many]) -> bool:
    return min(side.values.shape[1] for side in sides) < MIN_SEEDS


def _errors(a: Many, b: Many, paired: bool) -> tuple[Any, Any, Any]:
    """Standard errors of differences over seeds, their degrees of freedom, and the errors by the examples alone."""
    of_examples = sum(sampling_variance(one.values.mean(axis=1), one.examples) for one in (a, b))
    return (*standard_errors(a.values, b.values, paired), np.sqrt(of_examples))


def _two_sided(a: Many, b: Many, paired: bool) -> tuple[np.ndarray, np.ndarray]:
    """The p value of a comparison, and a number that is positive where side A has the larger values. Both (S,)."""
    if _too_few([a, b]):
        return np.ones(len(a.values)), np.zeros(len(a.values))
    if a.regular and b.regular:
        difference = differences(a.values, b.values, paired)
        return np.minimum(1.0, 2 * tails(np.abs(difference), *_errors(a, b, paired))), difference
    return _signs(a, b) if paired else _permuted(a, b)


def _signs(a: Many, b: Many) -> tuple[np.ndarray, np.ndarray]:
    """A sign test of the pairs."""
    from scipy import stats

    wins = who_wins(Sample(a.values, a.censored), Sample(b.values, b.censored), True, paired=True)
    won, lost = (wins == 1).sum(axis=1), (wins == 0).sum(axis=1)
    p = np.minimum(1.0, 2 * stats.binom.cdf(np.minimum(won, lost), won + lost, 0.5))
    return p, won - lost


def _permuted(a: Many, b: Many) -> tuple[np.ndarray, np.ndarray]:
    """A permutation test of how often a run of A beats one of B.

    Each run has as many wins against all runs of both sides. So the wins of A depend on the sum of its runs' alone.
    """
    both = side_by_side([Many(a.values, a.censored, None), Many(b.values, b.censored, None)])
    x, x_open = both.values[:, :, None], both.censored[:, :, None]
    above = is_above(
        x, x_open, both.values[:, None, :], both.censored[:, None, :]
    )  # (S, N, N), N = N_a + N_b
    wins = 0.5 * (above.sum(axis=2) - above.sum(axis=1))  # (S, N); what is the same for every run is left out
    first, together = a.values.shape[1], both.values.shape[1]
    if comb(together, first) <= DIVISIONS:
        chosen = np.array(
            [[n in some for n in range(together)] for some in combinations(range(together), first)]
        )
        more = 0
    else:
        rng = np.random.default_rng(0)
        chosen = rng.permuted(np.tile(np.arange(together) < first, (DIVISIONS, 1)), axis=1)
        more = 1  # our own division counts too
    ours = wins[:, :first].sum(axis=1)
    others = wins @ chosen.T.astype(float)  # (S, divisions)
    at_least = ((others >= ours[:, None] - 1e-9).sum(axis=1) + more) / (len(chosen) + more)
    at_most = ((others <= ours[:, None] + 1e-9).sum(axis=1) + more) / (len(chosen) + more)
    return np.minimum(1.0, 2 * np.minimum(at_least, at_most)), ours
