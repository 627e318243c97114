"""What the datasets of all tasks have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from carryover.settings.base import Settings
from carryover.settings.models import Model
from carryover.settings.training import Training

# Symbols that an answer may be written with, roughly: memory is estimated by it.
OUTPUTS_PER_POSITION = 16


class DatasetSettings(Settings, ABC):
    """The base of every task's dataset settings, which add the fields `task` and `seed`.

    A task overrides the methods whose default here does not fit it.
    """

    if TYPE_CHECKING:  # no fields here: each task has its own, in its own order
        task: str
        seed: int

    @abstractmethod
    def split_rows(self) -> dict[str, int]:
        """Rows of train, validation and test."""

    @abstractmethod
    def slug(self) -> str:
        """A short readable name of the dataset, for its address."""

    @abstractmethod
    def estimated_bytes(self) -> int:
        """About how large the Parquet files will be."""

    @abstractmethod
    def positions(self, model: Model, training: Training) -> int:
        """About how many positions a model reads and writes of one example, at most."""

    def outputs(self, model: Model, training: Training) -> int:
        """About how many numbers a model puts out for one example, at most."""
        return OUTPUTS_PER_POSITION * self.positions(model, training)

    def mistakes(self, model: Model, training: Training) -> list[str]:
        """Mistakes of a model and its training with this dataset, each as `key: what is wrong; what is right`."""
        if training.length is None:
            return []
        return [f"training.length: examples of task {self.task} are not padded to a length; leave it out"]

    def drawn_by_row(self) -> bool:
        """Whether any rows can be drawn alone."""
        return True

    def space(self) -> int | None:
        """How many different examples the distribution has; None where that is not known."""
        return None

    def length(self) -> int | None:
        """The length of the longest example that can be drawn; None where it is not known or examples have none."""
        return None

    def fixed_length(self) -> int | None:
        """The length that all examples have; None where they differ."""
        return None
