"""Examples on the device, and which of them form the batch of each step.

Examples are stored on the device as small integers, and a batch is a selection of rows. There are no workers, copies or
collation. The order of rows depends only on the run and the epoch, so the batch of any step can be made at any time.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from carryover.data.dataset import check_split
from carryover.data.parquet import iterate_split, read_split, row_count
from carryover.data.streams import stream
from carryover.errors import UserError
from carryover.planning.runs import RunSettings
from carryover.settings.training import Training
from carryover.tasks import TASKS
from carryover.tasks.encoded import OUTSIDE, Encoded

# How many input symbols of fresh batches are on the device at a time. They are read only once, so not all are needed.
FRESH_SYMBOLS = 2**25


@dataclass(frozen=True)
class Batch:
    """B examples as the model takes them, all int64."""

    inputs: Tensor  # (B, L, C)
    lengths: Tensor  # (B,)
    targets: Tensor  # (B, T)


class Examples:
    """N encoded examples on the device.

    `trims`: a batch is cut to its longest sequence, for models that ignore padding.
    """

    def __init__(self, encoded: Encoded, device: torch.device, trims: bool = False) -> None:
        self.rows = len(encoded.lengths)
        self.lengths_on_host = encoded.lengths
        width = encoded.inputs.shape[1]
        self.trims = trims and self.rows > 0 and int(encoded.lengths.min()) < width
        self.inputs = _on_device(encoded.inputs, device)
        self.lengths = _on_device(encoded.lengths, device).long()
        self.targets = _on_device(encoded.targets, device)
        self.target_lengths = _on_device(encoded.target_lengths, device).long()

    def select(self, rows: slice | Tensor, width: int) -> Batch:
        """The examples of these rows, their inputs cut to the first `width` positions."""
        return Batch(self.inputs[rows, :width].long(), self.lengths[rows], self.targets[rows].long())

    def width(self, rows: np.ndarray | slice) -> int:
        """Input positions that a batch of these rows needs."""
        if not self.trims:
            return self.inputs.shape[1]
        return max(int(self.lengths_on_host[rows].max()), 1)


def _on_device(array: np.ndarray, device: torch.device) -> Tensor:
    # PyTorch has few operations on the wider unsigned types.
    if array.dtype in (np.uint16, np.uint32):
        array = array.astype(np.int32 if array.dtype == np.uint16 else np.int64)
    return torch.from_numpy(np.ascontiguousarray(array)).to(device)


def with_loss_targets(encoded: Encoded, loss_on_padding: bool) -> Encoded:
    """The examples with every target position that is left out of the training loss marked like one outside."""
    if loss_on_padding:
        return encoded
    position = np.arange(encoded.targets.shape[1])
    counts = position < encoded.target_lengths[:, None]
    if counts.all():
        return encoded
    targets = np.where(counts, encoded.targets, np.array(OUTSIDE, dtype=encoded.targets.dtype))
    return Encoded(encoded.inputs, encoded.lengths, targets, encoded.target_lengths)


class Batches(Protocol):
    """The batches of a training, by step."""

    rows: int
    total: int  # steps of the whole training
    steps_per_epoch: int

    def batch(self, step: int) -> Batch:
        """The batch of step `step`, counted from 0."""

    def examples_until(self, step: int) -> int:
        """How many examples the first `step` steps read."""


def open_batches(run: RunSettings, folder: Path, device: torch.device, trims: bool) -> Batches:
    """The training split of the run's dataset in `folder`, in the order that the run asks for.

    Raises UserError where the split has no rows, or fewer than fresh batches need.
    """
    path = folder / "train.parquet"
    check_split(path)
    rows = row_count(path)
    if rows == 0:
        raise UserError(f"{path}: the training split is empty; set dataset.rows.train to at least 1")
    if run.training.order == "fresh":
        return FreshBatches(run, folder, path, rows, device)
    return ShuffledBatches(run, folder, path, device, trims)


class FreshBatches:
    """Reads every row once, in the order of the file, so every batch is new. Rows after the last step stay unread."""

    def __init__(self, run: RunSettings, folder: Path, path: Path, rows: int, device: torch.device) -> None:
        self.run, self.folder, self.path, self.rows, self.device = run, folder, path, rows, device
        self.size = run.training.batch
        self.total = run.training.total_steps(rows)
        self.steps_per_epoch = -(-rows // self.size)
        if rows < self.total * self.size:
            raise UserError(
                f"{path}: order fresh reads every row once, so {self.total} steps of batch {self.size} need "
                f"{self.total * self.size} rows, and there are {rows}; set dataset.rows.train to at least that, "
                "or order: shuffled"
            )
        width = self._read(range(self.size)).inputs.shape[1]
        self.steps_in_memory = max(1, FRESH_SYMBOLS // (self.size * width))
        self.first = -1  # the step that the rows in memory begin with

    def batch(self, step: int) -> Batch:
        """The batch of step `step`, counted from 0."""
        first = step - step % self.steps_in_memory
        if first != self.first:
            stop = min(first + self.steps_in_memory, self.total)
            self.examples = self._read(range(first * self.size, stop * self.size))
            self.first = first
        start = (step - first) * self.size
        return self.examples.select(slice(start, start + self.size), self.examples.inputs.shape[1])

    def examples_until(self, step: int) -> int:
        """How many examples the first `step` steps read."""
        return step * self.size

    def _read(self, rows: range) -> Examples:
        table = read_split(self.path, rows=rows)
        encoded = TASKS[self.run.dataset.task].data.encode(table, self.run, self.folder, for_training=True)
        return Examples(with_loss_targets(encoded, self.run.training.loss_on_padding), self.device)


class ShuffledBatches:
    """All rows in a new order each epoch; the last batch of an epoch may be smaller."""

    def __init__(self, run: RunSettings, folder: Path, path: Path, device: torch.device, trims: bool) -> None:
        self.training, self.device = run.training, device
        self.key = run_key(run)
        encoded = read_encoded(run, folder, path, for_training=True)
        self.examples = Examples(with_loss_targets(encoded, run.training.loss_on_padding), device, trims)
        self.rows = self.examples.rows
        self.total = run.training.total_steps(self.rows)
        self.steps_per_epoch = -(-self.rows // run.training.batch)
        self.epoch = -1

    def batch(self, step: int) -> Batch:
        """The batch of step `step`, counted from 0."""
        epoch, number = divmod(step, self.steps_per_epoch)
        if epoch != self.epoch:
            parts = epoch_order(self.key, epoch, self.training, self.examples.lengths_on_host)
            self.widths = [self.examples.width(part) for part in parts]
            self.ends = np.cumsum([len(part) for part in parts]).tolist()
            self.order = torch.from_numpy(np.concatenate(parts)).to(self.device)
            self.epoch = epoch
        start = self.ends[number - 1] if number > 0 else 0
        return self.examples.select(self.order[start : self.ends[number]], self.widths[number])

    def examples_until(self, step: int) -> int:
        """How many examples the first `step` steps read. With windows, a short batch counts as the epoch's last one."""
        epochs, steps = divmod(step, self.steps_per_epoch)
        return epochs * self.rows + min(steps * self.training.batch, self.rows)


