"""Further seeds of a setting, drawn at random from what its runs so far allow.

What further runs will say is as uncertain as our runs leave it, so each simulation draws a truth first, then runs:

- values: a mean and a deviation that the runs allow, then normal values around that mean, within the metric's range.
  This is the parametric bootstrap by which a published best of k runs is judged, too;
- whether a run does something: a share of runs that do (from Jeffreys' posterior), then runs;
- where normal values do not fit, because a run never solved the task, has an infinite value, or values crowd at an end
  of the metric's range: weights of the runs so far (a Bayesian bootstrap), then runs from among these.

A setting with fewer than 3 seeds has hardly a spread of its own. It takes that of all settings of its study together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from carryover.analysis.statistics import MIN_SEEDS, Sample, variance
from carryover.metrics import value_range

NORMAL, SHARE, BOOTSTRAP = "normal values", "a share of runs", "the runs so far again"


class Pooled(NamedTuple):
    """The variance within the settings of a study together, and its degrees of freedom."""

    variance: float
    freedom: int

    @classmethod
    def of(cls, samples: Iterable[Sample]) -> Pooled | None:
        """That of these settings; None with fewer than 2 degrees of freedom."""
        several = [one.values for one in samples if len(one) > 1 and one.has_mean]
        freedom = sum(len(values) - 1 for values in several)
        if freedom < 2:
            return None
        return cls(sum(float(variance(values)) * (len(values) - 1) for values in several) / freedom, freedom)


@dataclass(frozen=True)
class Many:
    """One quantity of the runs of one setting or side in many simulations.

    values, censored: (S, N), the runs in the order of their seeds. examples: (N,), or None, as in a Sample.
    """

    values: np.ndarray
    censored: np.ndarray
    examples: np.ndarray | None

    def only(self, columns: list[int]) -> Many:
        """Some of the runs."""
        examples = None if self.examples is None else self.examples[columns]
        return Many(self.values[:, columns], self.censored[:, columns], examples)

    @property
    def regular(self) -> bool:
        """Whether all simulations have a mean."""
        return Sample(self.values, self.censored).has_mean


def side_by_side(settings: list[Many]) -> Many:
    """The runs of several settings together, those of the first setting first."""
    examples = [one.examples for one in settings]
    return Many(
        np.concatenate([one.values for one in settings], axis=1),
        np.concatenate([one.censored for one in settings], axis=1),
        None if any(one is None for one in examples) else np.concatenate(examples),  # type: ignore[arg-type]
    )


def _crowds(sample: Sample, metric: str) -> bool:
    """Whether an end of the metric's range is less than one deviation from the mean, without equal values."""
    deviation = float(variance(sample.values)) ** 0.5
    low, high = value_range(metric)
    mean = sample.values.mean()
    return bool(deviation > 0 and min(mean - low, high - mean) < deviation)


def method(sample: Sample, metric: str, pooled: Pooled | None, outcomes: bool) -> str | None:
    """How further runs of a setting can be drawn; None where too little is known of it."""
    if not len(sample):
        return None
    if outcomes:
        return SHARE
    if len(sample) < MIN_SEEDS:
        return NORMAL if sample.has_mean and pooled is not None else None
    return NORMAL if sample.has_mean and not _crowds(sample, metric) else BOOTSTRAP


def extended(
    samples: list[Sample],
    pooled: list[Pooled | None],
    metrics: list[str],
    outcomes: bool,
    count: int,
    rng: np.random.Generator,
    simulations: int,
) -> list[Many]:
    """The runs of a setting so far, the same in every simulation, and `count` further ones.

    samples: one quantity, or two of the same runs, which are drawn together. `method` must know how for each of them.
    """
    shape = (simulations, count)
    methods = {method(*each, outcomes) for each in zip(samples, metrics, pooled, strict=True)}
    if BOOTSTRAP in methods:
        chosen = _from_among(len(samples[0]), shape, rng)
        return [_joined(one, one.values[chosen], one.censored[chosen]) for one in samples]
    if outcomes:
        (one,) = samples
        does = one.values.sum()
        share = rng.beta(does + 0.5, len(one) - does + 0.5, (simulations, 1))
        drawn = [(rng.random(shape) < share).astype(float)]
    else:
        *first, last = [
            _normal(one, spread, shape, rng) for one, spread in zip(_parts(samples), pooled, strict=True)
        ]
        drawn = [*(last + one for one in first), last]
        drawn = [np.clip(one, *value_range(metric)) for one, metric in zip(drawn, metrics, strict=True)]
    return [_joined(one, new, np.zeros(shape, bool)) for one, new in zip(samples, drawn, strict=True)]


def _parts(samples: list[Sample]) -> list[Sample]:
    """A sample; of two in pairs, their differences and the second one."""
    if len(samples) == 1:
        return samples
    first, second = samples
    return [Sample(first.values - second.values, first.censored), second]


def _normal(
    sample: Sample, pooled: Pooled | None, shape: tuple[int, int], rng: np.random.Generator
) -> np.ndarray:
    """Normal values around a mean and with a deviation that the runs allow."""
    count = len(sample)
    if count >= MIN_SEEDS:
        pooled = Pooled(float(variance(sample.values)), count - 1)
    assert pooled is not None
    deviation = np.sqrt(pooled.variance * pooled.freedom / rng.chisquare(pooled.freedom, (shape[0], 1)))
    mean = sample.values.mean() + deviation * rng.normal(size=(shape[0], 1)) / count**0.5
    drawn: np.ndarray = mean + deviation * rng.normal(size=shape)
    return drawn


def _from_among(count: int, shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Numbers of runs, each run as often as a weight says that is drawn for it."""
    weights = rng.dirichlet(np.ones(count), shape[0]).cumsum(axis=1)
    return np.minimum((rng.random(shape)[:, :, None] > weights[:, None, :]).sum(axis=2), count - 1)


def _joined(sample: Sample, values: np.ndarray, censored: np.ndarray) -> Many:
    known = (len(values), len(sample))
    examples = sample.examples
    if examples is not None:
        usual = float(np.nanmean(examples)) if not np.isnan(examples).all() else np.nan
        examples = np.concatenate([examples, np.full(values.shape[1], usual)])
    return Many(
        np.concatenate([np.broadcast_to(sample.values, known), values], axis=1),
        np.concatenate([np.broadcast_to(sample.censored, known), censored], axis=1),
        examples,
    )
