"""Datasets of sums, and their numbers as Python has them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from carryover.planning.runs import RunSettings
from carryover.tasks.digit_sum.columns import columns
from carryover.tasks.digit_sum.drawing import batches
from carryover.tasks.digit_sum.settings import DigitSumDataset

Numbers = st.integers(min_value=0, max_value=10**40)


DISTRIBUTIONS = {
    "integers": {"kind": "uniform_integers", "high": "10^10"},
    "shifted": {"kind": "uniform_integers", "low": 555_555_555, "high": 999_999_999},
    "large": {"kind": "uniform_integers", "low": "10^30", "high": 3 * 10**30 + 7},
    "digits": {"kind": "uniform_digits", "digits": 11},
    "lengths": {"kind": "uniform_length", "shortest": 2, "longest": 30},
    "mixed": {"kind": "mixed_lengths", "digits": [1, 4, 12], "shares": [1, 2, 1]},
}


def dataset(distribution: str | dict[str, Any], **changes: Any) -> DigitSumDataset:
    if isinstance(distribution, str):
        distribution = DISTRIBUTIONS[distribution]
    rows = {"train": 200, "validation": 70, "test": 130}
    return DigitSumDataset.read({"task": "digit_sum", "distribution": distribution, "rows": rows} | changes)


def drawn(settings: DigitSumDataset, split: str = "train", rows: range | None = None) -> pa.Table:
    return pa.Table.from_batches(batches(settings, split, rows), schema=columns())


def pairs(table: pa.Table) -> list[tuple[int, int]]:
    return [(int(a), int(b)) for a, b in zip(table["a"].to_pylist(), table["b"].to_pylist(), strict=True)]


def matrix(values: list[int], width: int) -> np.ndarray:
    return np.array([[value // 10**place % 10 for place in range(width)] for value in values], dtype=np.uint8)


def values_of(digits: np.ndarray) -> list[int]:
    return [sum(int(digit) * 10**place for place, digit in enumerate(row)) for row in digits]


def run_settings(settings: DigitSumDataset, **training: Any) -> RunSettings:
    return RunSettings.read(
        {
            "dataset": settings.complete(),
            "model": {"kind": "tagger", "cell": "rnn"},
            "training": {"steps": 1} | training,
        }
    )


def assert_uniform(counts: Counter[Any] | np.ndarray, kinds: int) -> None:
    """Pearson's statistic within five standard deviations of what uniform draws give."""
    seen = np.array(list(counts.values()) if isinstance(counts, Counter) else counts, dtype=float)
    expected = seen.sum() / kinds
    statistic = ((seen - expected) ** 2 / expected).sum() + (kinds - len(seen)) * expected
    assert abs(statistic - (kinds - 1)) < 5 * (2 * (kinds - 1)) ** 0.5
