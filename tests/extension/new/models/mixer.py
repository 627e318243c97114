"""Every output position reads every input position."""

from __future__ import annotations

from torch import Tensor, nn

from carryover.models.architecture import Architecture
from carryover.settings.models import mixer as settings
from carryover.tasks.encoded import Sizes


class Mixer(Architecture):
    """Embedding → a linear map over positions → a linear map over channels."""

    ignores_padding = False
    reads_targets = False

    def __init__(self, model: settings.Mixer, sizes: Sizes) -> None:
        super().__init__()
        self.width, self.classes = model.channels, sizes.classes
        self.embedding = nn.Embedding(sizes.alphabet, model.channels)
        self.positions = nn.Linear(sizes.target_length, sizes.target_length)
        self.letters = nn.Linear(model.channels * sizes.channels, sizes.classes)

    def forward(self, inputs: Tensor, lengths: Tensor, targets: Tensor | None = None) -> Tensor:
        """Symbols (B, L, C) → logits (B, L, classes). Neither lengths nor targets are read."""
        vectors = self.embedding(inputs).flatten(2)
        mixed = self.positions(vectors.transpose(1, 2)).transpose(1, 2)
        logits: Tensor = self.letters(mixed)
        return logits
