"""Estimates of a job's time and memory, for clusters that stop a job that takes more.

The estimates are rough, and rather too high. A job that is stopped in spite of this gets more at its next attempt. The
constants were measured on one core of a server CPU of 2024. They hold within a factor of two on other machines, and do
not include waiting in a queue.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from carryover.planning.runs import RunSettings
from carryover.tasks.datasets import Dataset

# On a GPU, whatever the batch is: what a training step takes to start, and each operation that waits for another.
GPU_SECONDS_PER_STEP, GPU_SECONDS_PER_OPERATION = 0.005, 40e-6
BYTES_PER_LOGIT = 16
BYTES_PER_WEIGHT = (
    24  # itself, its gradient, two moments of the optimizer, and the copies that training keeps
)
BYTES_PER_STEP = 4  # its loss

MARGIN = 2.0
LEAST_MINUTES = 15
PROCESS_MB = 900  # Python, PyTorch and the examples in use; on a GPU the driver's share, too
ROW_KB = 0.5  # tables and digests of one example in an evaluation


class Need(NamedTuple):
    """What a job may take."""

    minutes: int
    megabytes: int


def generation(dataset: Dataset, shards: Mapping[str, Iterable[range]] | None = None) -> Need:
    """Making a dataset, block by block in constant memory; every task makes more than 10 MB a second.

    Splits that lie in `shards` are put together, at more than 25 MB a second.
    """
    stored = [rows for ranges in (shards or {}).values() for rows in ranges]
    joined = sum(_bytes(dataset, rows) for rows in stored)
    return Need(_minutes((dataset.estimated_bytes() - joined) / 10e6 + joined / 25e6), 1500)


def shard(dataset: Dataset, rows: range) -> Need:
    """Making some rows of a dataset."""
    return Need(_minutes(_bytes(dataset, rows) / 10e6), 1500)


def _bytes(dataset: Dataset, rows: range) -> float:
    """The share of a dataset's estimated bytes that some rows of it have."""
    return dataset.estimated_bytes() * len(rows) / sum(dataset.split_rows().values())


def training(run: RunSettings, gpu: bool) -> Need:
    """Training a run to its last step, on a GPU or on one core."""
    steps = run.training.total_steps(run.dataset.split_rows()["train"])
    example = run.model.work(run.dataset.positions(run.model, run.training))
    of_example = example.bytes + BYTES_PER_LOGIT * run.dataset.outputs(run.model, run.training)
    of_batch = run.training.batch * of_example
    megabytes = (of_batch + BYTES_PER_WEIGHT * example.weights + BYTES_PER_STEP * steps) / 1e6
    return Need(_minutes(steps * step_seconds(run, gpu)), round(PROCESS_MB + MARGIN * megabytes))


def step_seconds(run: RunSettings, gpu: bool) -> float:
    """One optimizer step of a training, on a GPU or on one core."""
    example = run.model.work(run.dataset.positions(run.model, run.training))
    if gpu:
        return GPU_SECONDS_PER_STEP + example.gpu_operations * GPU_SECONDS_PER_OPERATION
    return run.training.batch * example.cpu_seconds


def evaluation(run: RunSettings, tests: Iterable[tuple[Dataset, int]]) -> Need:
    """Evaluating a run on test splits, each a dataset and its rows, on one core."""
    tests = list(tests)
    rows = run.dataset.split_rows()["train"] + sum(rows for _, rows in tests)
    return Need(_minutes(answering_seconds(run, tests)), round(2 * PROCESS_MB + rows * ROW_KB / 1e3))


def answering_seconds(run: RunSettings, tests: Iterable[tuple[Dataset, int]]) -> float:
    """Answering the rows of test splits on one core."""
    return sum(
        rows * run.model.work(dataset.positions(run.model, run.training)).cpu_seconds
        for dataset, rows in tests
    )


def _minutes(seconds: float) -> int:
    return LEAST_MINUTES + round(MARGIN * seconds / 60)
