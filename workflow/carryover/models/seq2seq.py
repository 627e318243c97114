"""An encoder, and a decoder that writes the answer symbol by symbol (report expression-seq2seq)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from carryover.models.architecture import Architecture
from carryover.models.recurrent import RecurrentStack, SymbolEmbedding, last_valid
from carryover.settings import models as settings

if TYPE_CHECKING:
    from carryover.tasks.encoded import Sizes


class Seq2seq(Architecture):
    """Embedding → encoder → decoder → two linear layers.

    The decoder reads the encoder's last hidden state (a GRU's last output) at every step, and starts from a zero state.
    With `decoder: teacher_forcing`, each step also reads the previous symbol: the correct one if targets are given,
    else the decoder's own most likely one. That is the only difference.
    """

    ignores_padding = True

    def __init__(self, model: settings.Seq2seq, sizes: Sizes) -> None:
        super().__init__()
        self.width, self.classes = model.hidden, sizes.classes
        self.reads_targets = model.decoder == "teacher_forcing"
        self.target_length = sizes.target_length
        self.embedding = SymbolEmbedding(sizes.alphabet, model.embedding, padding_idx=sizes.padding_index)
        self.encoder = RecurrentStack(
            model.cell, model.embedding * sizes.channels, model.hidden, model.layers, model.dropout
        )
        context = model.hidden
        if self.reads_targets:
            self.start = sizes.classes  # the symbol before the first
            self.previous = nn.Embedding(sizes.classes + 1, model.embedding)
            context += model.embedding
        self.decoder = RecurrentStack(model.cell, context, model.hidden, model.layers, model.dropout)
        self.head = nn.Sequential(
            nn.Linear(model.hidden, model.hidden),
            nn.ReLU() if model.activation == "relu" else nn.Identity(),
            nn.Linear(model.hidden, sizes.classes),
        )

    def forward(self, inputs: Tensor, lengths: Tensor, targets: Tensor | None = None) -> Tensor:
        """Symbols (B, L, C), valid lengths (B,) → logits (B, T, classes).

        Targets (B, T) are read by teacher forcing only; without them T is the length the model was built for.
        """
        encoded = self.encoder(self.embedding(inputs), lengths)[0]
        context = last_valid(encoded, lengths)
        if self.reads_targets and targets is None:
            return self._greedy(context)
        steps = self.target_length if targets is None else targets.shape[1]
        read = context.unsqueeze(1).expand(-1, steps, -1)
        if targets is not None and self.reads_targets:
            start = torch.full_like(targets[:, :1], self.start)
            # An answer outside the classes (-1) has no symbol. Any symbol will do, because the answer counts as wrong.
            before = torch.cat([start, targets[:, :-1].clamp(min=0)], dim=1)
            read = torch.cat([read, self.previous(before)], dim=2)
        full = torch.full_like(lengths, steps)
        logits: Tensor = self.head(self.decoder(read, full)[0])
        return logits

    def _greedy(self, context: Tensor) -> Tensor:
        """Decode step by step. Each step reads the most likely symbol of the previous step.

        All steps are made, although answers may end earlier. Logits of padding count in some metrics, and asking the
        device whether all answers have ended would make it wait.
        """
        symbol = torch.full((context.shape[0],), self.start, device=context.device)
        states = None
        logits = []
        for _ in range(self.target_length):
            output, states = self.decoder.step(torch.cat([context, self.previous(symbol)], dim=1), states)
            logits.append(self.head(output))
            symbol = logits[-1].argmax(dim=1)
        return torch.stack(logits, dim=1)
