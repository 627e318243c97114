"""Numbers as text in evidence sentences. Rounding never turns a near miss into a success."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from carryover.analysis.statistics import Sample, median_steps, spread
from carryover.analysis.two_samples import Comparison
from carryover.metrics import METRICS, SHARE, value_range
from carryover.planning.sweep import label
from carryover.settings.values import At


def metric(name: str) -> str:
    """A metric as a reader knows it."""
    return METRICS[name].label if name in METRICS else name.replace("_", " ")


def number(value: float | None, metric: str) -> str:
    """A value of a metric with about four digits; a share below 1 is never shown as 1, nor one above 0 as 0."""
    if value is None or math.isnan(value):
        return "not available"
    if math.isinf(value):
        return "infinite" if value > 0 else "minus infinite"
    if value_range(metric) == SHARE:
        if 0.99995 <= value < 1:
            return ">0.9999"
        if 0 < value < 0.00005:
            return "<0.0001"
        return f"{value:.4f}".rstrip("0").rstrip(".")
    if value == int(value) and abs(value) < 1e12:
        return f"{int(value):,}"
    return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"


def interval(low: float | None, high: float | None, metric: str) -> str:
    """`[low, high]`, or nothing where there is no interval."""
    return "" if low is None or high is None else f" [{number(low, metric)}, {number(high, metric)}]"


def signed(value: float) -> str:
    """A difference with its sign, about three digits; whole numbers from a thousand on."""
    return f"{value:+,.0f}" if 1000 <= abs(value) < math.inf else f"{value:+.3g}"


def seeds(count: int) -> str:
    """How many seeds, as text."""
    return "1 seed" if count == 1 else f"{count} seeds"


def runs(count: int, past: bool = False) -> str:
    """`1 run is`, `2 runs are`."""
    one, many = ("was", "were") if past else ("is", "are")
    return f"1 run {one}" if count == 1 else f"{count} runs {many}"


def bounds(spread: Mapping[str, Any]) -> tuple[str, str] | None:
    """The names of the two numbers that are shown beside a mean, here and in the report.

    They are the ends of its 95% interval. Without an interval, they are the ends of the range of several runs. For a
    single run there are none. `spread` is a Spread, or a row of a table with its columns (NaN where there is no value).
    """
    for names in (("low", "high"), ("minimum", "maximum")):
        if all(pd.notna(spread[name]) for name in names) and spread["seeds"] > 1:
            return names
    return None


def of_sample(values: Sample, metric: str) -> str:
    """One group of runs in words: mean with interval, or the range, or the median steps where some never solved."""
    values = values.available()
    if not len(values):
        return "no run available"
    if values.censored.any():
        median = median_steps(values.values, values.censored)
        solved = int((~values.censored).sum())
        middle = "never" if median is None else f"after {number(median, metric)} steps"
        return f"solved by {solved} of {len(values)} runs (the median run {middle})"
    ours = spread(values.values, metric, values.examples)
    if ours.mean is None:
        finite = int(np.isfinite(values.values).sum())
        return f"finite in {finite} of {seeds(len(values))}"
    shown = bounds(asdict(ours))
    if shown is None or ours.minimum == ours.maximum:
        return f"{number(ours.mean, metric)}, {seeds(ours.seeds)}"
    if shown == ("low", "high"):
        return f"mean {number(ours.mean, metric)}{interval(ours.low, ours.high, metric)}, {seeds(ours.seeds)}"
    return f"range {number(ours.minimum, metric)} to {number(ours.maximum, metric)}, {seeds(ours.seeds)}"


def of_comparison(comparison: Comparison) -> str:
    """A comparison in words: difference with interval, and the probability that a run of A beats one of B."""
    parts = []
    if comparison.difference is not None:
        bounds = ""
        if comparison.low is not None and comparison.high is not None:
            bounds = f" [{signed(comparison.low)}, {signed(comparison.high)}]"
        parts.append(f"difference {signed(comparison.difference)}{bounds}")
    if comparison.probability is not None:
        # Without its interval: one test decides, and its interval alone is shown.
        by_order = f" (p = {comparison.p:.2g})" if comparison.low is None and comparison.p is not None else ""
        parts.append(
            f"probability that the first beats the second {number(comparison.probability, 'share')}{by_order}"
        )
    return "; ".join(parts)


def in_short(evidence: str) -> str:
    """The sentence of a verdict with one comparison of two sides: the difference, where there is one."""
    if "; difference " not in evidence:
        return evidence
    return re.sub(r"; probability that the first beats the second [<>]?\d+(\.\d+)?", "", evidence)


def setting_name(at: At) -> str:
    """A setting in words, as a claim selects it."""
    return label(at) if at else "the base settings"
