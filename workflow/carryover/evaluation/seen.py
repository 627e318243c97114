"""Which test examples a run has read in training, and how much of the input space it has read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from carryover.data.overlap import contained, distinct
from carryover.data.parquet import iterate_split, row_count
from carryover.planning.runs import RunSettings
from carryover.tasks import TASKS


@dataclass(frozen=True)
class Seen:
    """What a run has read: hashes of its training examples, with operands as written and in any order."""

    exact: np.ndarray  # (rows, 2) uint64, distinct and sorted
    commuted: np.ndarray
    coverage: float | None  # share of all examples of the distribution; None where their number is not known

    def rows(self, table: pa.Table, task: str) -> tuple[np.ndarray, np.ndarray]:
        """Which rows of a test table were read in training: booleans (N,), exactly and commuted."""
        module = TASKS[task].data
        exact = contained(module.seen_key(table), self.exact)
        return exact, exact | contained(module.seen_key(table, commuted=True), self.commuted)


def read_in_training(run: RunSettings, steps: int, folder: Path) -> Seen:
    """What a run of `steps` steps has read of the training split in `folder`.

    Fresh batches are read once, in the order of the file. A run that was shorter or stopped has read the first rows of
    it. A shuffled run counts as having read every row.
    """
    path = folder / "train.parquet"
    rows = row_count(path)
    if run.training.order == "fresh":
        rows = min(rows, steps * run.training.batch)
    task = TASKS[run.dataset.task].data
    exact, commuted = [], []
    for table in iterate_split(path, rows=range(rows)):
        exact.append(task.seen_key(table))
        commuted.append(task.seen_key(table, commuted=True))
    known = distinct(exact)
    space = run.dataset.space()
    return Seen(known, distinct(commuted), len(known) / space if space else None)


def overlap_row(
    run: str, dataset: str, split: dict[str, Any], counts: tuple[int, int, int], seen: Seen
) -> dict[str, Any]:
    """One row of overlap.parquet: a run's training dataset against one test split. counts: rows, shared, commuted."""
    rows, shared, commuted = counts
    return {
        "dataset": dataset,
        "run": run,
        "suite": split["suite"],
        "split": split["split"],
        "rows": rows,
        "shared": shared,
        "shared_commuted": commuted,
        "share": shared / rows,
        "share_commuted": commuted / rows,
        "coverage": seen.coverage,
    }
