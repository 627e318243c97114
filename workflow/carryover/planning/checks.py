"""Checks across dataset, model and training, which are valid alone but may not fit together. They return text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from carryover.planning.sweep import label
from carryover.settings.models import MODELS, Model, Reading
from carryover.settings.study import Study, Suite, SuiteSplit
from carryover.settings.training import Training
from carryover.tasks import TASKS
from carryover.tasks.datasets import Dataset


def run(dataset: Dataset, model: Model, training: Training) -> list[str]:
    """Mistakes between the dataset, the model and the training of one run."""
    mistakes = []
    rows = dataset.split_rows()
    readings = TASKS[dataset.task].readings
    if model.reading not in readings:
        choice = " or ".join(_kinds(readings))
        mistakes.append(f"model.kind: a {model.kind} cannot read task {dataset.task}; choose {choice}")
    if rows["train"] == 0:
        mistakes.append("dataset.rows.train: the dataset has no rows to train on; set it to at least 1")
    if rows["validation"] == 0:
        mistakes.append(
            "dataset.rows.validation: training is followed on validation rows; set it to at least 1"
        )
    if training.order == "fresh" and training.steps is not None:
        needed = training.steps * training.batch
        if 0 < rows["train"] < needed:
            mistakes.append(
                f"dataset.rows.train: order: fresh reads steps × batch = {needed:,} rows once and the dataset has "
                f"{rows['train']:,}; set at least {needed:,}, or order: shuffled"
            )
    if training.cuda_graphs and 0 < rows["train"] < training.batch:
        mistakes.append(
            f"training.cuda_graphs: only full batches are captured, and {rows['train']:,} rows never fill a batch of "
            f"{training.batch:,}; set batch to {rows['train']:,} or less, or leave cuda_graphs out"
        )
    mistakes += dataset.mistakes(model, training)
    if training.loss_on_padding and model.reading != "sequence":
        writers = " or ".join(_kinds(("sequence",)))
        mistakes.append(
            f"training.loss_on_padding: only a {writers} has padded answers, not a {model.kind}; leave it out"
        )
    return mistakes


def place(study: Study, values: Mapping[str, Any], scale_set: Mapping[str, Any], mistake: str) -> str:
    """Where a mistake in the settings of a run stands in its study: in base, in the sweep, or in a scale."""
    point = f"point {label(values)}" if values else "base"
    for name, scale in study.scales.items():
        if scale.set is scale_set and any(mistake.startswith((f"{path}:", f"{path}.")) for path in scale.set):
            return f"scales.{name}.set"
        if scale.set is scale_set and scale.sweep is not None and values:
            return f"scales.{name}: {point}"
    return point


def _kinds(readings: Iterable[Reading]) -> list[str]:
    """The kinds of model that read examples in one of these ways."""
    return [model.model_fields["kind"].default for model in MODELS if model.reading in readings]


def evaluation(trained_on: Dataset, tested_on: Dataset, model: Model) -> str | None:
    """Why a model trained on one dataset cannot be evaluated on another, or None."""
    if trained_on.task != tested_on.task:
        return f"a model of task {trained_on.task} cannot be evaluated on task {tested_on.task}"
    return None


def suite_split(suite: Suite, split: SuiteSplit, dataset: Dataset) -> str | None:
    """Why a split of a suite cannot be of this dataset, or None."""
    if dataset.task != suite.task:
        return (
            f"dataset {split.dataset!r} is of task {dataset.task}, the suite of task {suite.task}; "
            "choose a dataset of the suite's task"
        )
    return no_rows(split, dataset)


def no_rows(split: SuiteSplit, dataset: Dataset) -> str | None:
    """That a test split is empty, or None."""
    if dataset.split_rows()[split.split] > 0:
        return None
    return f"the {split.split} split of dataset {split.dataset!r} has no rows; set its rows"
