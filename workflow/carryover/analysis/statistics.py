"""Statistics over replicates, all by SciPy and statsmodels: intervals, shares, steps to solve, comparisons.

With fewer than three replicates there is no interval, only the range. Replicates are runs that differ in their seed.
Every interval here is at the 95% level unless the caller says otherwise.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np

from carryover.metrics import value_range

LEVEL = 0.95
MIN_SEEDS = 3
MIN_SEEDS_NOTE = "With fewer than 3 seeds only the range is shown."


@dataclass(frozen=True)
class Spreads:
    """One spread over replicates for each group, as arrays. NaN means that there is no value.

    `low`, `high`: 95% t interval of the mean. `prediction_low`, `prediction_high`: 95% interval for one further run.
    Both are clipped to the metric's range, and NaN with fewer than 3 replicates.
    """

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    prediction_low: np.ndarray
    prediction_high: np.ndarray
    minimum: np.ndarray
    maximum: np.ndarray
    sd: np.ndarray
    seeds: np.ndarray


def spreads(
    values: np.ndarray, group: np.ndarray, groups: int, lowest: np.ndarray, highest: np.ndarray
) -> Spreads:
    """The spread of `values` in each of `groups` groups at once.

    values, group: (N,), group numbers 0..groups-1. lowest, highest: (groups,) the metric's range. NaN means not
    available, and does not count. A group with an infinite value has a range, but no mean and no interval.
    """
    # By hand, for pandas and SciPy give equal replicates a spread of 1e-17 or so. Here it is exactly 0.
    from scipy import stats

    available = ~np.isnan(values)
    values, group = values[available], group[available]
    order = np.argsort(group, kind="stable")
    values, group = values[order], group[order]
    seeds = np.bincount(group, minlength=groups)
    filled = seeds > 0
    starts = np.concatenate([[0], np.cumsum(seeds)[:-1]])[filled]
    none = np.full(groups, np.nan)
    mean, sd, minimum, maximum = none.copy(), none.copy(), none.copy(), none.copy()
    if values.size:
        minimum[filled] = np.minimum.reduceat(values, starts)
        maximum[filled] = np.maximum.reduceat(values, starts)
        with np.errstate(invalid="ignore"):
            # Deviations from the minimum are exact where replicates agree to the last bit.
            above = values - minimum[group]
            mean_above = np.add.reduceat(above, starts) / seeds[filled]
            mean[filled] = minimum[filled] + mean_above
            deviation = above - np.repeat(mean_above, seeds[filled])
            squares = np.add.reduceat(deviation**2, starts)
        several = filled & (seeds >= 2)
        sd[several] = np.sqrt(squares[seeds[filled] >= 2] / (seeds[several] - 1))
        infinite = ~np.isfinite(minimum) | ~np.isfinite(maximum)
        mean[infinite], sd[infinite] = np.nan, np.nan
    known = (seeds >= MIN_SEEDS) & np.isfinite(mean)

    def interval(scale: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        low, high = none.copy(), none.copy()
        # SciPy has no interval for a scale of 0, where the interval is the mean itself.
        at, level = known & (scale > 0), known & (scale == 0)
        low[at], high[at] = stats.t.interval(LEVEL, seeds[at] - 1, loc=mean[at], scale=scale[at])
        low[level] = high[level] = mean[level]
        return np.clip(low, lowest, highest), np.clip(high, lowest, highest)

    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = interval(sd / np.sqrt(seeds))
        prediction_low, prediction_high = interval(sd * np.sqrt(1 + 1 / seeds))
    return Spreads(mean, low, high, prediction_low, prediction_high, minimum, maximum, sd, seeds)


@dataclass(frozen=True)
class Spread:
    """The spread of one group (see Spreads), None where there is nothing to give."""

    mean: float | None
    low: float | None
    high: float | None
    prediction_low: float | None
    prediction_high: float | None
    minimum: float | None
    maximum: float | None
    sd: float | None
    seeds: int


def spread(values: np.ndarray, metric: str) -> Spread:
    """The spread of one group of replicates."""
    values = np.asarray(values, dtype=float)
    lowest, highest = value_range(metric)
    many = spreads(values, np.zeros(values.size, dtype=np.int64), 1, np.array([lowest]), np.array([highest]))

    def one(array: np.ndarray) -> float | None:
        return None if np.isnan(array[0]) else float(array[0])

    return Spread(
        one(many.mean),
        one(many.low),
        one(many.high),
        one(many.prediction_low),
        one(many.prediction_high),
        one(many.minimum),
        one(many.maximum),
        one(many.sd),
        int(many.seeds[0]),
    )


def share_interval(successes: float, trials: int, level: float = LEVEL) -> tuple[float, float] | None:
    """Wilson interval of a share, or None with fewer than 3 trials. `successes` may be a half where ties count so."""
    from statsmodels.stats.proportion import proportion_confint

    if trials < MIN_SEEDS:
        return None
    low, high = proportion_confint(successes, trials, alpha=1 - level, method="wilson")
    return max(0.0, float(low)), min(1.0, float(high))


def median_steps(steps: np.ndarray, censored: np.ndarray) -> float | None:
    """Kaplan-Meier median of the steps to solve; None where fewer than half are known to have solved.

    steps: (N,) the step at which a run solved the task. For a run that never did (`censored`), its last step; infinite
    for a diverged run, which could never have solved it. If exactly half of the runs have solved the task by some step,
    the median lies midway to the next such step, as for any sample of even size.
    """
    from scipy import stats

    if steps.size == 0 or censored.all():
        return None
    # A run that diverged is censored beyond every step; SciPy wants a number.
    steps = np.where(np.isinf(steps), steps[np.isfinite(steps)].max() + 1, steps)
    survival = stats.ecdf(stats.CensoredData.right_censored(steps.astype(float), censored)).sf
    below = np.flatnonzero(survival.probabilities <= 0.5 + 1e-12)
    if not below.size:
        return None
    first = below[0]
    later = np.flatnonzero(survival.probabilities < survival.probabilities[first])
    half = abs(survival.probabilities[first] - 0.5) < 1e-12 and later.size > 0
    return float(survival.quantiles[[first, later[0]] if half else [first]].mean())


@dataclass(frozen=True)
class Sample:
    """One quantity of several runs.

    values: (N,) floats; NaN = not available. censored: (N,) bool, true where the value is only a lower bound (a run
    that never solved the task, with its number of steps).
    """

    values: np.ndarray
    censored: np.ndarray

    def available(self) -> Sample:
        """The runs that have a value."""
        available = ~np.isnan(self.values)
        return Sample(self.values[available], self.censored[available])

    def __len__(self) -> int:
        return len(self.values)


def sample(values: list[float] | np.ndarray) -> Sample:
    """A sample without censoring."""
    array = np.asarray(values, dtype=float)
    return Sample(array, np.zeros(array.size, dtype=bool))


@dataclass(frozen=True)
class Comparison:
    """How A compares with B; `probability` is that a run of A beats one of B, ties counted half.

    `difference` is mean A minus mean B; `low`, `high` its interval (Welch; paired where both are read from the same
    runs), None where it has none (fewer than 3 seeds, censored or infinite values). `decided` says what the data
    decide at the level asked for: `better`, `worse` or None.
    """

    difference: float | None
    low: float | None
    high: float | None
    probability: float | None
    probability_low: float | None
    probability_high: float | None
    decided: Literal["better", "worse"] | None
    method: str


def compare(
    a: Sample, b: Sample, higher_is_better: bool, paired: bool = False, level: float = LEVEL
) -> Comparison:
    """Compare two samples of runs.

    Means are compared by Welch's t interval (paired differences where `paired`). Where a mean does not exist
    (censored steps, infinite losses) an exact permutation test of the probability that A beats B decides.
    """
    if paired:
        both = ~np.isnan(a.values) & ~np.isnan(b.values)
        a, b = Sample(a.values[both], a.censored[both]), Sample(b.values[both], b.censored[both])
    else:
        a, b = a.available(), b.available()
    if not len(a) or not len(b):
        return Comparison(None, None, None, None, None, None, None, "nothing to compare")
    wins = _wins(a, b, higher_is_better, paired)
    probability = float(wins.mean())
    enough = min(len(a), len(b)) >= MIN_SEEDS
    if paired:
        rank = share_interval(float(wins.sum()), wins.size, level)
    else:
        rank = _rank_interval(a, b, wins, higher_is_better, level)
    rank_low, rank_high = rank if rank is not None else (None, None)
    decided: Literal["better", "worse"] | None
    finite = bool(np.isfinite(a.values).all() and np.isfinite(b.values).all())
    has_mean = finite and not a.censored.any() and not b.censored.any()
    if not has_mean:
        decided = _decided_by_ranks(a, b, wins, higher_is_better, paired, level) if enough else None
        return Comparison(
            None, None, None, probability, rank_low, rank_high, decided, "exact permutation test"
        )
    difference = float((a.values - b.values).mean() if paired else a.values.mean() - b.values.mean())
    if not enough:
        return Comparison(
            difference, None, None, probability, rank_low, rank_high, None, "fewer than 3 seeds"
        )
    low, high = _difference_interval(a.values, b.values, difference, paired, level)
    decided = None
    if low > 0 or high < 0:
        decided = "better" if (low > 0) == higher_is_better else "worse"
    method = "paired t" if paired else "Welch"
    return Comparison(difference, low, high, probability, rank_low, rank_high, decided, method)


def _difference_interval(
    a: np.ndarray, b: np.ndarray, difference: float, paired: bool, level: float
) -> tuple[float, float]:
    from scipy import stats

    # If all replicates agree, SciPy would divide by zero. The interval is then the difference itself.
    if np.ptp(a - b) == 0 if paired else np.ptp(a) == 0 and np.ptp(b) == 0:
        return difference, difference
    with warnings.catch_warnings():
        # Values that agree to the last digits lose precision in their spread; the interval is then rightly narrow.
        warnings.filterwarnings("ignore", "Precision loss occurred", RuntimeWarning)
        test = stats.ttest_rel(a, b) if paired else stats.ttest_ind(a, b, equal_var=False)
    interval = test.confidence_interval(level)
    return float(interval.low), float(interval.high)


def _wins(a: Sample, b: Sample, higher_is_better: bool, paired: bool) -> np.ndarray:
    """1 where a run of A beats one of B, 0 where it loses, 1/2 for a tie or where censoring leaves it open.

    (N_a, N_b), or (N,) where paired.
    """
    x, y = (a.values, b.values) if paired else (a.values[:, None], b.values[None, :])
    x_open, y_open = (a.censored, b.censored) if paired else (a.censored[:, None], b.censored[None, :])
    # A censored value lies above its bound, so it is above any value up to that bound. Other comparisons are open.
    above = ((x > y) | (x_open & (x == y))) & ~y_open
    below = ((y > x) | (y_open & (x == y))) & ~x_open
    wins = 0.5 + 0.5 * above - 0.5 * below
    return wins if higher_is_better else 1 - wins


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


def _decided_by_ranks(
    a: Sample, b: Sample, wins: np.ndarray, higher_is_better: bool, paired: bool, level: float
) -> Literal["better", "worse"] | None:
    """Whether the share of wins is beyond chance, by an exact permutation test (a sign test where paired)."""
    from scipy import stats

    if paired:
        won, lost = int((wins == 1).sum()), int((wins == 0).sum())
        p = float(stats.binomtest(won, won + lost).pvalue) if won + lost else 1.0
    else:
        pool = Sample(np.concatenate([a.values, b.values]), np.concatenate([a.censored, b.censored]))
        beats = _wins(pool, pool, higher_is_better, paired=False)  # (N_a + N_b) squared

        def share_won(x: np.ndarray, y: np.ndarray, axis: int) -> np.ndarray:
            return beats[x[..., :, None], y[..., None, :]].mean(axis=(-2, -1))

        index = np.arange(len(a) + len(b))
        test = stats.permutation_test(
            (index[: len(a)], index[len(a) :]), share_won, vectorized=True, n_resamples=9999, rng=0
        )
        p = float(test.pvalue)
    if p >= 1 - level:
        return None
    return "better" if wins.mean() > 0.5 else "worse"
