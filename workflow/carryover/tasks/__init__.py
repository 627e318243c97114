"""One file a task: its distributions, its encoding, and when an answer is right."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pyarrow as pa

from carryover.config.shards import shards
from carryover.data.dataset import read_shards, remove_shards, write_dataset, write_shard
from carryover.errors import UserError
from carryover.tasks import digit_sum, expression, sentiment
from carryover.tasks.encoded import Encoded, Sizes

if TYPE_CHECKING:
    from carryover.config.plan import RunSettings


class Task(Protocol):
    """The functions of every task's module. `dataset` is that task's settings; tables have the columns of a split."""

    def columns(self) -> pa.Schema:
        """The columns of a stored split; the first is `index`, int64."""

    def batches(self, dataset: Any, split: str) -> Iterator[pa.RecordBatch]:
        """The rows of a split, drawn block by block."""

    def encode(
        self,
        table: pa.Table,
        run: RunSettings,
        folder: Path | None = None,
        for_training: bool = False,
        width: int = 0,
    ) -> Encoded:
        """Examples as arrays, at least `width` input positions wide.

        `folder` is that of the run's dataset, for tasks that keep a vocabulary in its dataset.json.
        """

    def sizes(self, run: RunSettings, folder: Path | None = None) -> Sizes:
        """What the run's model needs to know."""

    def decode(self, predictions: np.ndarray, table: pa.Table, run: RunSettings) -> list[str]:
        """Predicted classes (N, T) as answers to read."""

    def question(self, table: pa.Table) -> list[str]:
        """The examples as a person would ask them."""

    def answer(self, table: pa.Table) -> list[str]:
        """The right answers."""

    def parse(self, asked: str, run: RunSettings) -> pa.Table:
        """A person's question as a table of one row. Raises UserError for what is no such question."""

    def seen_key(self, table: pa.Table, commuted: bool = False) -> np.ndarray:
        """Row hashes (N, 2) uint64, equal for equal examples; where `commuted`, in any order of the operands."""

    def space(self, dataset: Any) -> int | None:
        """How many different examples the distribution has; None where that is not known."""


class DrawnTask(Task, Protocol):
    """A task whose rows are drawn by their number: any rows of a split can be made alone."""

    def batches(self, dataset: Any, split: str, rows: range | None = None) -> Iterator[pa.RecordBatch]:
        """The rows of a split, or a range of them, drawn block by block."""


TASKS: dict[str, Task] = {
    "digit_sum": digit_sum,
    "expression": expression,
    "sentiment": sentiment,
}

DRAWN: dict[str, DrawnTask] = {
    "digit_sum": digit_sum,
    "expression": expression,
}


def generate(dataset: Any, folder: Path, data: Path = Path("data"), shard_rows: int | None = None) -> None:
    """Make a dataset: its three splits and dataset.json in `folder`. `data` is where fetched sources are kept.

    With `shard_rows`, splits that have more rows are put together from shards that lie in `folder` (`generate_shard`
    makes one); every file is the same as without. Raises UserError where a shard is missing, damaged, or not of this
    dataset.
    """
    task = TASKS[dataset.task]
    own = getattr(task, "generate", None)  # of a task that stores more than its splits, such as a vocabulary
    if own is not None:
        own(dataset, folder, data)
        return
    ranges = shards(dataset, shard_rows) if shard_rows is not None else {}
    stored = {split: read_shards(dataset, folder, split, ranges[split]) for split in ranges}
    write_dataset(
        dataset,
        folder,
        task.columns(),
        lambda split: stored[split] if split in stored else task.batches(dataset, split),
    )
    remove_shards(folder, keep=ranges)


def generate_shard(dataset: Any, folder: Path, split: str, rows: range) -> None:
    """Make some rows of a split as a file in `folder`, for `generate` to put together.

    Raises UserError for rows that the split does not have, and for datasets that are not drawn row by row.
    """
    if dataset.task not in DRAWN:
        raise UserError(f"task {dataset.task}: its datasets are made in one go; use `carryover generate`")
    there = dataset.split_rows()[split]
    if not 0 <= rows.start < rows.stop <= there:
        raise UserError(f"rows {rows.start}-{rows.stop}: {split} has rows 0-{there}; ask for some of those")
    task = DRAWN[dataset.task]
    write_shard(dataset, folder, task.columns(), split, rows, task.batches(dataset, split, rows))
