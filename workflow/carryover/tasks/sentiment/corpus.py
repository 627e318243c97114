"""Making a dataset of reviews: read, split, tokenised with the vocabulary of the training split, and written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa

from carryover.data.dataset import write_dataset
from carryover.errors import UserError
from carryover.tasks.sentiment.columns import columns
from carryover.tasks.sentiment.reviews import Reviews, read_reviews
from carryover.tasks.sentiment.settings import SentimentDataset
from carryover.tasks.sentiment.splitting import split_reviews
from carryover.tasks.sentiment.words import VOCABULARY, token_lists, tokenizer, vocabulary

BLOCK_ROWS = 8_192


@dataclass(frozen=True)
class Corpus:
    """A whole dataset before it is written."""

    reviews: Reviews
    rows: dict[str, np.ndarray]  # for each split, which reviews it has, in its order
    words: tuple[str, ...]  # the vocabulary


def generate(dataset: SentimentDataset, folder: Path, data: Path = Path("data")) -> None:
    """Write the three splits, and dataset.json with the vocabulary. `data` is where the fetched archive is kept.

    Raises UserError for anything wrong with the reviews, before anything is written.
    """
    corpus = read_corpus(dataset, data)
    write_dataset(
        dataset,
        folder,
        columns(),
        lambda split: batches(dataset, split, data),
        more={VOCABULARY: corpus.words},
    )


@lru_cache(maxsize=1)
def read_corpus(dataset: SentimentDataset, data: Path) -> Corpus:
    """Read the reviews, split them, and build the vocabulary of the training split."""
    reviews = read_reviews(dataset, data)
    rows = split_reviews(reviews, dataset)
    training = rows["train"]
    if len(training) and len(np.unique(reviews.labels[training])) < 2:
        label = dataset.labels[reviews.labels[training[0]]]
        raise UserError(
            f"{reviews.path}: all {len(training):,} training reviews are {label!r}; "
            "train on more reviews, or set stratified: true"
        )
    return Corpus(reviews, rows, vocabulary((reviews.texts[row] for row in training), dataset))


def batches(dataset: SentimentDataset, split: str, data: Path = Path("data")) -> Iterator[pa.RecordBatch]:
    """The rows of a split in blocks of 8,192."""
    corpus = read_corpus(dataset, data)
    tokens_of = tokenizer(corpus.words, dataset)
    rows = corpus.rows[split]
    for start in range(0, len(rows), BLOCK_ROWS):
        block = rows[start : start + BLOCK_ROWS]
        texts = [corpus.reviews.texts[row] for row in block]
        yield pa.RecordBatch.from_arrays(
            [
                pa.array(np.arange(start, start + len(block), dtype=np.int64)),
                pa.array(texts, pa.string()),
                pa.array([dataset.labels[number] for number in corpus.reviews.labels[block]], pa.string()),
                token_lists(texts, tokens_of),
            ],
            schema=columns(),
        )
