"""Statistics over replicates, by SciPy and statsmodels: intervals, shares, steps to solve.

With fewer than three replicates there is no interval, only the range. Replicates are runs that differ in their seed.
Every interval here is at the 95% level unless the caller says otherwise.

A metric that is a share is measured on so many examples. Its interval is the wider of two: the t interval over seeds,
and that of one binomial draw of all the examples. Five runs with 2,000 of 2,000 correct answers are not certain to be
perfect.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from carryover.metrics import SHARE, value_range

LEVEL = 0.95
MIN_SEEDS = 3
MIN_SEEDS_NOTE = "With fewer than 3 seeds only the range is shown."


@dataclass(frozen=True)
class Spreads:
    """One spread over replicates for each group, as arrays. NaN means that there is no value.

    `low`, `high`: 95% t interval of the mean. `prediction_low`, `prediction_high`: 95% interval for one further run.
    Both are clipped to the metric's range, and NaN with fewer than 3 replicates. `sd` is that of the values alone.
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
    values: np.ndarray,
    group: np.ndarray,
    groups: int,
    lowest: np.ndarray,
    highest: np.ndarray,
    examples: np.ndarray | None = None,
) -> Spreads:
    """The spread of `values` in each of `groups` groups at once.

    values, group: (N,), group numbers 0..groups-1. lowest, highest: (groups,) the metric's range. NaN means not
    available, and does not count. A group with an infinite value has a range, but no mean and no interval.
    examples: (N,) how many examples are behind a value; they count where the range is that of a share, and are known.
    """
    # By hand, for pandas and SciPy give equal replicates a spread of 1e-17 or so. Here it is exactly 0.
    from scipy import stats

    available = ~np.isnan(values)
    behind = np.full(values.size, np.nan) if examples is None else np.asarray(examples, dtype=float)
    values, group, behind = values[available], group[available], behind[available]
    order = np.argsort(group, kind="stable")
    values, group, behind = values[order], group[order], behind[order]
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

    def interval(scale: np.ndarray, of_examples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        low, high = none.copy(), none.copy()
        # SciPy has no interval for a scale of 0, where the interval is the mean itself.
        at, level = known & (scale > 0), known & (scale == 0)
        low[at], high[at] = stats.t.interval(LEVEL, seeds[at] - 1, loc=mean[at], scale=scale[at])
        low[level] = high[level] = mean[level]
        # fmin and fmax pass over what is not known.
        half = stats.norm.isf((1 - LEVEL) / 2) * np.sqrt(of_examples[known])
        low[known] = np.fmin(low[known], mean[known] - half)
        high[known] = np.fmax(high[known], mean[known] + half)
        return np.clip(low, lowest, highest), np.clip(high, lowest, highest)

    is_share = (lowest == SHARE[0]) & (highest == SHARE[1])
    together = np.where(is_share, np.bincount(group, weights=behind, minlength=groups), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        of_examples = share_variance(mean, together)
        low, high = interval(sd / np.sqrt(seeds), of_examples)
        prediction_low, prediction_high = interval(sd * np.sqrt(1 + 1 / seeds), of_examples * (seeds + 1))
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


def spread(values: np.ndarray, metric: str, examples: np.ndarray | None = None) -> Spread:
    """The spread of one group of replicates; examples: (N,) how many are behind each value, if it is a share."""
    values = np.asarray(values, dtype=float)
    lowest, highest = value_range(metric)
    group = np.zeros(values.size, dtype=np.int64)
    many = spreads(values, group, 1, np.array([lowest]), np.array([highest]), examples)

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


def share_variance(share: Any, examples: Any) -> Any:
    """The variance of a share of so many examples, two right and two wrong ones added (Agresti and Coull, 1998).

    So it is not 0 where all were right, or all wrong. Both may be arrays.
    """
    adjusted = (share * examples + 2) / (examples + 4)
    return adjusted * (1 - adjusted) / (examples + 4)


def sampling_variance(mean: Any, examples: np.ndarray | None) -> Any:
    """The variance that means of a share have by their examples alone; 0 where these are not known.

    examples: (N,) how many are behind each of the values that a mean is of.
    """
    together = np.nan if examples is None else examples.sum()
    return np.nan_to_num(share_variance(np.asarray(mean), together))


def share_interval(successes: float, trials: int, level: float = LEVEL) -> tuple[float, float] | None:
    """Wilson interval of a share, or None with fewer than 3 trials. `successes` may be a half where ties count so."""
    from statsmodels.stats.proportion import proportion_confint

    if trials < MIN_SEEDS:
        return None
    low, high = proportion_confint(successes, trials, alpha=1 - level, method="wilson")
    return max(0.0, float(low)), min(1.0, float(high))


def median_steps(steps: np.ndarray, censored: np.ndarray) -> float | None:
    """Kaplan-Meier median of the steps to solve; None unless more than half are known to have solved.

    steps: (N,) the step at which a run solved the task. For a run that never did (`censored`), its last step; infinite
    for a diverged run, which could never have solved it. If exactly half of the runs have solved the task by some step,
    the median lies midway to the next such step, as for any sample of even size. Without a next one, nothing is known
    of that half but that it is later, so there is no median.
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
    half = abs(survival.probabilities[first] - 0.5) < 1e-12
    if half and not later.size:
        return None
    return float(survival.quantiles[[first, later[0]] if half else [first]].mean())


@dataclass(frozen=True)
class Sample:
    """One quantity of several runs.

    values: (N,) floats; NaN = not available. censored: (N,) bool, true where the value is only a lower bound (a run
    that never solved the task, with its number of steps). examples: (N,) how many are behind each value (NaN = not
    known), if the quantity is a share of them; else None.
    """

    values: np.ndarray
    censored: np.ndarray
    examples: np.ndarray | None = None

    def available(self) -> Sample:
        """The runs that have a value."""
        return self.only(~np.isnan(self.values))

    def only(self, wanted: np.ndarray) -> Sample:
        """Some of the runs. wanted: (N,) bool."""
        examples = None if self.examples is None else self.examples[wanted]
        return Sample(self.values[wanted], self.censored[wanted], examples)

    @property
    def has_mean(self) -> bool:
        """Whether there is a mean: no run is censored, and none has an infinite value."""
        return not self.censored.any() and bool(np.isfinite(self.values).all())

    def sampling_variance(self) -> float:
        """The variance that the mean of a share has by its examples alone; 0 where they are not known."""
        return float(sampling_variance(self.values.mean(), self.examples))

    def __len__(self) -> int:
        return len(self.values)


def sample(values: list[float] | np.ndarray, examples: list[float] | None = None) -> Sample:
    """A sample without censoring."""
    array = np.asarray(values, dtype=float)
    behind = None if examples is None else np.asarray(examples, dtype=float)
    return Sample(array, np.zeros(array.size, dtype=bool), behind)


def p_of_mean(values: Sample, bound: float, above: bool) -> float:
    """One-sided p of the test that the mean of runs is above a bound (or below it); 0 or 1 where nothing varies."""
    mean, of_examples = values.values.mean(), values.sampling_variance() ** 0.5
    return float(p_of_means(mean, variance(values.values), len(values), of_examples, bound, above))


def p_of_means(mean: Any, variance: Any, runs: int, of_examples: Any, bound: float, above: bool) -> Any:
    """The same of many means at once, each of so many runs with this variance."""
    beyond = (mean - bound) * (1 if above else -1)
    certain = np.isinf(beyond) | ((variance == 0) & (beyond == 0))
    p = tails(np.where(certain, 0.0, beyond), np.sqrt(variance) / runs**0.5, runs - 1, of_examples)
    return np.where(certain, beyond < 0, p)


def variance(values: np.ndarray) -> Any:
    """The variance over the last axis. That of equal values is exactly 0, which NumPy's is not."""
    return np.where(np.ptp(values, axis=-1) == 0, 0.0, values.var(axis=-1, ddof=1))


def tail(distance: float, error: float, freedom: float, of_examples: float) -> float:
    """One-sided p of a mean that lies so far from a bound, on the side that a test hopes for.

    error: the standard error over seeds, for a t test with `freedom` degrees of freedom. of_examples: that by the
    examples alone, for a z test, 0 where they are not known. The greater p of both.
    """
    return float(tails(distance, error, freedom, of_examples))


def tails(distance: Any, error: Any, freedom: Any, of_examples: Any) -> Any:
    """The same of many means at once."""
    from scipy import stats

    with np.errstate(divide="ignore", invalid="ignore"):
        by_seeds = np.where(
            np.equal(error, 0), np.less_equal(distance, 0), stats.t.sf(np.divide(distance, error), freedom)
        )
        by_examples = np.where(np.equal(of_examples, 0), 0.0, stats.norm.sf(np.divide(distance, of_examples)))
    return np.maximum(by_seeds, by_examples)
