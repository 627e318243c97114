"""The input and output of a model of expressions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa

from carryover.data import text
from carryover.tasks.codec import PADDING, Alphabet, read_back, written
from carryover.tasks.encoded import OUTSIDE, Encoded, Sizes
from carryover.tasks.expression.settings import ExpressionDataset
from carryover.tasks.record import Run

CHARACTERS = "0123456789+-*()="
SOURCE = Alphabet(CHARACTERS, first=1)  # 0 is padding
TARGET = Alphabet("0123456789-", first=2)  # of the seq2seq reading; 0 is padding, 1 the answer's END


def encode(
    table: pa.Table, run: Run, folder: Path | None = None, for_training: bool = False, width: int = 0
) -> Encoded:
    """The rows of a split as the run's model reads them.

    Inputs are as long as the longest expression that the training distribution can produce, or longer if a row or
    `width` is. So a model that reads its padding sees the same amount in every split. Answers outside the classes are
    OUTSIDE. An answer with too many characters for the decoder has OUTSIDE in the last position.
    """
    dataset: ExpressionDataset = run.dataset
    seq2seq = run.model.reading == "sequence"
    longest = max(dataset.longest() + seq2seq, width)
    source, lengths = text.characters(table["expression"], longest)
    if seq2seq:
        lengths = lengths + 1
        if len(lengths) and lengths.max() > source.shape[1]:
            source = np.pad(source, ((0, 0), (0, 1)))
        np.put_along_axis(source, lengths[:, None] - 1, ord("="), axis=1)
    inputs = SOURCE.symbols(source)[:, :, None]
    if seq2seq:
        answer = table["answer"].cast(pa.string())
        targets, target_lengths = written(answer, TARGET, sizes(run).target_length)
    else:
        targets, target_lengths = _classes(table["answer"].to_numpy(), dataset)
    return Encoded(inputs, lengths.astype(np.int32), targets, target_lengths)


def _classes(answer: np.ndarray, dataset: ExpressionDataset) -> tuple[np.ndarray, np.ndarray]:
    """Answers (N,) as classes (N, 1), OUTSIDE where the training distribution has no such answer, and ones (N,)."""
    low, high = dataset.answer_range()
    targets = np.where((answer >= low) & (answer <= high), answer - low, OUTSIDE)
    return targets.astype(np.int32)[:, None], np.ones(len(answer), dtype=np.int32)


def sizes(run: Run, folder: Path | None = None) -> Sizes:
    """The sizes that the run's model is built with, from the settings of its training distribution."""
    dataset: ExpressionDataset = run.dataset
    if run.model.reading == "sequence":
        longest = max(len(str(end)) for end in dataset.answer_range())
        return Sizes(SOURCE.size, 1, TARGET.size, longest + 1, PADDING)
    return Sizes(SOURCE.size, 1, dataset.classes(), 1, PADDING)


def decode(predictions: np.ndarray, table: pa.Table, run: Run) -> list[str]:
    """Predicted symbols (N, T) as answers. The output of a seq2seq is shown up to its END, even if it is no number."""
    if run.model.reading == "sequence":
        return read_back(predictions, TARGET)
    low, _ = run.dataset.answer_range()
    return [str(value) for value in (predictions[:, 0].astype(np.int64) + low).tolist()]


def question(table: pa.Table) -> list[str]:
    """The expressions, as a person writes them."""
    return table["expression"].to_pylist()


def answer(table: pa.Table) -> list[str]:
    """The correct answers."""
    return [str(value) for value in table["answer"].to_pylist()]
