"""Settings of one training: how long, on what batches, with which optimizer and schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from carryover.settings.base import NotNegative, NotNegativeReal, Positive, PositiveReal, Settings
from carryover.settings.optimizers import OPTIMIZERS
from carryover.settings.schedules import SCHEDULES

Momentum = Annotated[float, Field(ge=0, lt=1)]

if TYPE_CHECKING:
    OptimizerName = str
    ScheduleName = str
else:
    OptimizerName = Literal[tuple(OPTIMIZERS)]
    ScheduleName = Literal[tuple(SCHEDULES)]


class Training(Settings):
    """One training. Optimizer settings that are left out (null) take PyTorch's own default."""

    steps: Positive | None = None
    epochs: Positive | None = None
    batch: Positive = 200
    order: Literal["fresh", "shuffled"] = "shuffled"

    optimizer: OptimizerName = "adam"
    lr: PositiveReal = 1e-3
    weight_decay: NotNegativeReal | None = None
    momentum: Momentum | None = None
    betas: tuple[Momentum, Momentum] | None = None
    eps: PositiveReal | None = None
    alpha: Momentum | None = None
    lr_decay: NotNegativeReal | None = None

    schedule: ScheduleName = "constant"
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
        own = OPTIMIZERS[self.optimizer].settings
        foreign = {name for rule in OPTIMIZERS.values() for name in rule.settings} - set(own)
        given = sorted(name for name in foreign if getattr(self, name) is not None)
        if given:
            raise ValueError(
                f"optimizer {self.optimizer} has no {', '.join(given)}; it has {', '.join(sorted(own))}"
            )
        return self

    @model_validator(mode="after")
    def _schedule_has_its_settings(self) -> Training:
        own = SCHEDULES[self.schedule].settings
        if any(getattr(self, name) is None for name in own):
            raise ValueError(f"schedule {self.schedule} needs {' and '.join(own)}")
        foreign = {name for schedule in SCHEDULES.values() for name in schedule.settings} - set(own)
        given = sorted(name for name in foreign if getattr(self, name) is not None)
        if given:
            others = [name for name, schedule in SCHEDULES.items() if set(given) <= set(schedule.settings)]
            raise ValueError(
                f"schedule {self.schedule} has no {' and '.join(given)}; {' and '.join(others)} have"
            )
        return self

    @model_validator(mode="after")
    def _buckets_reorder_rows(self) -> Training:
        if self.bucket_window and self.order == "fresh":
            raise ValueError("bucket_window reorders rows, so it needs order: shuffled")
        return self

    @model_validator(mode="after")
    def _graphs_hold_its_steps(self) -> Training:
        if self.cuda_graphs and not OPTIMIZERS[self.optimizer].capturable:
            *others, last = (name for name, rule in OPTIMIZERS.items() if rule.capturable)
            raise ValueError(
                f"cuda_graphs: steps of {self.optimizer} are not captured; choose {', '.join(others)} or {last}, "
                "or leave cuda_graphs out"
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
