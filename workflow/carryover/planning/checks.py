"""Checks across settings: what each part allows alone, but not together. Each returns its mistakes as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from carryover.planning import sweep
from carryover.planning.messages import nearest
from carryover.settings.models import MODELS, Model, Reading
from carryover.settings.study import At, Study, Suite
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
        if rows["train"] < needed:
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


def _kinds(readings: Iterable[Reading]) -> list[str]:
    """The kinds of model that read examples in one of these ways."""
    return [model.model_fields["kind"].default for model in MODELS if model.reading in readings]


def evaluation(trained_on: Dataset, tested_on: Dataset, model: Model) -> str | None:
    """Why a model trained on one dataset cannot be evaluated on another, or None."""
    if trained_on.task != tested_on.task:
        return f"a model of task {trained_on.task} cannot be evaluated on task {tested_on.task}"
    return None


def references(study: Study, suites: Mapping[str, Suite]) -> list[str]:
    """Published numbers and claims that name a split or a point that the study does not have, and ids used twice."""
    mistakes = []
    ids: set[str] = set()
    points = _all_points(study)
    for kind, items in (("published", study.published), ("claims", study.claims)):
        for item in items:
            where = f"{kind}.{item.id}"
            if where in ids:
                mistakes.append(f"{where}: the id stands twice; ids are unique within a study")
            ids.add(where)
            for key, at in _selectors(item):
                if not any(_matches(at, point) for point in points):
                    mistakes.append(
                        f"{where}.{key}: no point of the study has {sweep.label(at)}; mend it or the sweep"
                    )
            for suite, split in _splits(item):
                if suite not in study.evaluate:
                    mistakes.append(
                        f"{where}: suite {suite!r} is not evaluated{nearest(suite, study.evaluate)}"
                    )
                elif suite in suites and split not in suites[suite].splits:
                    mistakes.append(
                        f"{where}: suite {suite!r} has no split {split!r}{nearest(split, suites[suite].splits)}"
                    )
    return mistakes


def _all_points(study: Study) -> list[dict[str, Any]]:
    """Every point at any scale, with the base's own settings beside the swept ones."""
    base = sweep.flat(study.base.complete())
    sweeps = [study.sweep, *(scale.sweep for scale in study.scales.values() if scale.sweep is not None)]
    return [base | point for blocks in sweeps for point in sweep.combinations(blocks)]


def _matches(at: At, point: Mapping[str, Any]) -> bool:
    # A setting that neither base nor sweep writes out has its default, which is known only once settings are read.
    return all(path not in point or point[path] == value for path, value in at.items())


def _selectors(item: Any) -> Iterator[tuple[str, At]]:
    for key in ("at", "a", "b"):
        if hasattr(item, key):
            yield key, getattr(item, key)
    for at in getattr(item, "points", ()):
        yield "points", at


def _splits(item: Any) -> Iterator[tuple[str, str]]:
    for quantity in (item, getattr(item, "of", None), getattr(item, "of_b", None)):
        suite, split = getattr(quantity, "suite", None), getattr(quantity, "split", None)
        if suite is not None and split is not None:
            yield suite, split