def epoch_order(run: str, epoch: int, training: Training, lengths: np.ndarray) -> list[np.ndarray]:
    """The rows of each batch of an epoch, int64: a permutation keyed by run and epoch.

    With `bucket_window`, the permuted rows are cut into windows of about that size. Each window is sorted by length, so
    a batch holds sequences of similar length. The batches of a window come in random order.
    """
    generator = stream((run, "order", epoch))
    order = generator.permutation(len(lengths))
    size = training.batch
    if not training.bucket_window:
        return [order[start : start + size] for start in range(0, len(order), size)]
    window = max(training.bucket_window // size, 1) * size
    parts = []
    for start in range(0, len(order), window):
        rows = order[start : start + window]
        rows = rows[np.argsort(lengths[rows], kind="stable")]
        batches = [rows[first : first + size] for first in range(0, len(rows), size)]
        parts += [batches[number] for number in generator.permutation(len(batches))]
    return parts


def read_encoded(run: RunSettings, folder: Path, path: Path, for_training: bool) -> Encoded:
    """A whole split, encoded.

    All training rows are encoded to the same width, so they can be read and encoded piece by piece. The tables need
    several times the memory, and never exist as a whole.
    """
    encode = TASKS[run.dataset.task].data.encode
    if not for_training:
        return encode(read_split(path), run, folder)
    parts = [encode(table, run, folder, for_training=True) for table in iterate_split(path)]
    if len(parts) == 1:
        return parts[0]
    # Of texts, each piece is as wide as its longest.
    widest = max(part.inputs.shape[1] for part in parts)
    return Encoded(
        np.concatenate([_padded(part.inputs, widest) for part in parts]),
        *(np.concatenate([getattr(part, name) for part in parts]) for name in _ARRAYS[1:]),
    )


def _padded(inputs: np.ndarray, width: int) -> np.ndarray:
    """inputs (N, T, C) with padding (token 0) on the right, up to T = width."""
    return np.pad(inputs, ((0, 0), (0, width - inputs.shape[1]), (0, 0)))


_ARRAYS = ("inputs", "lengths", "targets", "target_lengths")


def run_key(run: RunSettings) -> str:
    """The run's content address, from which its seeds are derived."""
    return run.address()
