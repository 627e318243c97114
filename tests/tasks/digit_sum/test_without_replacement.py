"""Different questions, against counting and against drawing again by hand."""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carryover.tasks.digit_sum.settings import DigitSumDataset
from carryover.tasks.digit_sum.without_replacement import taken
from tests.tasks.digit_sum.sums import assert_uniform, drawn, pairs
from tests.tasks.digit_sum.sums import dataset as any_dataset

SMALL: dict[str, tuple[dict[str, Any], list[int]]] = {
    "integers": ({"kind": "uniform_integers", "low": 7, "high": 40}, list(range(7, 40))),
    "digits": ({"kind": "uniform_digits", "digits": 1}, list(range(10))),
    "lengths": ({"kind": "uniform_length", "longest": 2}, list(range(100))),
    "mixed": ({"kind": "mixed_lengths", "digits": [1, 2], "shares": [3, 1]}, list(range(100))),
    "leading zeros": ({"kind": "mixed_lengths", "digits": [1, 2], "leading_zeros": True}, list(range(100))),
}
# As people draw them who ask for different questions of up to three digits.
THREE_DIGITS = {"kind": "mixed_lengths", "digits": [1, 2, 3], "leading_zeros": True}


def dataset(distribution: str | dict[str, Any], **changes: Any) -> DigitSumDataset:
    chosen = SMALL[distribution][0] if isinstance(distribution, str) else distribution
    return any_dataset(chosen, draw="without_replacement", **changes)


def questions(settings: DigitSumDataset, split: str = "train") -> list[tuple[int, int]]:
    return [(min(pair), max(pair)) for pair in pairs(drawn(settings, split))]


@pytest.mark.parametrize("name", SMALL)
def test_all_splits_together_have_each_question_once(name: str, small_blocks: None) -> None:
    numbers = SMALL[name][1]
    everything = {(a, b) for a in numbers for b in numbers if a <= b}
    wanted = {"train": 4 * len(everything) // 5 - 5, "test": len(everything) // 10 - 5}
    settings = dataset(name, rows=wanted)
    train, test = questions(settings), questions(settings, "test")
    assert len({*train, *test}) == len(train) + len(test) == sum(wanted.values())
    assert everything > {*train, *test}


def test_the_last_question_of_each_split_can_be_had(small_blocks: None) -> None:
    settings = dataset("digits", rows={"train": 44, "validation": 5, "test": 6})  # tenths of 55 questions
    everything = [question for split in settings.split_rows() for question in questions(settings, split)]
    assert sorted(everything) == [(a, b) for a in range(10) for b in range(a, 10)]


@pytest.mark.parametrize("name", ["integers", "lengths", "mixed"])
def test_the_first_rows_of_a_larger_draw_are_the_smaller_draw(name: str, small_blocks: None) -> None:
    small = drawn(dataset(name, rows={"train": 150, "validation": 1}))
    large = drawn(dataset(name, rows={"train": 400, "test": 20}))
    assert large.slice(0, 150).equals(small)


@pytest.mark.parametrize("name", ["integers", "mixed"])
def test_any_rows_can_be_drawn_alone(name: str, small_blocks: None) -> None:
    chosen = dataset(name, rows={"train": 400})
    for rows in (range(0, 64), range(64, 128), range(100, 300), range(399, 400), range(0, 0)):
        part = drawn(chosen, rows=rows)
        assert part.combine_chunks().equals(drawn(chosen).slice(rows.start, len(rows)).combine_chunks())


def test_which_questions_come_first_is_random_and_depends_on_the_seed() -> None:
    firsts: Counter[tuple[int, int]] = Counter()
    for seed in range(400):
        firsts.update(questions(dataset("digits", seed=seed, rows={"train": 5})))
    assert_uniform(firsts, 55)


def test_either_operand_stands_first() -> None:
    rows = pairs(drawn(dataset({"kind": "uniform_digits", "digits": 9}, rows={"train": 10_000})))
    assert 4_700 < sum(a < b for a, b in rows) < 5_300
    assert len({frozenset(pair) for pair in rows}) == 10_000
    assert 0.49 < np.mean(rows) / 10**9 < 0.51


def length_of_pair(question: tuple[int, int]) -> str:
    return "-".join(str(len(str(number))) for number in question)


def test_lengths_come_as_often_as_in_drawing_until_enough_different_questions_came() -> None:
    rng = random.Random(0)

    def number() -> int:
        return int("".join(rng.choice("0123456789") for _ in range(rng.randint(1, 3))))

    everything = [length_of_pair((a, b)) for a in range(1000) for b in range(a, 1000)]
    mine = questions(dataset(THREE_DIGITS, rows={"train": 45_000}))
    assert len(set(mine)) == 45_000
    known: set[tuple[int, int]] = set()
    # Train draws from eight tenths of the questions: any others count as drawn.
    others = set(rng.sample([(a, b) for a in range(1000) for b in range(a, 1000)], len(everything) // 5))
    while len(known) < 45_000:
        a, b = sorted((number(), number()))
        if (a, b) not in others:
            known.add((a, b))
    drawn_by_hand, expected = Counter(map(length_of_pair, known)), Counter(map(length_of_pair, mine))
    assert drawn_by_hand.keys() == expected.keys()
    for lengths, count in expected.items():
        assert abs(drawn_by_hand[lengths] - count) < 5 * count**0.5, lengths


Kinds = st.lists(st.tuples(st.integers(0, 10**12), st.floats(1e-9, 1)), min_size=1, max_size=12)


@given(Kinds, st.data())
def test_no_kind_gives_more_than_it_has_or_takes_one_back(
    kinds: list[tuple[int, float]], data: st.DataObject
) -> None:
    sizes, shares = zip(*kinds, strict=True)
    ends = data.draw(st.lists(st.integers(0, sum(sizes)), min_size=2, max_size=4).map(sorted))
    counts = [taken(rows, sizes, shares) for rows in ends]
    for rows, of_rows in zip(ends, counts, strict=True):
        assert sum(of_rows) == rows
        assert all(0 <= count <= size for count, size in zip(of_rows, sizes, strict=True))
    for before, after in pairwise(counts):
        assert all(few <= many for few, many in zip(before, after, strict=True))
    with pytest.raises(ValueError, match="questions"):
        taken(sum(sizes) + 1, sizes, shares)
