"""One file a task: its distributions, its encoding, and when an answer is right."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pyarrow as pa

from carryover.data.dataset import write_dataset
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

        `folder` is that of the run's dataset, for tasks that keep a vocabulary there.
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


TASKS: dict[str, Task] = {
    "digit_sum": digit_sum,
    "expression": expression,
    "sentiment": sentiment,
}


def generate(dataset: Any, folder: Path, data: Path = Path("data")) -> None:
    """Make a dataset: its three splits and dataset.json in `folder`. `data` is where fetched sources are kept."""
    task = TASKS[dataset.task]
    own = getattr(task, "generate", None)  # of a task that stores more than its splits, such as a vocabulary
    if own is not None:
        own(dataset, folder, data)
        return
    write_dataset(dataset, folder, task.columns(), lambda split: task.batches(dataset, split))
