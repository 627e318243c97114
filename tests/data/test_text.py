"""Strings and matrices of characters, there and back."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carryover.data import text

words = st.lists(st.text("0123456789+-*()=ab", max_size=12), max_size=20)


@given(words, st.integers(0, 15), st.integers(0, 5), st.booleans())
def test_characters_are_those_of_the_strings(
    lines: list[str], width: int, cut: int, to_the_right: bool
) -> None:
    array = pa.array(lines, pa.string())
    for given_as in (array, pa.chunked_array([array[:cut], array[cut:]])):
        matrix, lengths = text.characters(given_as, width, to_the_right)
        assert matrix.shape == (len(lines), max([width, *map(len, lines)]))
        pad = str.rjust if to_the_right else str.ljust
        assert [bytes(row).decode() for row in matrix] == [pad(line, matrix.shape[1], "\0") for line in lines]
        assert lengths.tolist() == [len(line) for line in lines]
        assert text.strings(matrix).to_pylist() == lines


def test_zeros_anywhere_are_no_characters() -> None:
    matrix = np.array([[0, 49, 0, 50], [0, 0, 0, 0], [51, 0, 0, 0]], dtype=np.uint8)
    assert text.strings(matrix).to_pylist() == ["12", "", "3"]


def test_nulls_are_refused() -> None:
    with pytest.raises(ValueError, match="null"):
        text.characters(pa.array(["1", None]))
