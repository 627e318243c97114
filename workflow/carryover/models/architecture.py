"""The interface of every architecture, as training and evaluation use it."""

from __future__ import annotations

from torch import Tensor, nn


class Architecture(nn.Module):
    """A model that reads batches of B examples. It knows sizes, never a task's alphabet.

    L is the number of input positions, C of input channels, T of target positions. Initial parameters are drawn from
    the global generator of the CPU.
    """

    ignores_padding: bool  # a batch may be cut to its longest sequence
    reads_targets: bool  # given targets are input, so predictions need a call without them
    width: int  # numbers that its widest layer holds at one input position
    classes: int  # logits at one target position

    def forward(self, inputs: Tensor, lengths: Tensor, targets: Tensor | None = None) -> Tensor:
        """Symbols (B, L, C), valid lengths (B,), targets (B, T), all int64 → logits (B, T, classes)."""
        raise NotImplementedError
