"""Strata of reviews, counted by hand."""

from __future__ import annotations

import pyarrow as pa
import pytest

from carryover.tasks.sentiment.columns import columns
from carryover.tasks.sentiment.strata import strata


def table(reviews: list[str], tokens: list[list[int]]) -> pa.Table:
    labels = ["positive", "negative"] * len(reviews)
    return pa.table([list(range(len(reviews))), reviews, labels[: len(reviews)], tokens], schema=columns())


@pytest.mark.parametrize(
    ("words", "stratum"),
    [
        (1, "1-64"),
        (64, "1-64"),
        (65, "65-128"),
        (256, "193-256"),
        (257, "257-384"),
        (512, "385-512"),
        (513, "above 512"),
    ],
)
def test_words_are_counted_before_the_cut(words: int, stratum: str):
    assert strata(table(["  word\n" * words], [[2, 3]]))["words"].tolist() == [stratum]


@pytest.mark.parametrize(
    ("tokens", "stratum"),
    [
        ([2, 3], "0-5"),
        ([1] + [2] * 19, "5-10"),
        ([1] * 9 + [2] * 11, "45-50"),
        ([1] * 29 + [2] * 71, "25-30"),  # 0.29 × 100 is below 29 in floating point
        ([1, 2], "50-55"),
        ([1] * 99 + [7], "95-100"),
        ([1], "100"),
    ],
)
def test_share_of_unknown_words(tokens: list[int], stratum: str):
    assert strata(table(["a"], [tokens]))["unknown"].tolist() == [stratum]


def test_parts_of_a_table_have_their_own_strata():
    whole = table(["a", "a b", "c"], [[1, 1, 2], [2], [1]])
    found = strata(whole.slice(1, 2))
    assert {name: values.tolist() for name, values in found.items()} == {
        "label": ["negative", "positive"],
        "words": ["1-64", "1-64"],
        "unknown": ["0-5", "100"],
    }
    assert [values.tolist() for values in strata(whole.slice(0, 0)).values()] == [[], [], []]
