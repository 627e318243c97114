"""The settings of one run, and the content addresses of runs and datasets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from carryover.errors import UserErrors
from carryover.planning import checks
from carryover.planning.messages import describe
from carryover.settings import canonical
from carryover.settings.base import Seed, Settings
from carryover.settings.models import Model
from carryover.settings.training import Training
from carryover.tasks.datasets import Dataset


class RunSettings(Settings):
    """Everything that decides one training: dataset × model × training × seed."""

    dataset: Dataset
    model: Model
    training: Training
    seed: Seed = 0

    def address(self) -> str:
        """The run's content address; its dataset's address is part of the content."""
        content = {
            "dataset": dataset_address(self.dataset),
            "model": self.model.canonical(),
            "training": self.training.canonical(),
            "seed": self.seed,
        }
        return canonical.address(f"{self.model.slug()}-s{self.seed}", content)


def dataset_address(dataset: Dataset) -> str:
    """The content address of a dataset."""
    return canonical.address(dataset.slug(), dataset.canonical())


def without_seeds(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that all replicates of a run share. settings: those of a run, as plain data."""
    dataset = {key: value for key, value in settings["dataset"].items() if key != "seed"}
    return {key: value for key, value in settings.items() if key != "seed"} | {"dataset": dataset}


class OneDataset(Settings):
    """A dataset's settings alone, whatever its task."""

    dataset: Dataset


def read_dataset(value: Any) -> Dataset:
    """A dataset's settings from plain data. Raises UserErrors with one line a mistake."""
    try:
        return OneDataset.read({"dataset": value}).dataset
    except ValidationError as error:
        raise UserErrors(describe(error, OneDataset)) from None


def read_run(value: Any) -> RunSettings:
    """A run's settings from plain data. Raises UserErrors with one line a mistake."""
    try:
        run = RunSettings.read(value)
    except ValidationError as error:
        raise UserErrors(describe(error, RunSettings)) from None
    mistakes = checks.run(run.dataset, run.model, run.training)
    if mistakes:
        raise UserErrors(mistakes)
    return run
