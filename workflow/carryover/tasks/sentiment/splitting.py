"""Which reviews each split has."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b

import numpy as np

from carryover.errors import UserError
from carryover.settings.rows import SPLITS
from carryover.tasks.sentiment.reviews import Reviews, refuse_too_few
from carryover.tasks.sentiment.settings import SentimentDataset
from carryover.tasks.sentiment.words import tokenizer, vocabulary


def split_reviews(reviews: Reviews, dataset: SentimentDataset) -> dict[str, np.ndarray]:
    """Which reviews each split has, in its order: int64 arrays of positions in the source.

    Raises UserError where there are too few reviews, or too many equal ones for disjoint splits.
    """
    wanted, count = dataset.split_rows(), len(reviews.texts)
    refuse_too_few(count, dataset, reviews.path)
    if dataset.stratified:
        rows = _stratified(reviews.labels, wanted, dataset.random_state())
    else:
        rows = _shuffled(count, wanted, dataset.random_state())
    return _kept_together(rows, reviews, dataset) if dataset.disjoint else rows


def _shuffled(count: int, wanted: dict[str, int], random_state: int) -> dict[str, np.ndarray]:
    """The report's two splits: test against the rest, then validation against training, each from a new shuffle.

    This is what scikit-learn's `train_test_split(…, test_size=…, random_state=…)` does: one permutation of all rows,
    of which the test rows come first.
    """
    order = np.random.RandomState(random_state).permutation(count)
    test, rest = order[: wanted["test"]], order[wanted["test"] :]
    order = np.random.RandomState(random_state).permutation(len(rest))
    validation = rest[order[: wanted["validation"]]]
    train = rest[order[wanted["validation"] :][: wanted["train"]]]
    return {"train": train, "validation": validation, "test": test}


def _stratified(labels: np.ndarray, wanted: dict[str, int], random_state: int) -> dict[str, np.ndarray]:
    """One shuffle, of which test, validation and training take their share of each label, to the nearest whole rows."""
    rest = np.random.RandomState(random_state).permutation(len(labels))
    rows = {}
    for split in reversed(SPLITS):
        counts = np.bincount(labels[rest])
        exact = wanted[split] * counts / max(len(rest), 1)
        quota = np.floor(exact).astype(np.int64)
        order = np.argsort(quota - exact, kind="stable")  # largest remainder first, then the first label
        quota[order[: wanted[split] - quota.sum()]] += 1
        taken = np.zeros(len(rest), dtype=bool)
        for label, most in enumerate(quota):
            taken[np.flatnonzero(labels[rest] == label)[:most]] = True
        rows[split], rest = rest[taken], rest[~taken]
    return rows


def _kept_together(
    rows: dict[str, np.ndarray], reviews: Reviews, dataset: SentimentDataset
) -> dict[str, np.ndarray]:
    """The same splits, but reviews that read the same (`_reading_key`) are all in the split that has most of them.

    Each review that moves is exchanged for a review of the same label that occurs only once. So the sizes and the
    balance of labels stay the same, and every other review stays in its split.
    """
    rows = {split: positions.copy() for split, positions in rows.items()}
    key = _reading_key(reviews, dataset)
    copies: dict[bytes, list[tuple[str, int]]] = {}  # split and row of each review that reads the same
    for split, positions in rows.items():
        for row, position in enumerate(positions):
            copies.setdefault(key(reviews.texts[position]), []).append((split, row))
    single: dict[tuple[str, int], list[int]] = {}  # rows of reviews that stand once, by split and label
    for where in copies.values():
        if len(where) == 1:
            split, row = where[0]
            single.setdefault((split, int(reviews.labels[rows[split][row]])), []).append(row)
    for where in copies.values():
        splits = [split for split, _ in where]
        home = max(SPLITS, key=splits.count)
        for split, row in where:
            if split == home:
                continue
            candidates = single.get((home, int(reviews.labels[rows[split][row]])))
            if not candidates:
                raise UserError(
                    f"{reviews.path}: too many reviews read the same to keep each in one split; "
                    f"remove duplicates from the file, lower minimum_frequency, or set disjoint: false"
                )
            other = candidates.pop()
            rows[split][row], rows[home][other] = rows[home][other], rows[split][row]
    return rows


def _reading_key(reviews: Reviews, dataset: SentimentDataset) -> Callable[[str], bytes]:
    """A function from a review to 16 bytes, equal for reviews whose tokens are the same in whatever way they are split.

    A model's vocabulary comes from its training split, which is not known yet. So the tokens are those of a vocabulary
    of all reviews. It tells apart whatever the vocabulary of a part of them does.
    """
    tokens_of = tokenizer(vocabulary(iter(reviews.texts), dataset), dataset)

    def key(text: str) -> bytes:
        return blake2b(np.array(tokens_of(text), dtype="<i4").tobytes(), digest_size=16).digest()

    return key
