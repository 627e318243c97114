"""Strata of digit sums against carrying by hand, one row and one digit at a time."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carryover.tasks.digit_sum import digits
from carryover.tasks.digit_sum.columns import columns
from carryover.tasks.digit_sum.strata import labels, strata

# Nines and zeros are common, so that carries run far.
Numbers = st.text(alphabet="0123456789999900", min_size=1, max_size=60).map(int)


def table(pairs: list[tuple[int, int]]) -> pa.Table:
    values = [
        list(range(len(pairs))),
        *([str(f(a, b)) for a, b in pairs] for f in (first, second, int.__add__)),
    ]
    return pa.table([pa.array(column, field.type) for column, field in zip(values, columns(), strict=True)],
                    schema=columns())  # fmt: skip


def first(a: int, b: int) -> int:
    return a


def second(a: int, b: int) -> int:
    return b


def by_hand(a: int, b: int) -> tuple[int, int, int]:
    """Digits of the longer, carries, and the longest way of one carry."""
    digits = max(len(str(a)), len(str(b)))
    carries = longest = 0
    carried, begun = 0, 0
    for place in range(digits):
        both = a // 10**place % 10 + b // 10**place % 10
        if both > 9:
            begun = place
        carried = int(both + carried > 9)
        if carried:
            carries += 1
            longest = max(longest, place - begun + 1)
    return digits, carries, longest


@pytest.mark.parametrize(
    ("pair", "carries", "longest"),
    [
        ((0, 0), 0, 0),
        ((5, 5), 1, 1),
        ((123, 456), 0, 0),
        ((55, 55), 2, 1),
        ((94, 96), 2, 1),
        ((999, 1), 3, 3),
        ((455, 545), 3, 3),
        ((190, 10), 1, 1),
        ((1908, 192), 3, 2),
        ((1998, 2), 3, 3),
        ((999_999, 1_000_001), 6, 6),
    ],
)
def test_carries_of_known_sums(pair: tuple[int, int], carries: int, longest: int) -> None:
    found = strata(table([pair]))
    assert (found["carries"].tolist(), found["longest_carry"].tolist()) == ([str(carries)], [str(longest)])
    assert by_hand(*pair)[1:] == (carries, longest)


@given(st.lists(st.tuples(Numbers, Numbers), min_size=1, max_size=20))
def test_strata_are_those_found_by_hand(pairs: list[tuple[int, int]]) -> None:
    found = strata(table(pairs))
    for row, pair in enumerate(pairs):
        for name, count in zip(("digits", "carries", "longest_carry"), by_hand(*pair), strict=True):
            assert covers(found[name][row], count), (name, pair)
        both = found["operands"][row].split("+")
        wanted = sorted((len(str(number)) for number in pair), reverse=True)
        assert all(covers(*one) for one in zip(both, wanted, strict=True)), pair


def covers(label: str, count: int) -> bool:
    low, _, high = label.partition("-")
    return int(low) <= count <= int(high or low)


def test_strata_are_the_same_however_the_table_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = table([(10**number - 1, number) for number in range(50)])
    whole = strata(rows)
    monkeypatch.setattr(digits, "DIGITS_AT_ONCE", 120)
    parts = strata(rows)
    assert all(whole[name].tolist() == parts[name].tolist() for name in whole)


def test_an_empty_split_has_empty_strata() -> None:
    assert {name: len(values) for name, values in strata(table([])).items()} == {
        "digits": 0, "carries": 0, "longest_carry": 0, "operands": 0,
    }  # fmt: skip


def test_there_are_few_strata_at_any_length() -> None:
    counts = np.arange(0, 1_000_001, 7)
    names = labels(counts)
    assert len(set(names)) <= 40
    assert all(covers(name, count) for name, count in zip(names[::1000], counts[::1000], strict=True))
    assert labels(np.array([0, 20, 21, 50, 51, 5_000, 5_001])).tolist() == [
        "0", "20", "21-50", "21-50", "51-100", "2001-5000", "5001-10000",
    ]  # fmt: skip
