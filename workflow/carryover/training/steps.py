"""One optimizer step, plainly or as a CUDA graph."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from carryover.models.architecture import Architecture
from carryover.settings.training import Training
from carryover.training.batches import Batch
from carryover.training.determinism import at_precision
from carryover.training.metrics import cross_entropy
from carryover.training.optimizers import Optimizer


class Step:
    """Forward, loss, backward, clip, update: returns the loss and, where it was taken, the norm of its gradient.

    Nothing in it waits for the device.
    """

    def __init__(
        self, model: Architecture, optimizer: Optimizer, training: Training, device: torch.device
    ) -> None:
        self.model, self.optimizer, self.training, self.device = model, optimizer, training, device

    def __call__(self, batch: Batch, lr: float | Tensor) -> tuple[Tensor, Tensor | None]:
        """Train on one batch. Loss and gradient norm (before clipping) are scalars on the device."""
        training = self.training
        self.optimizer.zero_grad()
        with at_precision(training.precision, self.device):
            logits = self.model(batch.inputs, batch.lengths, batch.targets)
        loss = cross_entropy(logits, batch.targets)
        loss.backward()
        norm = None
        if training.gradient_norm or training.clip_norm is not None:
            norm = nn.utils.get_total_norm(self.optimizer.gradients())
        if training.clip_norm is not None and norm is not None:
            nn.utils.clip_grads_with_norm_(self.optimizer.parameters, training.clip_norm, norm)
        self.optimizer.step(lr)
        return loss.detach(), norm


class GraphedStep:
    """The same step, replayed as one CUDA graph: short sequences are otherwise bound by the launches of small kernels.

    It needs batches of one width, so they are not trimmed to their longest sequence. A batch of fewer rows (the last of
    an epoch) runs plainly, and so do the first steps, in which libraries set themselves up. The graph reads batch and
    learning rate from fixed places. Random numbers of dropout follow the global generator, which is seeded before each
    step as for plain steps.
    """

    PLAIN_STEPS = 3

    def __init__(self, step: Step) -> None:
        self.step = step
        self.plain_steps = 0
        self.graph: torch.cuda.CUDAGraph | None = None
        self.lr = torch.zeros((), device=step.device)
        self.stream = torch.cuda.Stream()  # one, for each has a store of free memory of its own

    def __call__(self, batch: Batch, lr: float) -> tuple[Tensor, Tensor | None]:
        """Train on one batch. The returned scalars are overwritten by the next call."""
        self.lr.fill_(lr)
        full = len(batch.lengths) == self.step.training.batch
        if self.graph is None and full and self.plain_steps >= self.PLAIN_STEPS:
            self._capture(batch)
        if self.graph is None or batch.inputs.shape != self.batch.inputs.shape:
            self.plain_steps += 1
            return self._plain(batch)
        for fixed, new in ((self.batch.inputs, batch.inputs), (self.batch.lengths, batch.lengths)):
            fixed.copy_(new)
        self.batch.targets.copy_(batch.targets)
        self.graph.replay()
        return self.results

    def _plain(self, batch: Batch) -> tuple[Tensor, Tensor | None]:
        # On a side stream, as capture demands of whatever ran before it.
        self.stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self.stream):
            results = self.step(batch, self.lr)
        torch.cuda.current_stream().wait_stream(self.stream)
        return results

    def _capture(self, batch: Batch) -> None:
        self.batch = Batch(batch.inputs.clone(), batch.lengths.clone(), batch.targets.clone())
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.results = self.step(self.batch, self.lr)


def make_step(
    model: Architecture, optimizer: Optimizer, training: Training, device: torch.device
) -> Step | GraphedStep:
    """The step for this device. It is a graph if the settings ask for one and the device is a GPU."""
    step = Step(model, optimizer, training, device)
    return GraphedStep(step) if training.cuda_graphs and device.type == "cuda" else step
