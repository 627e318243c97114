"""Settings of one training: how long, on what batches, with which optimizer and schedule."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from carryover.settings.base import NotNegative, NotNegativeReal, Positive, PositiveReal, Settings

Momentum = Annotated[float, Field(ge=0, lt=1)]

# The settings that each optimizer has beside `lr` and `weight_decay`.
OPTIMIZER_SETTINGS: dict[str, frozenset[str]] = {
    "adam": frozenset({"betas", "eps"}),
    "adamw": frozenset({"betas", "eps"}),
    "sgd": frozenset({"momentum"}),
    "rmsprop": frozenset({"momentum", "alpha", "eps"}),
    "adagrad": frozenset({"eps", "lr_decay"}),
}
# Optimizers whose step a CUDA graph can hold: nothing in it depends on a number that only the CPU knows.
CAPTURABLE = ("adam", "adamw", "sgd", "rmsprop")
_OF_SOME_OPTIMIZERS = frozenset().union(*OPTIMIZER_SETTINGS.values())


class Training(Settings):
    """One training. Optimizer settings that are left out (null) take PyTorch's own default."""

    steps: Positive | None = None
    epochs: Positive | None = None
    batch: Positive = 200
    order: Literal["fresh", "shuffled"] = "shuffled"

    optimizer: Literal["adam", "adamw", "sgd", "rmsprop", "adagrad"] = "adam"
    lr: PositiveReal = 1e-3
    weight_decay: NotNegativeReal | None = None
    momentum: Momentum | None = None
    betas: tuple[Momentum, Momentum] | None = None
    eps: PositiveReal | None = None
    alpha: Momentum | None = None
    lr_decay: NotNegativeReal | None = None

    schedule: Literal["constant", "exponential", "cosine", "step"] = "constant"
    warmup_steps: NotNegative = 0
    decay_rate: Annotated[float, Field(gt=0, le=1)] | None = None
    decay_steps: Positive | None = None

    clip_norm: PositiveReal | None = None
    validate_every: Positive | None = None
    checkpoint: Literal["final", "best"] = "final"
    stop_when_solved: bool = False

    length: Positive | None = None
    loss_on_padding: bool = False
    gradient_norm: bool = False
    bucket_window: NotNegative = 0
    precision: Literal["float32", "bfloat16"] = "float32"
    tf32: bool = False
    cuda_graphs: bool = False

    @model_validator(mode="after")
    def _has_one_duration(self) -> Training:
        if (self.steps is None) == (self.epochs is None):
            raise ValueError("a training needs exactly one of steps and epochs")
        if self.order == "fresh" and self.steps is None:
            raise ValueError(
                "order: fresh reads every row once, so its duration is given in steps, not epochs"
            )
        return self

    @model_validator(mode="after")
    def _optimizer_has_its_settings(self) -> Training:
        foreign = sorted(
            name
            for name in _OF_SOME_OPTIMIZERS - OPTIMIZER_SETTINGS[self.optimizer]
            if getattr(self, name) is not None
        )
        if foreign:
            own = ", ".join(sorted(OPTIMIZER_SETTINGS[self.optimizer]))
            raise ValueError(f"optimizer {self.optimizer} has no {', '.join(foreign)}; it has {own}")
        return self

    @model_validator(mode="after")
    def _schedule_has_its_settings(self) -> Training:
        needs_rate = self.schedule in ("exponential", "step")
        if needs_rate and (self.decay_rate is None or self.decay_steps is None):
            raise ValueError(f"schedule {self.schedule} needs decay_rate and decay_steps")
        if not needs_rate and (self.decay_rate is not None or self.decay_steps is not None):
            raise ValueError(
                f"schedule {self.schedule} has no decay_rate and decay_steps; exponential and step have"
            )
        if self.bucket_window and self.order == "fresh":
            raise ValueError("bucket_window reorders rows, so it needs order: shuffled")
        return self

    @model_validator(mode="after")
    def _graphs_hold_its_steps(self) -> Training:
        if self.cuda_graphs and self.optimizer not in CAPTURABLE:
            raise ValueError(
                f"cuda_graphs: steps of {self.optimizer} are not captured; choose {', '.join(CAPTURABLE[:-1])} or "
                f"{CAPTURABLE[-1]}, or leave cuda_graphs out"
            )
        if self.cuda_graphs and self.bucket_window:
            raise ValueError(
                "cuda_graphs: a graph has one shape, and bucket_window is for batches of many; leave one of them out"
            )
        return self

    def total_steps(self, rows: int) -> int:
        """Optimizer steps on a training split of `rows` rows; the last batch of an epoch may be smaller."""
        if self.steps is not None:
            return self.steps
        assert self.epochs is not None
        return self.epochs * -(-rows // self.batch)
