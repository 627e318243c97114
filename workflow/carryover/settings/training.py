"""Settings of one training: how long, on what batches, with which optimizer and schedule."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from carryover.settings.base import NotNegative, NotNegativeReal, Positive, PositiveReal, Settings
from carryover.settings.optimizers import OPTIMIZERS
from carryover.settings.schedules import SCHEDULES

MOST_STEPS = 10**9  # years of training
MOST_EXAMPLES = 10**7  # in a batch
LONGEST = 2_000_000  # digits that numbers are padded to
Steps = Annotated[int, Field(ge=1, le=MOST_STEPS)]
Momentum = Annotated[float, Field(ge=0, lt=1)]

if TYPE_CHECKING:
    OptimizerName = str
    ScheduleName = str
else:
    OptimizerName = Literal[tuple(OPTIMIZERS)]
    ScheduleName = Literal[tuple(SCHEDULES)]

CAPTURABLE = [name for name, rule in OPTIMIZERS.items() if rule.capturable]
SOLVED_AT = 0.999  # a task is solved at two consecutive validations with this exact match or more


def _listed(names: Iterable[str], last: str = "and") -> str:
    """`a, b and c`."""
    *others, end = names
    return f"{', '.join(others)} {last} {end}" if others else end


def _with(setting: str) -> str:
    """The optimizers or schedules that have a setting."""
    return _listed(name for name, one in (OPTIMIZERS | SCHEDULES).items() if setting in one.settings)


class Training(Settings):
    """One training. Optimizer settings that are left out (null) take PyTorch's own default."""

    steps: Steps | None = Field(
        default=None, description="How long, in optimizer steps. A training has either `steps` or `epochs`."
    )
    epochs: Positive | None = Field(default=None, description="How long, in passes over the training rows.")
    batch: Annotated[int, Field(ge=1, le=MOST_EXAMPLES)] = Field(
        default=200, description="Examples in one step."
    )
    order: Literal["fresh", "shuffled"] = Field(
        default="shuffled",
        description="`shuffled`: the rows in a new order each epoch. `fresh`: every row once, as they stand "
        "(needs `steps`).",
    )

    optimizer: OptimizerName = Field(default="adam", description="The update rule.")
    lr: PositiveReal = Field(default=1e-3, description="Learning rate.")
    weight_decay: NotNegativeReal | None = Field(
        default=None, description="Weight decay. Left out: PyTorch's default."
    )
    momentum: Momentum | None = Field(
        default=None, description=f"Of {_with('momentum')}. Left out: PyTorch's default."
    )
    betas: tuple[Momentum, Momentum] | None = Field(
        default=None, description=f"Of {_with('betas')}. Left out: PyTorch's default."
    )
    eps: PositiveReal | None = Field(
        default=None, description=f"Of {_with('eps')}. Left out: PyTorch's default."
    )
    alpha: Momentum | None = Field(
        default=None, description=f"Of {_with('alpha')}. Left out: PyTorch's default."
    )
    lr_decay: NotNegativeReal | None = Field(
        default=None, description=f"Of {_with('lr_decay')}. Left out: PyTorch's default."
    )

    schedule: ScheduleName = Field(
        default="constant",
        description="How the learning rate changes: `exponential` (smoothly) and `step` (at once) by `decay_rate` "
        "every `decay_steps`; `cosine` falls to 0 at the end.",
    )
    warmup_steps: NotNegative = Field(
        default=0, description="Steps over which the learning rate rises from 0, before any schedule."
    )
    decay_rate: Annotated[float, Field(gt=0, le=1)] | None = Field(
        default=None, description=f"The factor of {_with('decay_rate')}."
    )
    decay_steps: Steps | None = Field(
        default=None, description=f"Steps after which {_with('decay_steps')} have decayed by `decay_rate`."
    )

    clip_norm: PositiveReal | None = Field(
        default=None, description="Largest norm of the gradient. Left out: no limit."
    )
    validate_every: Steps | None = Field(
        default=None, description="Steps between validations. Left out: an epoch."
    )
    checkpoint: Literal["final", "best"] = Field(
        default="final",
        description="Which weights are kept: the `final` ones, or the `best` by validation loss.",
    )
    stop_when_solved: bool = Field(
        default=False,
        description=f"Stop once validation exact match was {SOLVED_AT} or more at two validations in a row.",
    )

    length: Annotated[int, Field(ge=1, le=LONGEST)] | None = Field(
        default=None,
        description="`digit_sum`: pad training numbers with zeros to this many digits. Left out: the longest sum.",
    )
    loss_on_padding: bool = Field(default=False, description="seq2seq: count padding in the loss.")
    gradient_norm: bool = Field(default=False, description="Note gradient norms in the history.")
    bucket_window: NotNegative = Field(
        default=0,
        description="Make batches of similar length within a shuffled window of so many rows. 0: no buckets.",
    )
    precision: Literal["float32", "bfloat16"] = Field(
        default="float32", description="`bfloat16` is faster on a GPU, and gives another result."
    )
    tf32: bool = Field(
        default=False, description="Let a GPU round factors to TF32: faster, and another result."
    )
    cuda_graphs: bool = Field(
        default=False,
        description="On a GPU, launch each step as one piece: faster for short sequences. For "
        f"{_listed(CAPTURABLE)}, without `bucket_window` ([docs/gpu.md](../docs/gpu.md)).",
    )

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
            raise ValueError(f"schedule {self.schedule} needs {_listed(own)}")
        foreign = {name for schedule in SCHEDULES.values() for name in schedule.settings} - set(own)
        given = sorted(name for name in foreign if getattr(self, name) is not None)
        if given:
            others = [name for name, schedule in SCHEDULES.items() if set(given) <= set(schedule.settings)]
            raise ValueError(f"schedule {self.schedule} has no {_listed(given)}; {_listed(others)} have")
        return self

    @model_validator(mode="after")
    def _buckets_reorder_rows(self) -> Training:
        if self.bucket_window and self.order == "fresh":
            raise ValueError("bucket_window reorders rows, so it needs order: shuffled")
        return self

    @model_validator(mode="after")
    def _graphs_hold_its_steps(self) -> Training:
        if self.cuda_graphs and self.optimizer not in CAPTURABLE:
            raise ValueError(
                f"cuda_graphs: steps of {self.optimizer} are not captured; choose {_listed(CAPTURABLE, 'or')}, "
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
