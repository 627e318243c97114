"""Settings of the tagger."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from carryover.settings.models.base import Reading
from carryover.settings.models.recurrent import Recurrent


class Tagger(Recurrent):
    """One output symbol at each input position (reports adder-prml and adder-lengths)."""

    reading: ClassVar[Reading] = "tags"
    code: ClassVar = ("models/tagger.py", "models/recurrent.py")

    kind: Literal["tagger"] = Field(
        default="tagger",
        description="One output symbol at each position (`digit_sum`: one digit, lowest first).",
    )
    bidirectional: bool = Field(default=False, description="Read the sequence in both directions.")

    def _directions(self) -> int:
        return 2 if self.bidirectional else 1
