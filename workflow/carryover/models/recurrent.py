"""What all architectures share: the embedding of symbols, and a stack of recurrent layers over padded batches.

Batches are padded on the right. A layer that reads forward meets the padding last, so its outputs at valid positions
are those of a packed sequence. A layer that reads backward would meet the padding first, so it runs on sequences whose
valid part is reversed in place. Both keep to plain padded tensors, which is cuDNN's fast path.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

CELLS: dict[str, Callable[..., nn.RNNBase]] = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


class SymbolEmbedding(nn.Embedding):
    """One embedding for the symbols of all channels; the channels of a position are concatenated."""

    def forward(self, inputs: Tensor) -> Tensor:
        """Symbols (B, L, C) → vectors (B, L, C × embedding)."""
        return super().forward(inputs).flatten(2)


class RecurrentStack(nn.Module):
    """Recurrent layers of one cell, each its own module, with dropout between them.

    `nn.LSTM(dropout=…)` is not reproducible on a GPU; `nn.Dropout` between single layers is.

    Set `unread_forward` if only the backward direction is read. The last layer's forward direction then keeps its
    parameters, but neither runs nor trains.
    """

    def __init__(
        self,
        cell: str,
        inputs: int,
        hidden: int,
        layers: int,
        dropout: float = 0.0,
        bidirectional: bool = False,
        unread_forward: bool = False,
    ) -> None:
        super().__init__()
        self.hidden = hidden
        width = hidden * (2 if bidirectional else 1)
        sizes = [inputs] + [width] * (layers - 1)
        self.forward_layers = nn.ModuleList(CELLS[cell](size, hidden, batch_first=True) for size in sizes)
        self.backward_layers = nn.ModuleList(
            CELLS[cell](size, hidden, batch_first=True) for size in (sizes if bidirectional else [])
        )
        self.dropout = nn.Dropout(dropout)
        self.unread_forward = unread_forward
        if unread_forward:
            self.forward_layers[-1].requires_grad_(False)

    def forward(self, x: Tensor, lengths: Tensor) -> list[Tensor]:
        """Vectors (B, L, inputs), valid lengths (B,) → the last layer's outputs (B, L, hidden), one for each direction.

        The backward direction's outputs are in the order of the input: its final state is at position 0. Outputs at
        positions from `lengths` on are arbitrary.
        """
        reversal = reversal_index(lengths, x.shape[1]) if self.backward_layers else None
        outputs: list[Tensor] = []
        for number, forward_layer in enumerate(self.forward_layers):
            if number > 0:
                x = self.dropout(outputs[0] if len(outputs) == 1 else torch.cat(outputs, dim=2))
            outputs = []
            if not (self.unread_forward and number == len(self.forward_layers) - 1):
                outputs.append(forward_layer(x)[0])
            if reversal is not None:
                backward = self.backward_layers[number](reorder(x, reversal))[0]
                outputs.append(reorder(backward, reversal))
        return outputs

    def step(self, x: Tensor, states: list[Any] | None) -> tuple[Tensor, list[Any]]:
        """One position (B, inputs) and each layer's state (None at the start) → output (B, hidden) and new states."""
        new_states = []
        x = x.unsqueeze(1)
        for number, layer in enumerate(self.forward_layers):
            if number > 0:
                x = self.dropout(x)
            x, state = layer(x, states[number] if states is not None else None)
            new_states.append(state)
        return x.squeeze(1), new_states


def last_valid(outputs: Tensor, lengths: Tensor) -> Tensor:
    """Outputs (B, L, H) at each sequence's last valid position, (B, H). A sequence of length 0 gives position 0."""
    rows = torch.arange(outputs.shape[0], device=outputs.device)
    return outputs[rows, (lengths - 1).clamp(min=0)]


def reversal_index(lengths: Tensor, width: int) -> Tensor:
    """The new index of each position of a flattened batch (B × width,), with valid parts reversed and padding kept.

    Lengths [3, 1] at width 4 → [2, 1, 0, 3, 4, 5, 6, 7].
    """
    position = torch.arange(width, device=lengths.device)
    length = lengths.unsqueeze(1)
    within = torch.where(position < length, length - 1 - position, position)
    row = torch.arange(lengths.shape[0], device=lengths.device).unsqueeze(1)
    return (row * width + within).flatten()


def reorder(x: Tensor, involution: Tensor) -> Tensor:
    """Vectors (B, L, H) with positions of the flattened batch exchanged by a permutation that is its own inverse."""
    result: Tensor = _Reorder.apply(x, involution)
    return result


class _Reorder(torch.autograd.Function):
    """A permutation that is its own inverse. Its gradient is the same permutation, which is faster than autograd's."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, involution: Tensor) -> Tensor:
        ctx.save_for_backward(involution)
        return x.flatten(0, 1).index_select(0, involution).view(x.shape)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (involution,) = ctx.saved_tensors
        (gradient,) = gradients
        return gradient.flatten(0, 1).index_select(0, involution).view(gradient.shape), None
