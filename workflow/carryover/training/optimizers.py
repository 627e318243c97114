"""Optimizers: PyTorch's own update rules, with their state as named tensors.

The rules are the functions of torch.optim that its optimizer classes call. The classes are not used, for two reasons.
Creating one imports PyTorch's compiler, which costs 1.3 CPU seconds in every job. And named tensors can be saved in a
safetensors file directly.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn

from carryover.settings.optimizers import OPTIMIZERS
from carryover.settings.training import Training

STEPS = "state_steps"  # what a rule that counts its steps calls them: one number a parameter


class Optimizer:
    """Updates parameters in place from their gradients. Parameters without a gradient stay as they are.

    `state`: "exp_avgs.3" and the like → the tensor that the rule keeps for the fourth parameter.
    """

    def __init__(self, training: Training, parameters: Iterable[nn.Parameter]) -> None:
        self.rule = OPTIMIZERS[training.optimizer]
        self.parameters: list[Tensor] = [parameter for parameter in parameters if parameter.requires_grad]
        self.state = {
            f"{name}.{number}": _zeros(name, parameter)
            for name in self.rule.kept
            for number, parameter in enumerate(self.parameters)
        }
        module, _, function = self.rule.function.partition(".")
        self.function = getattr(import_module(f"torch.optim.{module}"), function)
        self.arguments = {**self.rule.options, **_settings(training)}
        if self.parameters[0].is_cuda:
            self.arguments |= self.rule.gpu_options

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for parameter in self.parameters:
            parameter.grad = None

    def gradients(self) -> list[Tensor]:
        """The gradient of each parameter. All have one after a backward pass."""
        return [parameter.grad for parameter in self.parameters if parameter.grad is not None]

    @torch.no_grad()
    def step(self, lr: float | Tensor) -> None:
        """Update once from the gradients. A tensor `lr` (CUDA graphs) may change between replays."""
        kept = {
            name: [self.state[f"{name}.{number}"] for number in range(len(self.parameters))]
            for name in self.rule.kept
        }
        self.function(self.parameters, self.gradients(), lr=lr, **kept, **self.arguments)


def _zeros(name: str, parameter: Tensor) -> Tensor:
    if name == STEPS:
        return torch.zeros((), dtype=torch.float32, device=parameter.device)
    return torch.zeros_like(parameter, memory_format=torch.preserve_format)


def _settings(training: Training) -> dict[str, Any]:
    """The settings that the rule takes, by its own names; PyTorch's default for each that is left out."""
    values = {}
    for name, default in OPTIMIZERS[training.optimizer].settings.items():
        given = getattr(training, name)
        values[name] = default if given is None else given
    if "betas" in values:
        values["beta1"], values["beta2"] = values.pop("betas")
    return values
