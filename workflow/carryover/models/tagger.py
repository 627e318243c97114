"""One output symbol at each input position (reports adder-prml and adder-lengths)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from carryover.models.architecture import Architecture
from carryover.models.recurrent import RecurrentStack, SymbolEmbedding
from carryover.settings import models as settings

if TYPE_CHECKING:
    from carryover.tasks.encoded import Sizes


class Tagger(Architecture):
    """Embedding of a position's symbols → recurrent layers → linear.

    Two digits, RNN, 2 layers, hidden 64, embedding 32: 17,610 parameters, as in the handout behind the reports.
    """

    ignores_padding = False
    reads_targets = False

    def __init__(self, model: settings.Tagger, sizes: Sizes) -> None:
        super().__init__()
        self.width, self.classes = model.hidden, sizes.classes
        self.embedding = SymbolEmbedding(sizes.alphabet, model.embedding, padding_idx=sizes.padding_index)
        self.recurrent = RecurrentStack(
            model.cell,
            model.embedding * sizes.channels,
            model.hidden,
            model.layers,
            model.dropout,
            model.bidirectional,
        )
        self.linear = nn.Linear(model.hidden * (2 if model.bidirectional else 1), sizes.classes)

    def forward(self, inputs: Tensor, lengths: Tensor, targets: Tensor | None = None) -> Tensor:
        """Symbols (B, L, C), valid lengths (B,) → logits (B, L, classes). Targets are not read."""
        outputs = self.recurrent(self.embedding(inputs), lengths)
        logits: Tensor = self.linear(outputs[0] if len(outputs) == 1 else torch.cat(outputs, dim=2))
        return logits
