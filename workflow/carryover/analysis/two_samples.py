"""Comparisons of two samples of runs: differences of means, and the probability that one run beats another.

Means are compared by a t test (Welch's, or paired). Where a mean does not exist, because runs never solved the task or
have an infinite value, an exact permutation test of the probability decides. Which of both it is never depends on what
a test would say.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from carryover.analysis.statistics import LEVEL, MIN_SEEDS, Sample, share_interval, tail, variance

FEWER = "fewer than 3 seeds"
PERMUTATIONS = 9999  # beyond so many divisions of the runs, a sample of them


@dataclass(frozen=True)
class Comparison:
    """How A compares with B; `probability` is that a run of A beats one of B, ties counted half.

    `difference` is mean A minus mean B; `low`, `high` its interval; `error` its standard error over seeds, with
    `freedom` degrees of freedom; `of_examples` that by the examples alone, if both are shares. They are None where
    there is no such interval (fewer than 3 seeds, censored or infinite values). `p` is that of the two-sided test that
    decides, None with fewer than 3 seeds. `decided` says what the data decide at the level asked for: `better`, `worse`
    or None.
    """

    difference: float | None
    low: float | None
    high: float | None
    probability: float | None
    probability_low: float | None
    probability_high: float | None
    decided: Literal["better", "worse"] | None
    method: str
    p: float | None = None
    error: float | None = None
    freedom: float | None = None
    of_examples: float | None = None


def compare(
    a: Sample, b: Sample, higher_is_better: bool, paired: bool = False, level: float = LEVEL
) -> Comparison:
    """Compare two samples of runs, in pairs where `paired` (both are read from the same runs)."""
    if paired:
        both = ~np.isnan(a.values) & ~np.isnan(b.values)
        a, b = a.only(both), b.only(both)
    else:
        a, b = a.available(), b.available()
    if not len(a) or not len(b):
        return Comparison(None, None, None, None, None, None, None, "nothing to compare")
    wins = who_wins(a, b, higher_is_better, paired)
    probability = float(wins.mean())
    enough = min(len(a), len(b)) >= MIN_SEEDS
    if paired:
        rank = share_interval(float(wins.sum()), wins.size, level)
    else:
        rank = _rank_interval(a, b, wins, higher_is_better, level)
    rank_low, rank_high = rank if rank is not None else (None, None)
    if not (a.has_mean and b.has_mean):
        p = _p_of_order(a, b, wins, higher_is_better, paired) if enough else None
        decided = _decided(p, level, probability > 0.5)
        method = "exact permutation test"
        return Comparison(None, None, None, probability, rank_low, rank_high, decided, method, p)
    difference = float(differences(a.values, b.values, paired))
    if not enough:
        return Comparison(difference, None, None, probability, rank_low, rank_high, None, FEWER)
    error, freedom = (float(one) for one in standard_errors(a.values, b.values, paired))
    of_examples = math.sqrt(a.sampling_variance() + b.sampling_variance())
    half = _half(error, freedom, of_examples, level)
    low, high = difference - half, difference + half
    p = min(1.0, 2 * tail(abs(difference), error, freedom, of_examples))
    if a.examples is not None and b.examples is not None:
        low, high = max(low, -1.0), min(high, 1.0)  # no two shares are further apart
    return Comparison(
        difference,
        low,
        high,
        probability,
        rank_low,
        rank_high,
        _decided(p, level, (difference > 0) == higher_is_better),
        "paired t" if paired else "Welch",
        p,
        error,
        freedom,
        of_examples,
    )


def _decided(p: float | None, level: float, better: bool) -> Literal["better", "worse"] | None:
    if p is None or p >= 1 - level:
        return None
    return "better" if better else "worse"


def differences(a: np.ndarray, b: np.ndarray, paired: bool) -> Any:
    """Mean A minus mean B. a: (…, N_a); b: (…, N_b); any leading axes are other samples."""
    return (a - b).mean(axis=-1) if paired else a.mean(axis=-1) - b.mean(axis=-1)


def standard_errors(a: np.ndarray, b: np.ndarray, paired: bool) -> tuple[Any, Any]:
    """The standard errors of differences of means, and their degrees of freedom (Welch and Satterthwaite)."""
    if paired:
        return np.sqrt(variance(a - b) / a.shape[-1]), a.shape[-1] - 1.0
    runs = a.shape[-1], b.shape[-1]
    parts = variance(a) / runs[0], variance(b) / runs[1]
    total = parts[0] + parts[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = 1 / sum((part / total) ** 2 / (count - 1) for part, count in zip(parts, runs, strict=True))
    return np.sqrt(total), np.where(total == 0, runs[0] + runs[1] - 2.0, freedom)


def _half(error: float, freedom: float, of_examples: float, level: float) -> float:
    """Half the width of an interval: the wider of that over seeds and that by the examples alone."""
    from scipy import stats

    beyond = (1 - level) / 2
    return max(float(stats.t.isf(beyond, freedom)) * error, float(stats.norm.isf(beyond)) * of_examples)


def p_within(comparison: Comparison, margin: float) -> tuple[float, float]:
    """p values of two one-sided tests (Schuirmann, 1987) and of their opposite.

    The first says how unlikely the data are if the means differ by the margin or more, the second if they differ by no
    more than it. The comparison must have a difference with an interval.
    """
    assert comparison.difference is not None
    errors = (comparison.error or 0.0, comparison.freedom or 0.0, comparison.of_examples or 0.0)
    beyond = abs(comparison.difference) - margin
    return tail(-beyond, *errors), tail(beyond, *errors)


def who_wins(a: Sample, b: Sample, higher_is_better: bool, paired: bool) -> np.ndarray:
    """1 where a run of A beats one of B, 0 where it loses, 1/2 for a tie or where censoring leaves it open.

    (…, N_a, N_b), or (…, N) where paired.
    """
    x, x_open, y, y_open = a.values, a.censored, b.values, b.censored
    if not paired:
        x, x_open, y, y_open = x[..., :, None], x_open[..., :, None], y[..., None, :], y_open[..., None, :]
    wins = 0.5 + 0.5 * is_above(x, x_open, y, y_open) - 0.5 * is_above(y, y_open, x, x_open)
    return wins if higher_is_better else 1 - wins


def is_above(x: np.ndarray, x_open: np.ndarray, y: np.ndarray, y_open: np.ndarray) -> np.ndarray:
    """Whether a value is known to be above another. The open ones are only lower bounds.

    A censored value lies above its bound, so it is above any value up to that bound. Other comparisons are open.
    """
    above: np.ndarray = ((x > y) | (x_open & (x == y))) & ~y_open
    return above


def _rank_interval(
    a: Sample, b: Sample, wins: np.ndarray, higher_is_better: bool, level: float
) -> tuple[float, float] | None:
    """Interval of the probability that A beats B: Brunner-Munzel (statsmodels), which allows ties and unequal spread.

    If one sample lies entirely beyond the other, or all values are tied, that method has no variance. In this case, and
    with censoring, it is Wilson's interval with as many trials as the smaller sample has runs, which is wide.
    """
    smaller = min(wins.shape)
    if smaller < MIN_SEEDS:
        return None
    if not (a.censored.any() or b.censored.any()):
        from statsmodels.stats.nonparametric import rank_compare_2indep

        sign = 1 if higher_is_better else -1
        with np.errstate(divide="ignore", invalid="ignore"):
            result = rank_compare_2indep(sign * a.values, sign * b.values)
            low, high = (float(bound) for bound in result.conf_int(alpha=1 - level))
        if result.var > 0 and math.isfinite(low) and math.isfinite(high):
            return max(0.0, low), min(1.0, high)
    return share_interval(float(wins.mean()) * smaller, smaller, level)


def _p_of_order(a: Sample, b: Sample, wins: np.ndarray, higher_is_better: bool, paired: bool) -> float:
    """Two-sided p of the share of wins by an exact permutation test (a sign test where paired)."""
    from scipy import stats

    if paired:
        won, lost = int((wins == 1).sum()), int((wins == 0).sum())
        return float(stats.binomtest(won, won + lost).pvalue) if won + lost else 1.0
    pool = Sample(np.concatenate([a.values, b.values]), np.concatenate([a.censored, b.censored]))
    beats = who_wins(pool, pool, higher_is_better, paired=False)  # (N_a + N_b) squared

    def share_won(x: np.ndarray, y: np.ndarray, axis: int) -> np.ndarray:
        return beats[x[..., :, None], y[..., None, :]].mean(axis=(-2, -1))

    index = np.arange(len(a) + len(b))
    test = stats.permutation_test(
        (index[: len(a)], index[len(a) :]), share_won, vectorized=True, n_resamples=PERMUTATIONS, rng=0
    )
    return float(test.pvalue)
