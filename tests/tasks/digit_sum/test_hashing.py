"""Which pairs are the same, and how many there are."""

from __future__ import annotations

import pyarrow as pa

from carryover.tasks.digit_sum import data as digit_sum
from tests.tasks.digit_sum.sums import dataset, drawn, pairs, run_settings


def test_keys_tell_pairs_apart_as_whole_numbers_do() -> None:
    table = drawn(dataset({"kind": "uniform_integers", "high": 40}, rows={"train": 5_000}))
    for commuted in (False, True):
        keys = [tuple(key) for key in digit_sum.seen_key(table, commuted).tolist()]
        known = [tuple(sorted(pair)) if commuted else pair for pair in pairs(table)]
        assert len(set(zip(keys, known, strict=True))) == len(set(keys)) == len(set(known))


def test_keys_do_not_depend_on_the_other_rows(small_blocks: None) -> None:
    short = digit_sum.parse("12+7", run_settings(dataset("digits")))
    long = pa.concat_tables([short, drawn(dataset({"kind": "uniform_digits", "digits": 700}))])
    assert digit_sum.seen_key(long)[0].tolist() == digit_sum.seen_key(short)[0].tolist()


def test_the_space_counts_ordered_pairs() -> None:
    assert dataset({"kind": "uniform_digits", "digits": 2}).space() == 100**2
    assert dataset({"kind": "uniform_integers", "low": 7, "high": 10}).space() == 9
    assert dataset({"kind": "uniform_length", "shortest": 2, "longest": 3}).space() == (1000 - 10) ** 2
    assert dataset({"kind": "uniform_length", "shortest": 1, "longest": 1}).space() == 100
