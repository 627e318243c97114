"""The learning rate of each step."""

from __future__ import annotations

import math

from carryover.settings.training import Training


def learning_rate(training: Training, step: int, total: int) -> float:
    """The learning rate of step `step` (counted from 0) of `total`.

    Warm-up is linear and reaches the full rate at its last step; the schedule starts after it. `exponential` decays
    smoothly by `decay_rate` every `decay_steps` steps, `step` at once; `cosine` falls to 0 at the end (Loshchilov and
    Hutter, "SGDR", 2017, without restarts).
    """
    if step < training.warmup_steps:
        return training.lr * (step + 1) / training.warmup_steps
    step -= training.warmup_steps
    if training.schedule == "constant":
        return training.lr
    if training.schedule == "cosine":
        remaining = max(total - training.warmup_steps, 1)
        return training.lr * 0.5 * (1 + math.cos(math.pi * step / remaining))
    assert training.decay_rate is not None  # settings make sure of both
    assert training.decay_steps is not None
    periods = step / training.decay_steps
    if training.schedule == "step":
        periods = step // training.decay_steps
    return training.lr * training.decay_rate**periods
