"""What a task declares of itself, in one record: all that the rest of the project needs to know of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from carryover.planning.runs import RunSettings
    from carryover.tasks.encoded import Encoded, Sizes


class Data(Protocol):
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


class DrawnData(Data, Protocol):
    """A task whose rows are drawn by their number: any rows of a split can be made alone."""

    def batches(self, dataset: Any, split: str, rows: range | None = None) -> Iterator[pa.RecordBatch]:
        """The rows of a split, or a range of them, drawn block by block."""


@dataclass(frozen=True)
class Task:
    """One task. Its modules are loaded on first use, so that planning imports neither PyTorch nor Parquet."""

    name: str

    @cached_property
    def data(self) -> Data:
        """The functions that draw, encode and decode the task's examples."""
        return cast(Data, import_module(f"carryover.tasks.{self.name}.data"))

    @cached_property
    def strata(self) -> Callable[[pa.Table], dict[str, np.ndarray]]:
        """What accuracy is broken down by: the labels (N,) of each stratum for the rows of a split."""
        return cast(Any, import_module(f"carryover.tasks.{self.name}.strata").strata)
