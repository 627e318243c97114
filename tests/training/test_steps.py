"""A step as a CUDA graph, on a CPU that plays the GPU: a replay does what was captured with what lies in its places."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch

from carryover.models import build
from carryover.tasks.encoded import Sizes
from carryover.training.batches import Batch
from carryover.training.optimizers import Optimizer
from carryover.training.steps import GraphedStep, Step
from tests.training.conftest import settings

CPU = torch.device("cpu")
BATCH = 5
LAST_BATCH = 3


class Simulated:
    """Stands for torch.cuda: capturing computes nothing that lasts, replaying makes the captured step again."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.replays = 0
        self.step: GraphedStep | None = None
        for name in ("Stream", "current_stream"):
            monkeypatch.setattr(torch.cuda, name, lambda: self)
        monkeypatch.setattr(torch.cuda, "stream", lambda _: self)
        monkeypatch.setattr(torch.cuda, "CUDAGraph", lambda: self)
        monkeypatch.setattr(torch.cuda, "graph", self.capturing)

    def wait_stream(self, other: Any) -> None:
        pass

    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: object) -> None:
        pass

    @contextmanager
    def capturing(self, graph: Any) -> Iterator[None]:
        assert self.step is not None
        plain = self.step.step
        tensors = [*plain.model.parameters(), *plain.optimizer.state.values()]
        before = [tensor.detach().clone() for tensor in tensors]
        yield
        with torch.no_grad():
            for tensor, value in zip(tensors, before, strict=True):
                tensor.copy_(value)

    def replay(self) -> None:
        assert self.step is not None
        self.replays += 1
        loss, norm = self.step.step(self.step.batch, self.step.lr)
        self.step.results[0].copy_(loss)
        if norm is not None:
            self.step.results[1].copy_(norm)


def batches(count: int) -> list[Batch]:
    """Full batches of random digits, with a smaller one after every fourth."""
    draw = torch.Generator().manual_seed(0)
    found = []
    for number in range(count):
        rows = LAST_BATCH if number % 5 == 4 else BATCH
        digits = torch.randint(0, 10, (rows, 3, 3), generator=draw)
        found.append(Batch(digits[..., :2], torch.full((rows,), 3), digits[..., 2]))
    return found


@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer": "adam", "clip_norm": 0.5},
        {"optimizer": "adamw", "weight_decay": 0.1},
        {"optimizer": "sgd", "momentum": 0.9, "gradient_norm": True},
        {"optimizer": "rmsprop", "momentum": 0.5},
    ],
)
def test_replays_train_as_plain_steps_do(monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]) -> None:
    training = settings(**changes, batch=BATCH, cuda_graphs=True).training
    torch.manual_seed(0)
    model = build(settings().model, Sizes(10, 2, 10, 3, None))
    other = copy.deepcopy(model)
    gpu = Simulated(monkeypatch)
    graphed = gpu.step = GraphedStep(Step(model, Optimizer(training, model.parameters()), training, CPU))
    plain = Step(other, Optimizer(training, other.parameters()), training, CPU)
    for number, batch in enumerate(batches(14)):
        lr = 0.01 / (number + 1)
        loss, norm = graphed(batch, lr)
        expected, expected_norm = plain(batch, torch.tensor(lr))
        assert torch.equal(loss, expected)
        assert (norm is None) == (expected_norm is None)
        assert norm is None or torch.equal(norm, expected_norm)
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, other.state_dict()[name]), name
    # Of 14 steps the first three run plainly, and so do the two with smaller batches.
    assert gpu.replays == 9
