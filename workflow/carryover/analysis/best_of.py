"""Where the best (or the median, or the mean) of k further runs would lie, from our own runs.

Reports often print the best of several runs. It lies above the mean even where nothing differs, so it is compared with
our best of as many, by a parametric bootstrap: a mean and a deviation are drawn that our runs allow, then k runs of
these, then their best. Of one run, its interval is that of one further run.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from carryover.analysis.statistics import LEVEL, MIN_SEEDS, Sample, variance
from carryover.metrics import value_range
from carryover.settings.claims import Statistic

DRAWS = 10_000
_OF: dict[str, Callable[..., np.ndarray]] = {
    "max": np.max,
    "min": np.min,
    "median": np.median,
    "mean": np.mean,
}


def interval(values: Sample, metric: str, statistic: Statistic, of: int) -> tuple[float, float] | None:
    """The 95% interval for this statistic of `of` further runs; None with fewer than 3 seeds, or without a mean."""
    count = len(values)
    if count < MIN_SEEDS or not values.has_mean:
        return None
    rng = np.random.default_rng(0)
    deviation = max(float(variance(values.values)), values.sampling_variance() * count) ** 0.5
    deviations = deviation * np.sqrt((count - 1) / rng.chisquare(count - 1, DRAWS))
    means = float(values.values.mean()) + deviations * rng.normal(size=DRAWS) / count**0.5
    runs = means[:, None] + deviations[:, None] * rng.normal(size=(DRAWS, of))
    drawn = _OF[statistic](np.clip(runs, *value_range(metric)), axis=1)
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
