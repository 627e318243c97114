"""How correct a model is on examples: one implementation for validation and for evaluation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from carryover.models.architecture import Architecture
from carryover.tasks.encoded import OUTSIDE
from carryover.training.determinism import at_precision

if TYPE_CHECKING:
    from carryover.training.batches import Examples

# Numbers that one batch of an evaluation may hold at its widest, on a CPU and on a GPU; and rows at most. More rows do
# not fit in a CPU core's cache.
_BATCH_NUMBERS = {"cpu": 2**22, "cuda": 2**28}
_BATCH_ROWS = {"cpu": 256, "cuda": 2048}


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Mean cross-entropy in nats of logits (B, T, K) over the targets (B, T) that are not OUTSIDE; 0 where none is."""
    losses = functional.cross_entropy(
        logits.flatten(0, 1).float(), targets.flatten(), ignore_index=OUTSIDE, reduction="sum"
    )
    return losses / (targets != OUTSIDE).sum().clamp(min=1)


@dataclass(frozen=True)
class Scores:
    """N examples, one entry each. T is the number of target positions; those that count are an example's own."""

    predictions: np.ndarray  # (N, T) int32: the most likely class of each position
    exact: np.ndarray  # (N,) bool: correct at every position that counts
    correct: np.ndarray  # (N,) int64: how many positions that count are correct
    positions: np.ndarray  # (N,) int64: how many positions count
    correct_with_padding: np.ndarray  # (N,) int64: how many of all T positions are correct, padding included
    first_wrong: np.ndarray  # (N,) int64: the first wrong position that counts, -1 where none is
    loss_sum: np.ndarray  # (N,) float64: cross-entropy, summed over positions whose target is a class
    loss_positions: np.ndarray  # (N,) int64: how many positions that sum is over

    @property
    def token_accuracy(self) -> np.ndarray:
        """The share of the positions that count that are correct, by example (N,)."""
        return self.correct / np.maximum(self.positions, 1)

    @property
    def loss(self) -> np.ndarray:
        """Mean cross-entropy over its positions, by example (N,); NaN where an example has none."""
        return np.divide(
            self.loss_sum,
            self.loss_positions,
            out=np.full(len(self.loss_sum), np.nan),
            where=self.loss_positions > 0,
        )

    def summands(self) -> dict[str, np.ndarray]:
        """The numbers whose sums over examples give the metrics: (N,) each, one entry for each example."""
        rows, width = self.predictions.shape
        return {
            "examples": np.ones(rows, dtype=np.int64),
            "exact": self.exact,
            "correct": self.correct,
            "positions": self.positions,
            "correct_with_padding": self.correct_with_padding,
            "positions_with_padding": np.full(rows, width),
            "loss_sum": self.loss_sum,
            "loss_positions": self.loss_positions,
        }

    def metrics(self) -> dict[str, float]:
        """The metrics of all examples together. Raises ValueError where there is none."""
        return metrics({name: values.sum().item() for name, values in self.summands().items()})


def metrics(sums: Mapping[str, float]) -> dict[str, float]:
    """Metrics of some examples, by name, from the sums over these examples of the numbers in `Scores.summands`.

    Loss and token accuracies are means over positions, the others over examples. A loss without any position is NaN.
    Raises ValueError for no examples.
    """
    examples, loss_positions = sums["examples"], sums["loss_positions"]
    if examples == 0:
        raise ValueError("no examples to summarise")
    return {
        "loss": sums["loss_sum"] / loss_positions if loss_positions else float("nan"),
        "exact_match": sums["exact"] / examples,
        "token_accuracy": sums["correct"] / max(sums["positions"], 1),
        "token_accuracy_padded": sums["correct_with_padding"] / sums["positions_with_padding"],
        "accuracy": sums["exact"] / examples,
    }


@torch.no_grad()
def score(
    model: Architecture,
    examples: Examples,
    *,
    loss_on_padding: bool = False,
    precision: str = "float32",
    between_batches: Callable[[], None] = lambda: None,
) -> Scores:
    """Score a model on examples, in evaluation mode; afterwards the model is in the mode it was in before.

    The loss is taken over the positions that count, or over all where `loss_on_padding`. A model that reads targets is
    called twice: with the targets for the loss, as in training, and without them for its own answers. `precision` is
    that of the settings; `between_batches` may raise. Raises ValueError for no examples.
    """
    if examples.rows == 0:
        raise ValueError("no examples to score")
    device = examples.inputs.device
    was_training = model.training
    model.eval()
    # Sequences of like length together have little padding; even batches leave no small one at the end.
    order = (
        np.argsort(examples.lengths_on_host, kind="stable") if examples.trims else np.arange(examples.rows)
    )
    batches = np.array_split(order, -(-examples.rows // _rows_of_a_batch(model, examples)))
    parts: list[dict[str, Tensor]] = []
    try:
        for numbers in batches:
            between_batches()
            rows = torch.from_numpy(numbers).to(device)
            batch = examples.select(rows, examples.width(numbers))
            with at_precision(precision, device):
                logits = model(batch.inputs, batch.lengths, None).float()
                forced = logits
                if model.reads_targets:
                    forced = model(batch.inputs, batch.lengths, batch.targets).float()
            parts.append(
                _score_batch(logits, forced, batch.targets, examples.target_lengths[rows], loss_on_padding)
            )
    finally:
        model.train(was_training)
    back = np.argsort(order)
    return Scores(
        **{name: torch.cat([part[name] for part in parts]).cpu().numpy()[back] for name in parts[0]}
    )


def _score_batch(
    logits: Tensor, forced: Tensor, targets: Tensor, target_lengths: Tensor, loss_on_padding: bool
) -> dict[str, Tensor]:
    width = targets.shape[1]
    position = torch.arange(width, device=targets.device)
    counts = position < target_lengths.unsqueeze(1)
    predictions = logits.argmax(dim=2)
    correct = predictions == targets
    wrong = counts & ~correct
    in_loss = targets != OUTSIDE if loss_on_padding else counts & (targets != OUTSIDE)
    losses = functional.cross_entropy(
        forced.flatten(0, 1), targets.flatten(), ignore_index=OUTSIDE, reduction="none"
    ).view_as(targets)
    first = torch.where(wrong, position, width).amin(dim=1)
    return {
        "predictions": predictions.int(),
        "exact": ~wrong.any(dim=1),
        "correct": (correct & counts).sum(dim=1),
        "positions": counts.sum(dim=1),
        "correct_with_padding": correct.sum(dim=1),
        "first_wrong": torch.where(first == width, -1, first),
        "loss_sum": torch.where(in_loss, losses, 0.0).double().sum(dim=1),
        "loss_positions": in_loss.sum(dim=1),
    }


def _rows_of_a_batch(model: Architecture, examples: Examples) -> int:
    widest = max(examples.inputs.shape[1] * model.width, examples.targets.shape[1] * model.classes, 1)
    kind = examples.inputs.device.type
    return max(1, min(_BATCH_NUMBERS[kind] // widest, _BATCH_ROWS[kind]))


def batch_accuracy(exact: np.ndarray, batch: int) -> float:
    """Mean of the accuracies of batches of `batch` examples, as report imdb-sweeps takes it.

    The last batch may be smaller and counts like the others. Raises ValueError for no examples.
    """
    if len(exact) == 0:
        raise ValueError("no examples to average")
    return float(np.mean([exact[start : start + batch].mean() for start in range(0, len(exact), batch)]))
