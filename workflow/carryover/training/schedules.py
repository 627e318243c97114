"""The learning rate of each step."""

from __future__ import annotations

from carryover.settings.schedules import SCHEDULES
from carryover.settings.training import Training


def learning_rate(training: Training, step: int, total: int) -> float:
    """The learning rate of step `step` (counted from 0) of `total`.

    Warm-up is linear and reaches the full rate at its last step; the schedule starts after it.
    """
    if step < training.warmup_steps:
        return training.lr * (step + 1) / training.warmup_steps
    schedule = SCHEDULES[training.schedule]
    settings = {name: getattr(training, name) for name in schedule.settings}
    after_warmup = max(total - training.warmup_steps, 1)
    return training.lr * schedule.share(step - training.warmup_steps, after_warmup, **settings)
