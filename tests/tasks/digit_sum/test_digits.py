"""Digits against Python's own whole numbers."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from carryover.tasks.digit_sum import digits as of_digits
from tests.tasks.digit_sum.sums import Numbers, matrix, values_of


@given(st.lists(st.tuples(Numbers, Numbers), min_size=1, max_size=20))
def test_sums_are_those_of_whole_numbers(operands: list[tuple[int, int]]) -> None:
    a, b = (matrix([pair[side] for pair in operands], 41) for side in (0, 1))
    assert of_digits.decimals(of_digits.add(a, b)).to_pylist() == [str(x + y) for x, y in operands]


def test_a_carry_runs_through_thousands_of_digits() -> None:
    nines, one = np.full((2, 5000), 9, dtype=np.uint8), matrix([1, 0], 5000)
    assert of_digits.decimals(of_digits.add(nines, one)).to_pylist() == ["1" + "0" * 5000, "9" * 5000]


@given(st.lists(Numbers, max_size=20), st.integers(1, 50))
def test_strings_and_digits_are_the_same_numbers(values: list[int], width: int) -> None:
    text = pa.array([str(value) for value in values], type=pa.string())
    digits = of_digits.digits_from(text, width)
    assert digits.shape[1] == max([width, *(len(str(value)) for value in values)])
    assert values_of(digits) == values
    assert of_digits.decimals(digits).to_pylist() == text.to_pylist()


def test_digits_of_strings_in_slices_and_chunks() -> None:
    text = pa.chunked_array(
        [pa.array(["1", "23", "456"]).slice(1), pa.array([], pa.string()), pa.array(["0"])]
    )
    assert values_of(of_digits.digits_from(text, 5)) == [23, 456, 0]


@given(st.integers(min_value=0, max_value=10**5200))
@settings(max_examples=10)
def test_a_number_too_long_for_python_to_print_has_digits(value: int) -> None:
    assert values_of(of_digits.digits_of(value, 5201)[None]) == [value]
