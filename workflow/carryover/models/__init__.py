"""Architectures, one file each. A model knows sizes, never a task's alphabet.

Every model is called as `model(inputs (B, L, C) int64, lengths (B,) int64, targets (B, T) int64 or None)` and returns
logits (B, T, classes). It has two flags: `ignores_padding` (a batch may be cut to its longest sequence) and
`reads_targets` (given targets are input, so predictions need a call without them).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from torch import nn

from carryover.models.classifier import Classifier
from carryover.models.seq2seq import Seq2seq
from carryover.models.tagger import Tagger
from carryover.settings.models import Model

if TYPE_CHECKING:
    from carryover.tasks.encoded import Sizes

Architecture = Tagger | Classifier | Seq2seq

ARCHITECTURES: dict[str, type[nn.Module]] = {"tagger": Tagger, "classifier": Classifier, "seq2seq": Seq2seq}


def build(model: Model, sizes: Sizes) -> Architecture:
    """The architecture of these settings, initialised from the global generator of the CPU."""
    return cast(Architecture, ARCHITECTURES[model.kind](model, sizes))
