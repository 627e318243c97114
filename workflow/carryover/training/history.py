"""The learning curves of a run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from carryover.data.text import strings
from carryover.training.schedules import learning_rate

if TYPE_CHECKING:
    from carryover.settings.training import Training
    from carryover.training.batches import Batches
    from carryover.training.job import Progress

HISTORY = pa.schema(
    [
        ("step", pa.int64()),
        ("epoch", pa.float64()),
        ("examples", pa.int64()),
        ("split", pa.string()),
        ("metric", pa.string()),
        ("value", pa.float64()),
    ]
)
HISTORY_ROWS = 1000  # of each training metric, at most; each is a mean over its interval


class _Row(NamedTuple):
    step: int
    split: str
    metric: str
    value: float


def history(training: Training, progress: Progress, batches: Batches) -> pa.Table:
    """The run's learning curves, with the columns of HISTORY.

    Training metrics are means over intervals of 1/1000 of the training, up to the last step with a finite loss that has
    not exploded.
    """
    rows = [*_of_training(training, progress, batches.total), *_of_validation(progress)]
    steps = np.array([row.step for row in rows], dtype=np.int64)
    examples = np.array([batches.examples_until(row.step) for row in rows], dtype=np.int64)
    columns = [
        steps,
        examples / batches.rows,
        examples,
        np.array([row.split for row in rows], dtype="S"),
        np.array([row.metric for row in rows], dtype="S"),
        np.array([row.value for row in rows], dtype=np.float64),
    ]
    return pa.table([_column(values) for values in columns], schema=HISTORY)


def _of_training(training: Training, progress: Progress, total: int) -> Iterator[_Row]:
    if progress.step == 0:
        return
    interval = -(-total // HISTORY_ROWS)
    starts = np.arange(0, progress.step, interval)
    ends = np.minimum(starts + interval, progress.step)
    measured = {"loss": progress.losses}
    if training.gradient_norm:
        measured["gradient_norm"] = progress.norms
    for metric, values in measured.items():
        sums = np.add.reduceat(values[: progress.step].double().cpu().numpy(), starts)
        for end, mean in zip(ends.tolist(), (sums / (ends - starts)).tolist(), strict=True):
            yield _Row(end, "train", metric, mean)
    if training.schedule != "constant" or training.warmup_steps:
        for end in ends.tolist():
            yield _Row(end, "train", "lr", learning_rate(training, end - 1, total))


def _of_validation(progress: Progress) -> Iterator[_Row]:
    for validation in progress.validations:
        for metric, value in validation.items():
            if metric != "step":
                yield _Row(int(validation["step"]), "validation", metric, value)


def _column(values: np.ndarray) -> pa.Array:
    """An Arrow column of numbers or ASCII. (pa.array imports pandas, half a second of CPU in every job.)"""
    if values.dtype.kind == "S":
        return strings(values.view(np.uint8).reshape(len(values), values.dtype.itemsize))
    kind = pa.int64() if values.dtype == np.int64 else pa.float64()
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(values)])
