"""Datasets of made-up reviews, and the report's own steps written out."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from carryover.data import parquet
from carryover.planning.runs import RunSettings
from carryover.planning.sources import with_sources
from carryover.tasks.generate import generate
from carryover.tasks.sentiment.reviews import Reviews
from carryover.tasks.sentiment.settings import SentimentDataset
from tests.tasks.sentiment import small_reviews

ROWS = small_reviews.rows(40)


# What scikit-learn 1.9.1 gives for train_test_split(range(n), test_size=0.2, random_state=s), and for its training
# part again with test_size=0.125: training, validation, test.
SPLIT_OF_20 = {
    42: ([16, 14, 10, 12, 9, 19, 11, 6, 18, 2, 4, 7, 3, 13], [8, 5], [0, 17, 15, 1]),
    43: ([16, 7, 3, 12, 2, 11, 17, 10, 0, 1, 18, 8, 5, 15], [4, 13], [9, 6, 19, 14]),
}


def read(path: Path | str = "r.csv", **changes: Any) -> SentimentDataset:
    return SentimentDataset.read(small_reviews.settings(Path(path), **changes))


def run_of(dataset: SentimentDataset) -> RunSettings:
    return RunSettings.read(
        {
            "dataset": dataset.complete(),
            "model": {"kind": "classifier"},
            "training": {"epochs": 1, "batch": 4},
        }
    )


def made(
    folder: Path, corpus: list[small_reviews.Row] = ROWS, name: str = "set", **changes: Any
) -> tuple[SentimentDataset, Path]:
    """A dataset of these reviews, generated as the workflow does it."""
    path = small_reviews.write(folder / f"{name}.csv", small_reviews.text(corpus))
    dataset, missing = with_sources(read(path, **changes), Path(), folder / "data")
    assert missing is None
    generate(dataset, folder / name)
    assert isinstance(dataset, SentimentDataset)
    return dataset, folder / name


def split_rows(folder: Path) -> dict[str, list[dict[str, Any]]]:
    return {
        split: parquet.read_split(folder / f"{split}.parquet").to_pylist()
        for split in ("train", "validation", "test")
    }


def report_words(review: str) -> list[str]:
    return [re.sub(r"[^\w\s]", "", word.lower()) for word in review.split()]


def report_vocabulary(training: list[str], stop: set[str], minimum: int) -> dict[str, int]:
    words = [word for review in training for word in report_words(review)]
    counts = Counter(word for word in words if word not in stop)
    kept = [word for word, count in counts.items() if count >= minimum]
    return {"<pad>": 0, "<unk>": 1} | {word: number + 2 for number, word in enumerate(kept)}


def report_tokens(vocabulary: dict[str, int], review: str, limit: int) -> list[int]:
    return [vocabulary.get(word, 1) for word in report_words(review)][:limit]


def reviews(count: int, labels: list[int] | None = None, texts: list[str] | None = None) -> Reviews:
    numbers = np.array(labels if labels is not None else [number % 2 for number in range(count)])
    return Reviews(texts or [f"review {number}" for number in range(count)], numbers, Path("r.csv"))
