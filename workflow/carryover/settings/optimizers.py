"""The optimizers that a user may choose: one entry each, which training calls and settings are checked against.

Each is an update rule of torch.optim, named but not imported: settings are read without PyTorch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Rule:
    """A function of torch.optim, and what it is called with beside parameters, gradients and the learning rate."""

    function: str  # module and name below torch.optim
    kept: tuple[str, ...]  # arguments that are lists of what is kept for each parameter; all start at zero
    settings: Mapping[str, Any]  # settings of Training that it takes, with PyTorch's default of each
    options: Mapping[str, Any]  # arguments that are always the same
    gpu_options: Mapping[str, Any] = field(default_factory=dict)  # arguments that differ on a GPU
    capturable: bool = (
        True  # a CUDA graph can hold its step: nothing depends on a number that only the CPU knows
    )


OPTIMIZERS: dict[str, Rule] = {
    "adam": Rule(
        function="adam.adam",
        kept=("exp_avgs", "exp_avg_sqs", "state_steps"),
        settings={"betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0},
        options={
            "max_exp_avg_sqs": [],
            "fused": True,
            "decoupled_weight_decay": False,
            "amsgrad": False,
            "maximize": False,
        },
    ),
    "adamw": Rule(
        function="adam.adam",
        kept=("exp_avgs", "exp_avg_sqs", "state_steps"),
        settings={"betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.01},
        options={
            "max_exp_avg_sqs": [],
            "fused": True,
            "decoupled_weight_decay": True,
            "amsgrad": False,
            "maximize": False,
        },
    ),
    "sgd": Rule(
        function="sgd.sgd",
        # torch.optim.SGD starts without buffers; zeros give the same first step, since there is no dampening.
        kept=("momentum_buffer_list",),
        settings={"momentum": 0.0, "weight_decay": 0.0},
        options={"fused": True, "dampening": 0.0, "nesterov": False, "maximize": False},
    ),
    "rmsprop": Rule(
        function="rmsprop.rmsprop",
        kept=("square_avgs", "momentum_buffer_list", "state_steps"),
        settings={"momentum": 0.0, "alpha": 0.99, "eps": 1e-8, "weight_decay": 0.0},
        options={
            "grad_avgs": [],
            "foreach": False,
            "capturable": False,
            "centered": False,
            "maximize": False,
        },
        gpu_options={"foreach": True, "capturable": True},
    ),
    "adagrad": Rule(
        function="adagrad.adagrad",
        kept=("state_sums", "state_steps"),
        settings={"eps": 1e-10, "lr_decay": 0.0, "weight_decay": 0.0},
        options={"fused": True, "maximize": False},
        capturable=False,
    ),
}
