"""The schedules that a user may choose: one entry each, which training calls and settings are checked against."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Schedule:
    """How the learning rate changes after warm-up."""

    # The share of the full rate at a step (counted from 0) of so many steps, given the settings by name.
    share: Callable[..., float]
    settings: tuple[str, ...] = ()  # settings of Training that it needs


def _constant(step: int, steps: int) -> float:
    return 1.0


def _exponential(step: int, steps: int, decay_rate: float, decay_steps: int) -> float:
    """Decays smoothly, by `decay_rate` every `decay_steps` steps."""
    return float(decay_rate ** (step / decay_steps))


def _cosine(step: int, steps: int) -> float:
    """Falls to 0 at the end (Loshchilov and Hutter, "SGDR", 2017, without restarts)."""
    return 0.5 * (1 + math.cos(math.pi * step / steps))


def _step(step: int, steps: int, decay_rate: float, decay_steps: int) -> float:
    """Decays at once, by `decay_rate` every `decay_steps` steps."""
    return float(decay_rate ** (step // decay_steps))


SCHEDULES: dict[str, Schedule] = {
    "constant": Schedule(_constant),
    "exponential": Schedule(_exponential, settings=("decay_rate", "decay_steps")),
    "cosine": Schedule(_cosine),
    "step": Schedule(_step, settings=("decay_rate", "decay_steps")),
}
