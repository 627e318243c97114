"""Optimizers: PyTorch's own update rules, with their state in plain sight.

The rules are those functions of torch.optim that its optimizer classes call. The classes themselves are left out for
two reasons: making one imports PyTorch's compiler, 1.3 seconds of CPU in every job; and a state of named tensors goes
into a safetensors file as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.optim.adagrad import adagrad
from torch.optim.adam import adam
from torch.optim.rmsprop import rmsprop
from torch.optim.sgd import sgd

from carryover.settings.training import Training

T = TypeVar("T")

# What each rule keeps for each parameter, beside the number of steps. All start at zero, as torch.optim's do.
_KEPT: dict[str, tuple[str, ...]] = {
    "adam": ("mean", "square"),
    "adamw": ("mean", "square"),
    "sgd": ("momentum",),
    "rmsprop": ("square", "momentum"),
    "adagrad": ("square",),
}


class Optimizer:
    """Updates parameters in place from their gradients. Those that never have a gradient are left alone.

    `state`: "mean.3" and the like → the tensor that the rule keeps for the fourth parameter.
    """

    def __init__(self, training: Training, parameters: Iterable[nn.Parameter]) -> None:
        self.training = training
        self.parameters: list[Tensor] = [parameter for parameter in parameters if parameter.requires_grad]
        self.state: dict[str, Tensor] = {}
        for number, parameter in enumerate(self.parameters):
            self.state[f"step.{number}"] = torch.zeros((), dtype=torch.float32, device=parameter.device)
            for name in _KEPT[training.optimizer]:
                self.state[f"{name}.{number}"] = torch.zeros_like(
                    parameter, memory_format=torch.preserve_format
                )

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for parameter in self.parameters:
            parameter.grad = None

    def gradients(self) -> list[Tensor]:
        """The gradient of each parameter. All have one after a backward pass."""
        return [parameter.grad for parameter in self.parameters if parameter.grad is not None]

    @torch.no_grad()
    def step(self, lr: float | Tensor) -> None:
        """One update with the gradients there are. A tensor `lr` (CUDA graphs) may change between replays."""
        gradients = self.gradients()
        kept = {name: self._kept(name) for name in ("step", *_KEPT[self.training.optimizer])}
        settings = self.training
        decay = settings.weight_decay
        if settings.optimizer in ("adam", "adamw"):
            beta1, beta2 = _or(settings.betas, (0.9, 0.999))
            adam(
                self.parameters,
                gradients,
                kept["mean"],
                kept["square"],
                [],
                kept["step"],
                fused=True,
                decoupled_weight_decay=settings.optimizer == "adamw",
                amsgrad=False,
                beta1=beta1,
                beta2=beta2,
                lr=lr,
                weight_decay=_or(decay, 0.01 if settings.optimizer == "adamw" else 0.0),
                eps=_or(settings.eps, 1e-8),
                maximize=False,
            )
        elif settings.optimizer == "sgd":
            sgd(
                self.parameters,
                gradients,
                # A buffer of zeros gives the same first step as no buffer, since there is no dampening.
                list(kept["momentum"]),
                fused=True,
                weight_decay=_or(decay, 0.0),
                momentum=_or(settings.momentum, 0.0),
                lr=lr,  # type: ignore[arg-type]
                dampening=0.0,
                nesterov=False,
                maximize=False,
            )
        elif settings.optimizer == "rmsprop":
            rmsprop(
                self.parameters,
                gradients,
                kept["square"],
                [],
                kept["momentum"],
                kept["step"],
                foreach=self.parameters[0].is_cuda,
                capturable=self.parameters[0].is_cuda,
                lr=lr,  # type: ignore[arg-type]
                alpha=_or(settings.alpha, 0.99),
                eps=_or(settings.eps, 1e-8),
                weight_decay=_or(decay, 0.0),
                momentum=_or(settings.momentum, 0.0),
                centered=False,
                maximize=False,
            )
        else:
            adagrad(
                self.parameters,
                gradients,
                kept["square"],
                kept["step"],
                fused=True,
                lr=lr,  # type: ignore[arg-type]
                weight_decay=_or(decay, 0.0),
                lr_decay=_or(settings.lr_decay, 0.0),
                eps=_or(settings.eps, 1e-10),
                maximize=False,
            )

    def _kept(self, name: str) -> list[Tensor]:
        return [self.state[f"{name}.{number}"] for number in range(len(self.parameters))]


def _or(value: T | None, default: T) -> T:
    return default if value is None else value
