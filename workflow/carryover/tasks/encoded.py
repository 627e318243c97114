"""Examples as the arrays that a model is trained and evaluated on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

OUTSIDE = -1  # a target that the model has no class for: always wrong, left out of the loss


@dataclass(frozen=True)
class Encoded:
    """N examples. L input positions, C input channels, T target positions."""

    inputs: np.ndarray  # (N, L, C) unsigned integers: symbols of the task's alphabet
    lengths: np.ndarray  # (N,) int32: input positions that are not padding
    targets: np.ndarray  # (N, T) signed integers: classes, or OUTSIDE
    target_lengths: np.ndarray  # (N,) int32: target positions that count


@dataclass(frozen=True)
class Sizes:
    """What a model needs to know of its task."""

    alphabet: int  # input symbols, padding included
    channels: int  # C
    classes: int  # output symbols
    target_length: int  # T in training
    padding_index: int | None  # the input symbol that is padding and nothing else
