"""The input and output of a model of reviews."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from carryover.settings.canonical import canonical_json
from carryover.tasks.codec import PADDING, padded
from carryover.tasks.encoded import OUTSIDE, Encoded, Sizes
from carryover.tasks.record import Run
from carryover.tasks.sentiment.settings import SentimentDataset
from carryover.tasks.sentiment.words import read_vocabulary, token_lists, tokenizer


def encode(
    table: pa.Table, run: Run, folder: Path | None = None, for_training: bool = False, width: int = 0
) -> Encoded:
    """The rows of a split as the run's model reads them: tokens, padded on the right, and classes.

    Inputs are as long as the longest row, and at least `width`. Reviews of another dataset than the run's own are
    tokenised again with the run's vocabulary, which lies in `folder`.
    """
    dataset: SentimentDataset = run.dataset
    words = _vocabulary(folder)
    if _is_own(table, dataset):
        tokens = table["tokens"].combine_chunks()
    else:
        tokens = token_lists(table["review"].to_pylist(), tokenizer(words, dataset))
    lengths = tokens.value_lengths().to_numpy().astype(np.int32)
    width = max(int(lengths.max(initial=1)), width)
    inputs = padded(tokens.flatten().to_numpy(), lengths, width, np.min_scalar_type(len(words) - 1))
    class_of = {label: number for number, label in enumerate(dataset.labels)}
    targets = np.array([class_of.get(label, OUTSIDE) for label in table["label"].to_pylist()], dtype=np.int16)
    return Encoded(inputs[:, :, None], lengths, targets[:, None], np.ones(len(lengths), dtype=np.int32))


def _is_own(table: pa.Table, dataset: SentimentDataset) -> bool:
    """Whether the stored tokens use this dataset's vocabulary. A split's metadata has the settings it was made with."""
    settings = (table.schema.metadata or {}).get(b"settings", b"").decode()
    return settings == canonical_json(dataset.canonical())


def _vocabulary(folder: Path | None) -> list[str]:
    if folder is None:
        raise ValueError("task sentiment needs the folder of the run's dataset, where the vocabulary is")
    return read_vocabulary(folder)


def sizes(run: Run, folder: Path | None = None) -> Sizes:
    """The sizes that the run's model is built with, from the vocabulary in `folder` and the labels."""
    return Sizes(len(_vocabulary(folder)), 1, len(run.dataset.labels), 1, PADDING)


def decode(predictions: np.ndarray, table: pa.Table, run: Run) -> list[str]:
    """Predicted classes (N, 1) as labels."""
    return [run.dataset.labels[number] for number in predictions[:, 0].tolist()]


def question(table: pa.Table) -> list[str]:
    """The reviews."""
    return table["review"].to_pylist()


def answer(table: pa.Table) -> list[str]:
    """Their labels."""
    return table["label"].to_pylist()
