"""Sums as people ask them."""

from __future__ import annotations

import pytest
from hypothesis import given

from carryover.errors import UserError
from carryover.tasks.digit_sum import data as digit_sum
from tests.tasks.digit_sum.sums import Numbers, dataset, run_settings


@given(Numbers, Numbers)
def test_asking_finds_the_correct_answer(a: int, b: int) -> None:
    run = run_settings(dataset("digits"))
    table = digit_sum.parse(f" 00{a} + {b}\n", run)
    assert table.schema.equals(digit_sum.columns())
    assert table.to_pylist() == [{"index": 0, "a": str(a), "b": str(b), "sum": str(a + b)}]


@pytest.mark.parametrize(
    "asked", ["", "12", "12+", "1+2+3", "-1+2", "1-2", "1.5+2", "a+b", "1 2+3", "١+٢", "0x1+2"]
)
def test_what_is_no_sum_of_two_numbers_is_refused(asked: str) -> None:
    with pytest.raises(UserError, match="ask like 123\\+456"):
        digit_sum.parse(asked, run_settings(dataset("digits")))
