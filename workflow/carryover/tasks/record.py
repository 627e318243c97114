"""The record of a task. It declares everything that the rest of the project needs to know about the task."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, cast

from carryover.tasks.strata_titles import Titler

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from carryover.settings.models import Model, Reading
    from carryover.settings.training import Training
    from carryover.tasks.encoded import Encoded, Sizes


class Run(Protocol):
    """What a task reads of a run's settings."""

    @property
    def dataset(self) -> Any:
        """The settings of the dataset that the run is trained on."""

    @property
    def model(self) -> Model:
        """The settings of the model."""

    @property
    def training(self) -> Training:
        """The settings of the training."""


class Data(Protocol):
    """The functions of every task's module. `dataset` is that task's settings; tables have the columns of a split."""

    def columns(self) -> pa.Schema:
        """The columns of a stored split; the first is `index`, int64."""

    def batches(self, dataset: Any, split: str) -> Iterator[pa.RecordBatch]:
        """The rows of a split, drawn block by block."""

    def encode(
        self,
        table: pa.Table,
        run: Run,
        folder: Path | None = None,
        for_training: bool = False,
        width: int = 0,
    ) -> Encoded:
        """Examples as arrays, at least `width` input positions wide.

        `folder` is that of the run's dataset, for tasks that keep a vocabulary in its dataset.json.
        """

    def sizes(self, run: Run, folder: Path | None = None) -> Sizes:
        """What the run's model needs to know."""

    def decode(self, predictions: np.ndarray, table: pa.Table, run: Run) -> list[str]:
        """Predicted classes (N, T) as answers to read."""

    def question(self, table: pa.Table) -> list[str]:
        """The examples as a person would ask them."""

    def answer(self, table: pa.Table) -> list[str]:
        """The correct answers."""

    def parse(self, asked: str, run: Run) -> pa.Table:
        """A person's question as a table of one row. Raises UserError for what is no such question."""

    def seen_key(self, table: pa.Table, commuted: bool = False) -> np.ndarray:
        """Row hashes (N, 2) uint64, equal for equal texts; where `commuted`, in any order of the operands."""


class DrawnData(Data, Protocol):
    """A task whose rows are drawn by their number: any rows of a split can be made alone."""

    def batches(self, dataset: Any, split: str, rows: range | None = None) -> Iterator[pa.RecordBatch]:
        """The rows of a split, or a range of them, drawn block by block."""


@dataclass(frozen=True)
class Part:
    """The examples of a distribution that have one value of a stratum."""

    weight: float  # their share of the distribution
    drawn_from: Hashable  # what decides them, given that value: equal where they are drawn alike


class Parts(Protocol):
    """What a task's parts.py holds, where its distributions may be mixtures."""

    STRATUM: str  # whose values are the parts

    def parts_of(self, dataset: Any) -> Mapping[str, Part]:
        """The parts of a dataset's distribution by their stratum's value, most weight first."""

    def streams_of(self, dataset: Any) -> frozenset[Hashable]:
        """What its rows are drawn from. Datasets of one seed share rows if they draw from the same source."""


@dataclass(frozen=True)
class Code:
    """The files of a task's folder by what they decide. Every file is listed: an edit remakes what it decides."""

    generation: tuple[str, ...]  # the examples of a dataset
    encoding: tuple[str, ...]  # what a model reads and writes
    evaluation: tuple[str, ...]  # by what its answers are broken down, and which examples are the same
    nothing: tuple[str, ...] = ("__init__.py",)  # no file that a job of the workflow stores

    def unlisted(self, folder: Path) -> list[str]:
        """The Python files in the task's folder that are in none of the lists."""
        listed = {*self.generation, *self.encoding, *self.evaluation, *self.nothing}
        return sorted(path.name for path in folder.glob("*.py") if path.name not in listed)


@dataclass(frozen=True)
class Length:
    """What the length of an example is."""

    label: str  # as an axis calls it
    stratum: str  # the stratum whose values are lengths


@dataclass(frozen=True)
class Stratum:
    """One property by which examples are told apart."""

    label: str  # as an axis calls it
    title: Titler  # what a reader calls one of its values, where no axis says what it is: `3` → `longest carry 3`


@dataclass(frozen=True)
class Within:
    """Within which stratum seen and unseen examples are alike: those of one value are equally likely in training."""

    label: str  # as a reader calls it
    stratum: str  # of those that strata.py gives; one that `strata` does not name is used for nothing else
    title: Titler  # what a reader calls one of its values


@dataclass(frozen=True, eq=False)
class Task:
    """One task. Its modules are loaded on first use, so that planning imports neither PyTorch nor Parquet."""

    name: str  # also its folder's, and the value of `task` in settings
    label: str  # what is learned, for people
    readings: tuple[Reading, ...]  # the models that can learn it are those that read examples so
    code: Code
    strata: Mapping[str, Stratum]  # its strata, in the order in which figures show them
    length: Length | None = None
    seen_within: Within | None = (
        None  # without it, seen and unseen examples are never compared like with like
    )
    solvable: bool = True  # whether every example has one correct answer that a model can find
    answers: Literal["symbols", "label"] = "symbols"  # a label is correct or wrong as a whole
    sizes_drawn: bool = False  # a model's sizes depend on the examples drawn, as on their vocabulary
    reads_texts_alike: bool = False  # whether different texts may be one and the same to a model
    texts_of_others: bool = False  # examples are other people's texts, which no repository may keep
    reads_files: bool = False  # datasets may come from files, which its sources.py looks for
    has_mixtures: bool = False  # distributions may be mixtures, of parts that its parts.py weighs

    @cached_property
    def data(self) -> Data:
        """The functions that draw, encode and decode the task's examples."""
        return cast(Data, self._module("data"))

    @cached_property
    def strata_of(self) -> Callable[[pa.Table], dict[str, np.ndarray]]:
        """What accuracy is broken down by: the labels (N,) of each stratum for the rows of a split."""
        return cast(Any, self._module("strata").strata)

    def titlers(self) -> dict[str, Titler]:
        """Stratum → what a reader calls one of its values: of all strata that tables may have."""
        titlers = {name: stratum.title for name, stratum in self.strata.items()}
        if self.seen_within is not None:
            titlers.setdefault(self.seen_within.stratum, self.seen_within.title)
        return titlers | {
            "seen": lambda value: "seen in training" if value == "yes" else "not seen in training"
        }

    @cached_property
    def parts(self) -> Parts | None:
        """The functions that divide mixtures into their parts. None for a task without mixtures."""
        return cast(Parts, self._module("parts")) if self.has_mixtures else None

    def located(self, dataset: Any, folder: Path, data_root: Path) -> tuple[Any, str | None]:
        """The dataset with the content of its files, and why its source is not available here (or None).

        `folder` is what relative paths start from, `data_root` where fetched sources are kept. Raises UserError where
        a file of the user's cannot be read.
        """
        if not self.reads_files:
            return dataset, None
        return cast(Any, self._module("sources").located(dataset, folder, data_root))

    def check_source(self, dataset: Any, folder: Path) -> None:
        """Read a file of the user's before any job does. Raises UserError for whatever is wrong with it.

        `folder` is what relative paths start from.
        """
        if self.reads_files and hasattr(sources := self._module("sources"), "check"):
            sources.check(dataset, folder)

    def _module(self, name: str) -> Any:
        return import_module(f"carryover.tasks.{self.name}.{name}")
