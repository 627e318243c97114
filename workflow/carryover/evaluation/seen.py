"""Which test examples a run has read in training, and how much of the input space it has read.

Examples are compared twice: as they are written, and as the model reads them. Reviews that differ only in unknown
words, or after the last token that is kept, are written differently and read alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from carryover.data.hashing import hash_rows
from carryover.data.overlap import contained, distinct
from carryover.data.parquet import iterate_split, row_count
from carryover.planning.runs import RunSettings
from carryover.tasks import TASKS
from carryover.tasks.encoded import Encoded


@dataclass(frozen=True)
class InTraining:
    """Which of N examples training had, booleans (N,) each."""

    text: np.ndarray  # as they are written
    commuted: np.ndarray  # or as written with the operands in another order
    tokens: np.ndarray  # as the model reads them


@dataclass(frozen=True)
class Seen:
    """What a run has read: distinct and sorted hashes of its training examples, (rows, 2) uint64 each."""

    text: np.ndarray  # as they are written
    commuted: np.ndarray  # whatever the order of the operands
    tokens: np.ndarray | None  # as the model reads them; None where it reads no two texts alike
    coverage: float | None  # share of all examples of the distribution; None where their number is not known

    def among(self, table: pa.Table, encoded: Encoded, task: str) -> InTraining:
        """Which rows of a test table were in training; `encoded` are the same rows as the model reads them."""
        module = TASKS[task].data
        text = contained(module.seen_key(table), self.text)
        commuted = text | contained(module.seen_key(table, commuted=True), self.commuted)
        tokens = text if self.tokens is None else contained(token_hashes(encoded), self.tokens)
        return InTraining(text, commuted, tokens)


def read_in_training(run: RunSettings, steps: int, folder: Path) -> Seen:
    """What a run of `steps` steps has read of the training split in `folder`.

    Fresh batches are read once, in the order of the file. A run that was shorter or stopped has read the first rows of
    it. A shuffled run counts as having read every row.
    """
    path = folder / "train.parquet"
    rows = row_count(path)
    if run.training.order == "fresh":
        rows = min(rows, steps * run.training.batch)
    task = TASKS[run.dataset.task]
    text, commuted, tokens = [], [], []
    for table in iterate_split(path, rows=range(rows)):
        text.append(task.data.seen_key(table))
        commuted.append(task.data.seen_key(table, commuted=True))
        if task.reads_texts_alike:
            tokens.append(token_hashes(task.data.encode(table, run, folder)))
    known = distinct(text)
    space = run.dataset.space()
    return Seen(
        known,
        distinct(commuted),
        distinct(tokens) if task.reads_texts_alike else None,
        len(known) / space if space else None,
    )


def token_hashes(encoded: Encoded) -> np.ndarray:
    """Row hashes (N, 2) uint64 of what a model reads of N examples, equal for inputs that differ in padding alone."""
    rows = np.ascontiguousarray(encoded.inputs).reshape(len(encoded.inputs), -1)
    return hash_rows(rows.view(np.uint8))


class OverlapCounts:
    """How many rows of one test split training had, counted block by block."""

    def __init__(self) -> None:
        self.rows = 0
        self.text = self.commuted = self.tokens = 0

    def add(self, of_block: InTraining) -> None:
        """Count a block."""
        self.rows += len(of_block.text)
        self.text += int(of_block.text.sum())
        self.commuted += int(of_block.commuted.sum())
        self.tokens += int(of_block.tokens.sum())

    def row(self, run: str, dataset: str, split: dict[str, Any], seen: Seen) -> dict[str, Any]:
        """One row of overlap.parquet: a run's training dataset against this test split."""
        return {
            "dataset": dataset,
            "run": run,
            "suite": split["suite"],
            "split": split["split"],
            "rows": self.rows,
            "shared": self.text,
            "shared_commuted": self.commuted,
            "share": self.text / self.rows,
            "share_commuted": self.commuted / self.rows,
            "shared_tokens": self.tokens,
            "share_tokens": self.tokens / self.rows,
            "coverage": seen.coverage,
        }
