"""The keyed permutation: a bijection, the same in parts, and without favourites."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from carryover.data.permutation import mix, permuted


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 5_000), st.integers(0, 2**64))
def test_is_a_permutation(n: int, key: int) -> None:
    found = permuted(np.arange(n), n, ("test", key))
    assert found.dtype == np.int64
    assert sorted(found.tolist()) == list(range(n))


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 2**63 - 1), st.data())
def test_parts_are_parts_of_the_whole(n: int, data: st.DataObject) -> None:
    positions = data.draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=20))
    together = permuted(np.array(positions), n, ("parts",)).tolist()
    assert together == [int(permuted(np.array([one]), n, ("parts",))[0]) for one in positions]
    assert all(0 <= one < n for one in together)
    assert len(set(together)) == len(set(positions))


@pytest.mark.parametrize("n", [4, 5])
def test_every_order_is_about_equally_likely(n: int) -> None:
    keys = 6_000
    orders = Counter(tuple(permuted(np.arange(n), n, ("orders", key)).tolist()) for key in range(keys))
    expected = keys / {4: 24, 5: 120}[n]
    assert len(orders) == {4: 24, 5: 120}[n]
    assert min(orders.values()) > expected / 2
    assert max(orders.values()) < expected * 2


def test_neighbours_are_scattered() -> None:
    n = 100_003
    found = permuted(np.arange(n), n, ("scatter",))
    cells = np.bincount(found[:20_000] * 50 // n, minlength=50)
    assert stats.chisquare(cells).pvalue > 1e-4
    assert abs(np.corrcoef(found[:-1], found[1:])[0, 1]) < 0.02


@pytest.mark.parametrize("positions", [[-1], [10], [3, 11]])
def test_positions_outside_are_refused(positions: list[int]) -> None:
    with pytest.raises(ValueError, match=r"\[0, 10\)"):
        permuted(np.array(positions), 10, ("outside",))


def test_nothing_to_permute() -> None:
    assert permuted(np.empty(0, dtype=np.int64), 0, ("none",)).shape == (0,)


def test_mix_sends_no_two_values_to_one() -> None:
    values = np.concatenate([np.arange(100_000), np.arange(100_000) << 40]).astype(np.uint64)
    assert len(np.unique(mix(values))) == len(np.unique(values))
