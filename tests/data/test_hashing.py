from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carryover.data import hashing
from carryover.data.hashing import hash_pairs, hash_rows, on_side

Rows = st.lists(st.lists(st.integers(0, 255), min_size=5, max_size=5), min_size=1, max_size=8)


def keys(hashes: np.ndarray) -> list[tuple[int, ...]]:
    return [tuple(row) for row in hashes.tolist()]


@given(Rows)
def test_equal_rows_have_equal_hashes_and_others_do_not(rows: list[list[int]]) -> None:
    found = keys(hash_rows(np.array(rows, dtype=np.uint8)))
    assert len(set(found)) == len({tuple(row) for row in rows})


def test_rows_that_differ_in_one_bit_differ() -> None:
    rows = np.zeros((8 * 300 + 1, 300), dtype=np.uint8)
    for bit in range(8 * 300):
        rows[bit, bit // 8] = 1 << bit % 8
    found = hash_rows(rows)
    assert len(set(found[:, 0].tolist())) == len(set(found[:, 1].tolist())) == len(rows)


@pytest.mark.parametrize("width", [5, 6, 7, 400, 3_000])
def test_zeros_at_the_end_and_other_rows_do_not_count(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.random.default_rng(0).integers(0, 256, size=(50, 5), dtype=np.uint8)
    wide = np.zeros((50, width), dtype=np.uint8)
    wide[:, :5] = rows
    assert keys(hash_rows(wide)) == keys(hash_rows(rows))
    assert keys(hash_rows(rows[:, ::-1][:, ::-1])) == keys(hash_rows(rows))
    monkeypatch.setattr(hashing, "_COLUMNS_IN_CACHE", 7)
    assert keys(hash_rows(rows)) == keys(hash_rows(wide))


def test_no_rows_and_no_columns() -> None:
    assert hash_rows(np.empty((0, 4), dtype=np.uint8)).shape == (0, 2)
    assert hash_rows(np.empty((3, 0), dtype=np.uint8)).shape == (3, 2)


def test_pairs_in_order_and_in_any_order() -> None:
    numbers = hash_rows(np.arange(40, dtype=np.uint8)[:, None])
    first, second = (index.ravel() for index in np.meshgrid(np.arange(40), np.arange(40)))
    ordered = keys(hash_pairs(numbers[first], numbers[second], commuted=False))
    assert len(set(ordered)) == 1600
    commuted = keys(hash_pairs(numbers[first], numbers[second], commuted=True))
    assert len(set(commuted)) == 40 * 41 // 2
    assert commuted == keys(hash_pairs(numbers[second], numbers[first], commuted=True))


def test_every_row_is_on_one_side_in_the_right_shares() -> None:
    rows = hash_rows(np.arange(40_000, dtype="<u4").view(np.uint8).reshape(-1, 4))
    sides = {split: on_side(rows, split, ("key", 1)) for split in ("train", "validation", "test")}
    assert (sum(side.astype(int) for side in sides.values()) == 1).all()
    for split, share in (("train", 0.8), ("validation", 0.1), ("test", 0.1)):
        assert abs(sides[split].mean() - share) < 0.008
    other = on_side(rows, "test", ("key", 2))
    assert abs((other & sides["test"]).mean() - 0.01) < 0.003  # independent of the first key's
