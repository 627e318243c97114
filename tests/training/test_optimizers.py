"""Update rules against the optimizer classes of PyTorch, and schedules against its schedulers."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from carryover.settings.optimizers import OPTIMIZERS
from carryover.settings.training import Training
from carryover.training.optimizers import Optimizer
from carryover.training.schedules import learning_rate

torch.set_num_threads(1)

CLASSES: dict[str, type[torch.optim.Optimizer]] = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "sgd": torch.optim.SGD,
    "rmsprop": torch.optim.RMSprop,
    "adagrad": torch.optim.Adagrad,
}
VALUES: dict[str, Any] = {
    "weight_decay": 0.1,
    "betas": (0.7, 0.8),
    "eps": 1e-3,
    "momentum": 0.6,
    "alpha": 0.8,
    "lr_decay": 0.05,
}
CASES = [
    *((name, {}) for name in CLASSES),
    *(
        (name, {setting: VALUES[setting]})
        for name in CLASSES
        for setting in sorted(OPTIMIZERS[name].settings)
    ),
]


def two_models() -> tuple[nn.Module, nn.Module]:
    torch.manual_seed(0)
    first, second = nn.GRU(3, 5), nn.GRU(3, 5)
    second.load_state_dict(first.state_dict())
    return first, second


def put_gradients(model: nn.Module, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        parameter.grad = torch.randn(parameter.shape, generator=generator)


@pytest.mark.parametrize(("name", "changes"), CASES)
def test_rule_equals_that_of_pytorch(name: str, changes: dict[str, Any]) -> None:
    mine, theirs = two_models()
    optimizer = Optimizer(Training(steps=1, optimizer=name, lr=0.02, **changes), mine.parameters())
    expected = CLASSES[name](theirs.parameters(), lr=0.02, **changes)
    for step in range(6):
        put_gradients(mine, step)
        put_gradients(theirs, step)
        lr = 0.02 / (1 + step)
        optimizer.step(lr)
        expected.param_groups[0]["lr"] = lr
        expected.step()
        for parameter, other in zip(mine.parameters(), theirs.parameters(), strict=True):
            torch.testing.assert_close(parameter, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", CLASSES)
def test_every_setting_has_an_effect(name: str) -> None:
    def after(**changes: Any) -> torch.Tensor:
        model, _ = two_models()
        optimizer = Optimizer(Training(steps=1, optimizer=name, lr=0.02, **changes), model.parameters())
        for step in range(3):
            put_gradients(model, step)
            optimizer.step(0.02)
        return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])

    for setting in OPTIMIZERS[name].settings:
        assert not torch.equal(after(), after(**{setting: VALUES[setting]})), setting


def test_frozen_parameters_stay() -> None:
    model, _ = two_models()
    model.weight_hh_l0.requires_grad_(False)
    before = model.weight_hh_l0.clone()
    optimizer = Optimizer(Training(steps=1, optimizer="adamw"), model.parameters())
    model(torch.ones(2, 3))[0].sum().backward()
    optimizer.step(0.1)
    assert torch.equal(model.weight_hh_l0, before)


def rates(total: int, **changes: Any) -> list[float]:
    training = Training(steps=total, lr=0.1, **changes)
    return [learning_rate(training, step, total) for step in range(total)]


def of_scheduler(make: Any, total: int) -> list[float]:
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=0.1)
    scheduler = make(optimizer)
    found = []
    for _ in range(total):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


def test_schedules_equal_those_of_pytorch() -> None:
    from torch.optim import lr_scheduler

    assert rates(20) == [0.1] * 20
    assert rates(20, schedule="exponential", decay_rate=0.9, decay_steps=1) == pytest.approx(
        of_scheduler(lambda optimizer: lr_scheduler.ExponentialLR(optimizer, 0.9), 20)
    )
    assert rates(20, schedule="step", decay_rate=0.5, decay_steps=6) == pytest.approx(
        of_scheduler(lambda optimizer: lr_scheduler.StepLR(optimizer, 6, 0.5), 20)
    )
    assert rates(20, schedule="cosine") == pytest.approx(
        of_scheduler(lambda optimizer: lr_scheduler.CosineAnnealingLR(optimizer, 20), 20)
    )


def test_warm_up_is_linear_and_comes_before_the_schedule() -> None:
    warm = rates(8, warmup_steps=4, schedule="step", decay_rate=0.5, decay_steps=2)
    assert warm == pytest.approx([0.025, 0.05, 0.075, 0.1, 0.1, 0.1, 0.05, 0.05])
    assert rates(6, warmup_steps=2, schedule="exponential", decay_rate=0.25, decay_steps=2) == pytest.approx(
        [0.05, 0.1, 0.1, 0.05, 0.025, 0.0125]
    )
    assert rates(4, warmup_steps=10) == pytest.approx([0.01, 0.02, 0.03, 0.04])  # longer than the training
