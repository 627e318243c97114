"""Every number that may be drawn is equally likely."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from carryover.tasks.digit_sum import uniform
from tests.tasks.digit_sum.sums import assert_uniform, dataset, drawn, pairs, values_of


def draw(distribution: dict[str, Any], rows: int, seed: int = 1) -> list[int]:
    chosen = dataset(distribution)
    return values_of(uniform.draw(chosen.distribution, rows, np.random.default_rng(seed)))


@pytest.mark.parametrize(("low", "high"), [(0, 7), (0, 10), (0, 137), (95, 105), (3, 1_000), (999, 1_003)])
def test_every_integer_is_equally_likely(low: int, high: int) -> None:
    counts = Counter(draw({"kind": "uniform_integers", "low": low, "high": high}, 20_000))
    assert set(counts) == set(range(low, high))
    assert_uniform(counts, high - low)


@pytest.mark.parametrize(("low", "high"), [(0, 137), (0, 100), (0, 101), (0, 1_990), (48, 250), (0, 199)])
def test_every_integer_is_equally_likely_where_many_are_drawn_again(
    low: int, high: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uniform, "LEADING_DIGITS", 1)
    counts = Counter(draw({"kind": "uniform_integers", "low": low, "high": high}, 40_000))
    assert set(counts) == set(range(low, high))
    assert_uniform(counts, high - low)


def test_long_integers_fill_their_range_evenly() -> None:
    high = 37 * 10**40 + 5
    shares = [
        value * 37 // high for value in draw({"kind": "uniform_integers", "low": 0, "high": high}, 20_000)
    ]
    assert_uniform(Counter(shares), 37)
    assert_uniform(
        Counter(value % 100 for value in draw({"kind": "uniform_integers", "high": high}, 20_000)), 100
    )


def test_every_digit_is_equally_likely() -> None:
    digits = uniform.uniform_digits(5, 20_000, np.random.default_rng(3))
    assert digits.shape == (20_000, 5)
    for place in range(5):
        assert_uniform(np.bincount(digits[:, place], minlength=10), 10)
    assert_uniform(Counter(zip(*digits.T[:3].tolist(), strict=True)), 1000)


def test_every_length_is_equally_likely_and_so_is_every_number_of_a_length() -> None:
    values = draw({"kind": "uniform_length", "shortest": 1, "longest": 4}, 80_000)
    lengths = Counter(len(str(value)) for value in values)
    assert set(lengths) == {1, 2, 3, 4}
    assert_uniform(lengths, 4)
    for length, numbers in ((1, 10), (2, 90), (3, 900)):
        assert_uniform(Counter(value for value in values if len(str(value)) == length), numbers)


@pytest.mark.parametrize("leading_zeros", [False, True])
def test_mixed_lengths_are_drawn_by_their_shares(leading_zeros: bool) -> None:
    settings = dataset(
        {"kind": "mixed_lengths", "digits": [1, 3], "shares": [2, 6], "leading_zeros": leading_zeros},
        rows={"train": 20_000},
    )
    numbers = [number for pair in pairs(drawn(settings)) for number in pair]
    if leading_zeros:  # a quarter from 0 to 9, three from 0 to 999
        expected = [0.25 / 10 + 0.75 / 1000 if number < 10 else 0.75 / 1000 for number in range(1000)]
    else:
        expected = [0.25 / 10 if number < 10 else 0.75 / 900 * (number >= 100) for number in range(1000)]
    counts = np.bincount(numbers, minlength=1000)
    assert not counts[np.array(expected) == 0].any()
    likely = np.array(expected)[np.array(expected) > 0] * len(numbers)
    statistic = ((counts[np.array(expected) > 0] - likely) ** 2 / likely).sum()
    freedom = len(likely) - 1
    assert abs(statistic - freedom) < 5 * (2 * freedom) ** 0.5
    # The ranges that draws without replacement go by have the same shares.
    by_range = {length: operands.share for operands in settings.distribution.operands()  # type: ignore[union-attr]
                for length in [len(str(operands.high - 1))]}  # fmt: skip
    for length, share in by_range.items():
        inside = [expected[number] for number in range(1000) if len(str(number)) == length]
        assert share == pytest.approx(sum(inside))
    assert sum(by_range.values()) == pytest.approx(1)
