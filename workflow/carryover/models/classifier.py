"""One class for the whole sequence (reports three-number and imdb-sweeps)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from carryover.models.architecture import Architecture
from carryover.models.recurrent import RecurrentStack, SymbolEmbedding, last_valid
from carryover.settings import models as settings

if TYPE_CHECKING:
    from carryover.tasks.encoded import Sizes


class Classifier(Architecture):
    """Embedding → recurrent layers → the final state → linear.

    With V symbols, 2 classes, hidden 100 (imdb-sweeps): 1 layer and embedding 1 has V + 41,402 parameters as LSTM and
    V + 31,102 as GRU; 2 LSTM layers and embedding 32 have 32 V + 134,602, and 32 V + 349,002 bidirectional as
    published, where the linear layer reads the last layer's backward direction only.
    """

    reads_targets = False

    def __init__(self, model: settings.Classifier, sizes: Sizes) -> None:
        super().__init__()
        self.width, self.classes = model.hidden, sizes.classes
        self.ignores_padding = model.padding == "masked"
        self.both_directions = model.readout == "both_directions"
        # Padding that is read like any symbol needs a vector that is trained like any other.
        padding_index = sizes.padding_index if self.ignores_padding else None
        self.embedding = SymbolEmbedding(sizes.alphabet, model.embedding, padding_idx=padding_index)
        self.recurrent = RecurrentStack(
            model.cell,
            model.embedding * sizes.channels,
            model.hidden,
            model.layers,
            model.dropout,
            model.bidirectional,
            unread_forward=model.bidirectional and not self.both_directions,
        )
        self.linear = nn.Linear(model.hidden * (2 if self.both_directions else 1), sizes.classes)
        if model.initialisation == "xavier_orthogonal":
            self.apply(xavier_orthogonal)

    def forward(self, inputs: Tensor, lengths: Tensor, targets: Tensor | None = None) -> Tensor:
        """Symbols (B, L, C), valid lengths (B,) → logits (B, 1, classes). Targets are not read.

        Padding on the left is added here, up to the given L.
        """
        if not self.ignores_padding:
            inputs, lengths = shifted_right(inputs, lengths), torch.full_like(lengths, inputs.shape[1])
        outputs = self.recurrent(self.embedding(inputs), lengths)
        if not self.recurrent.backward_layers:
            state = last_valid(outputs[0], lengths)
        elif self.both_directions:
            state = torch.cat([last_valid(outputs[0], lengths), outputs[1][:, 0]], dim=1)
        else:
            state = outputs[0][:, 0]
        logits: Tensor = self.linear(state).unsqueeze(1)
        return logits


def shifted_right(inputs: Tensor, lengths: Tensor) -> Tensor:
    """Symbols (B, L, C) with their valid parts moved from the left end to the right end, padding before them."""
    width = inputs.shape[1]
    source = (torch.arange(width, device=inputs.device) + lengths.unsqueeze(1)) % width
    rows = torch.arange(inputs.shape[0], device=inputs.device).unsqueeze(1)
    return inputs[rows, source]


def xavier_orthogonal(module: nn.Module) -> None:
    """The initialisation of imdb-sweeps: xavier normal embedding and linear weights, orthogonal recurrent weights.

    All biases are 0. "Recurrent weights" are both matrices of a layer, each orthogonal as a whole, as in the handout
    behind the report; the embedding's padding vector is drawn like the others, and never trained.
    """
    if isinstance(module, nn.Embedding | nn.Linear):
        nn.init.xavier_normal_(module.weight)
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.bias)
    if isinstance(module, nn.RNNBase):
        for name, parameter in module.named_parameters():
            if name.startswith("bias"):
                nn.init.zeros_(parameter)
            else:
                nn.init.orthogonal_(parameter)
