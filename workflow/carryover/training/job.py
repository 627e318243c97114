"""The parts of a training: those that stay the same while it runs, and those that change."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from carryover.data.dataset import check_split
from carryover.data.parquet import row_count
from carryover.errors import UserError
from carryover.models import build
from carryover.models.architecture import Architecture
from carryover.planning.runs import RunSettings
from carryover.settings.training import SOLVED_AT
from carryover.tasks import TASKS
from carryover.training import state
from carryover.training.batches import Batches, Examples, open_batches, read_encoded, run_key
from carryover.training.cost import Meter
from carryover.training.determinism import prepare, seed_global_generator
from carryover.training.interruption import Interruption
from carryover.training.optimizers import Optimizer
from carryover.training.steps import GraphedStep, make_step


@dataclass
class Progress:
    """Everything besides model and optimizer that changes while a run trains. It is saved with them."""

    step: int  # steps made
    losses: Tensor  # (steps of the training,) float32 on the device: the loss of each step
    norms: Tensor  # the same for gradient norms; empty unless asked for
    finite: dict[str, Tensor]  # the model at the last check, when all was finite
    # The model with the lowest validation loss, where the settings ask for it.
    best: dict[str, Tensor] = field(default_factory=dict)
    validations: list[dict[str, float]] = field(default_factory=list)  # {"step", "loss", "exact_match", …}
    training_seconds: float = 0.0  # spent in steps alone


def solved_at(validations: list[dict[str, float]]) -> int | None:
    """The step of the first of two consecutive validations that solve the task; None where there are none."""
    for first, second in itertools.pairwise(validations):
        if first["exact_match"] >= SOLVED_AT and second["exact_match"] >= SOLVED_AT:
            return int(first["step"])
    return None


class Job:
    """Everything that stays the same while a run trains: examples, model, optimizer, and folders."""

    def __init__(
        self,
        run: RunSettings,
        dataset_dir: Path,
        device: torch.device,
        identity: dict[str, Any],
        state_dir: Path,
        save_seconds: float,
        interruption: Interruption,
        log: Callable[[str], None],
    ) -> None:
        self.run, self.device, self.identity, self.state_dir = run, device, identity, state_dir
        self.save_seconds, self.interruption, self.log = save_seconds, interruption, log
        self.meter = Meter("train")
        self.key = run_key(run)
        self.sizes = TASKS[run.dataset.task].data.sizes(run, dataset_dir)

        prepare(run.training.tf32)
        if device.type == "cpu":
            log("training on one thread, however many cores the job has: so it repeats bit for bit")
        seed_global_generator(device, self.key, "initialisation")
        self.model: Architecture = build(run.model, self.sizes)  # on the CPU, so that all devices start alike
        self.model.to(device)
        self.optimizer = Optimizer(run.training, self.model.parameters())
        self.make_step = make_step(self.model, self.optimizer, run.training, device)
        graphed = isinstance(self.make_step, GraphedStep)
        if run.training.cuda_graphs and not graphed:
            log(f"cuda_graphs: there are none on {device.type}; steps run plainly")

        trims = self.model.ignores_padding and not graphed  # a graph has one shape
        self.batches: Batches = open_batches(run, dataset_dir, device, trims)
        self.validation = self._validation_examples(dataset_dir)
        self.validate_every = run.training.validate_every or self.batches.steps_per_epoch

    def _validation_examples(self, folder: Path) -> Examples | None:
        path = folder / "validation.parquet"
        check_split(path)
        if row_count(path) == 0:
            if self.run.training.checkpoint == "best" or self.run.training.stop_when_solved:
                raise UserError(
                    f"{path}: the validation split is empty, and checkpoint: best and stop_when_solved need it; "
                    "set dataset.rows.validation to at least 1"
                )
            return None
        encoded = read_encoded(self.run, folder, path, for_training=False)
        return Examples(encoded, self.device, self.model.ignores_padding)

    def resumed(self) -> Progress:
        """Load the saved state of this run into model and optimizer, and return its progress. Else start anew."""
        steps = self.batches.total
        progress = Progress(
            step=0,
            losses=torch.zeros(steps, device=self.device),
            norms=torch.zeros(steps if self.run.training.gradient_norm else 0, device=self.device),
            finite=copied(self.model),
        )
        saved = state.load(self.state_dir, self.identity, self.log)
        if saved is None:
            return progress
        tensors, values = saved
        # Copy into tensors that PyTorch has allocated. A loaded tensor may be aligned differently in memory, and the
        # CPU's matrix multiplication may then add in another order.
        with torch.no_grad():
            for name, parameter in self.model.state_dict().items():
                parameter.copy_(tensors[f"model.{name}"])
            for name, tensor in self.optimizer.state.items():
                tensor.copy_(tensors[f"optimizer.{name}"])
        progress.step = values["step"]
        progress.losses[: progress.step] = tensors["losses"].to(self.device)
        if len(progress.norms):
            progress.norms[: progress.step] = tensors["norms"].to(self.device)
        for name in progress.finite:
            progress.finite[name].copy_(tensors[f"finite.{name}"])
            if f"best.{name}" in tensors:
                progress.best[name] = tensors[f"best.{name}"].to(self.device)
        progress.validations = values["validations"]
        progress.training_seconds = values["training_seconds"]
        self.meter.before = tuple(values["spent"])
        self.log(f"continuing at step {progress.step} of {steps}")
        return progress

    def save(self, progress: Progress) -> None:
        """Save everything that the next attempt needs."""
        tensors = {f"model.{name}": tensor for name, tensor in self.model.state_dict().items()}
        tensors |= {f"optimizer.{name}": tensor for name, tensor in self.optimizer.state.items()}
        tensors |= {f"finite.{name}": tensor for name, tensor in progress.finite.items()}
        tensors |= {f"best.{name}": tensor for name, tensor in progress.best.items()}
        tensors["losses"] = progress.losses[: progress.step]
        tensors["norms"] = progress.norms[: progress.step]
        values = {
            "step": progress.step,
            "validations": progress.validations,
            "training_seconds": progress.training_seconds,
            "spent": self.meter.spent(),
        }
        state.save(self.state_dir, self.identity, tensors, values)


def copied(model: Architecture) -> dict[str, Tensor]:
    """A copy of the model's parameters, by name, on its device."""
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
