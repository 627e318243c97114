from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from carryover.data.overlap import contained, distinct

# Few values, so that rows repeat and first words agree where second words do not.
Keys = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6)), max_size=60)


def array(keys: list[tuple[int, int]]) -> np.ndarray:
    return np.array(keys, dtype=np.uint64).reshape(-1, 2)


@given(st.lists(Keys, max_size=5), Keys)
def test_rows_are_found_as_in_a_set(
    batches: list[list[tuple[int, int]]], asked: list[tuple[int, int]]
) -> None:
    known = {key for batch in batches for key in batch}
    rows = distinct(array(batch) for batch in batches)
    assert [tuple(row) for row in rows.tolist()] == sorted(known)
    assert contained(array(asked), rows).tolist() == [key in known for key in asked]


def test_words_of_64_bits_are_told_apart() -> None:
    large = 2**64 - 1
    rows = distinct([array([(large, large - 1), (0, large)])])
    asked = array([(large, large), (large, large - 1), (0, large), (0, 0)])
    assert contained(asked, rows).tolist() == [False, True, True, False]
