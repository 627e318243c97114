"""Splits, against scikit-learn's."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carryover.errors import UserError
from carryover.tasks.sentiment.splitting import split_reviews
from tests.tasks.sentiment.datasets import SPLIT_OF_20, read, reviews

# SHA-256 of the same for n = 50,000 and random state 42, as little-endian 64-bit integers.
SPLIT_OF_50000 = {
    "train": "b91bd8f7addec664e6edc1c6a7d6d0d0ba818864378cbadb0e3ad6de785402fa",
    "validation": "50f55dbca7b924a64b0619fc451e6246331524e3a713e248e9fe09f26371f4a8",
    "test": "a6ed10dd4c7cc388402e9b248028502ab327b3128f5e9e83a9f30bf35d2c581c",
}


@pytest.mark.parametrize("seed", [0, 1])
def test_split_is_scikit_learns(seed: int):
    dataset = read(rows={"train": 14, "validation": 2, "test": 4}, seed=seed)
    found = split_reviews(reviews(20), dataset)
    assert tuple(found[split].tolist() for split in ("train", "validation", "test")) == SPLIT_OF_20[42 + seed]


def test_split_of_the_whole_archive_is_scikit_learns():
    dataset = read(rows={"train": 35_000, "validation": 5_000, "test": 10_000})
    found = split_reviews(reviews(50_000), dataset)
    assert {
        split: hashlib.sha256(rows.astype("<i8").tobytes()).hexdigest() for split, rows in found.items()
    } == SPLIT_OF_50000


@given(st.data())
def test_stratified_splits_have_each_label_in_proportion(data: st.DataObject):
    labels = data.draw(st.lists(st.integers(0, 3), min_size=8, max_size=200))
    shares = data.draw(st.tuples(*[st.integers(0, len(labels) // 3)] * 3).filter(any))
    wanted = dict(zip(("train", "validation", "test"), shares, strict=True))
    dataset = read(rows=wanted, stratified=True, labels=list("abcd"), seed=data.draw(st.integers(0, 5)))
    found = split_reviews(reviews(len(labels), labels), dataset)
    assert {split: len(rows) for split, rows in found.items()} == wanted
    together = np.concatenate(list(found.values()))
    assert len(set(together.tolist())) == len(together)
    test = [labels[row] for row in found["test"]]
    for label in range(4):
        assert abs(test.count(label) - labels.count(label) * wanted["test"] / len(labels)) < 1


def test_report_split_is_not_stratified_but_can_be():
    both = reviews(1000)
    wanted = {"train": 700, "validation": 100, "test": 200}
    plain = split_reviews(both, read(rows=wanted))
    even = split_reviews(both, read(rows=wanted, stratified=True))
    assert both.labels[plain["test"]].sum() != 100
    assert [int(both.labels[even[split]].sum()) for split in ("train", "validation", "test")] == [
        350,
        50,
        100,
    ]


@given(st.lists(st.integers(0, 25), min_size=60, max_size=60), st.integers(0, 3), st.booleans())
def test_disjoint_splits_share_no_review_and_move_no_others(copies: list[int], seed: int, stratified: bool):
    # Texts 0 to 25 may stand several times; 140 more stand once.
    texts = [f"copy {number}" for number in copies] + [f"only {number}" for number in range(140)]
    found = reviews(200, texts=texts)
    wanted = {"train": 140, "validation": 20, "test": 40}
    changes = {"rows": wanted, "seed": seed, "stratified": stratified, "minimum_frequency": 1}
    before = split_reviews(found, read(**changes))
    after = split_reviews(found, read(**changes, disjoint=True))
    texts_of = {split: {texts[row] for row in rows} for split, rows in after.items()}
    assert not texts_of["train"] & texts_of["test"]
    assert not texts_of["train"] & texts_of["validation"]
    assert not texts_of["validation"] & texts_of["test"]
    assert sorted(np.concatenate(list(after.values())).tolist()) == list(range(200))
    counts = Counter(texts)
    moved = 0
    for split, rows in after.items():
        assert len(rows) == wanted[split]
        assert found.labels[rows].sum() == found.labels[before[split]].sum()
        moved += sum(
            counts[texts[new]] == 1 and new != old for new, old in zip(rows, before[split], strict=True)
        )
    copies_moved = sum(
        counts[texts[row]] > 1 for split, rows in after.items() for row in set(rows) - set(before[split])
    )
    assert moved == copies_moved


def test_too_many_copies_to_keep_on_one_side():
    texts = ["same"] * 10 + ["same too"] * 10
    with pytest.raises(UserError, match="too many reviews read the same"):
        split_reviews(
            reviews(20, texts=texts), read(rows={"train": 14, "validation": 2, "test": 4}, disjoint=True)
        )


@pytest.mark.parametrize(
    ("copy", "changes"),
    [
        ("A  fine, FILM!", {}),
        ("a fine film", {}),
        ("a fine film", {"stop_words": "kept"}),
        ("the fine film", {"stop_words": "unknown"}),
        ("fine film", {"stop_words": "dropped"}),
        ("A fine film that goes on", {"max_tokens": 3}),
        ("nice fine film", {"minimum_frequency": 2}),  # a word that is too rare is unknown
    ],
)
def test_reviews_that_read_the_same_are_kept_in_one_split(copy: str, changes: dict[str, Any]):
    texts = [f"film number{number} number{number}" for number in range(200)]
    rows = {"train": 140, "validation": 20, "test": 40}
    split = split_reviews(reviews(200, texts=texts), read(rows=rows))
    apart = (int(split["train"][0]), int(split["test"][0]))
    texts[apart[0]], texts[apart[1]] = "A fine film", copy
    known = {"minimum_frequency": 1} | changes
    after = split_reviews(reviews(200, texts=texts), read(rows=rows, disjoint=True, **known))
    assert [name for name, kept in after.items() if set(apart) <= set(kept.tolist())]


@pytest.mark.parametrize(
    ("copy", "changes"),
    [
        ("a finer film", {}),
        ("the fine film", {"stop_words": "kept"}),
        ("fine film", {"stop_words": "unknown"}),
        ("a fine film that goes on", {}),
        ("a fine Film", {"lowercase": False}),
        ("a fine film!", {"remove": "[,]"}),
        ("a finer film", {"minimum_frequency": 1}),
    ],
)
def test_reviews_that_read_otherwise_stay_where_they_are(copy: str, changes: dict[str, Any]):
    texts = [f"film number{number} number{number}" for number in range(200)]
    rows = {"train": 140, "validation": 20, "test": 40}
    split = split_reviews(reviews(200, texts=texts), read(rows=rows))
    texts[split["train"][0]], texts[split["test"][0]] = "a fine film", copy
    known = {"minimum_frequency": 1} | changes
    after = split_reviews(reviews(200, texts=texts), read(rows=rows, disjoint=True, **known))
    assert all(after[name].tolist() == split[name].tolist() for name in after)
