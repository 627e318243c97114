"""The architectures that a user may choose, one line each in MODELS.

Each has its settings in a file of this folder, and what they set in the file of the same name in carryover.models.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from carryover.settings.models.base import ModelSettings, Reading
from carryover.settings.models.classifier import Classifier
from carryover.settings.models.seq2seq import Seq2seq
from carryover.settings.models.tagger import Tagger

__all__ = ["MODELS", "Classifier", "Model", "ModelSettings", "Reading", "Seq2seq", "Tagger"]

MODELS: tuple[type[ModelSettings], ...] = (
    Tagger,
    Classifier,
    Seq2seq,
)

# The settings of any of them, told apart by `kind`.
if TYPE_CHECKING:
    Model = ModelSettings
else:
    Model = Annotated[reduce(or_, MODELS), Field(discriminator="kind")]
