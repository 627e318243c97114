"""Settings of the tagger."""

from __future__ import annotations

from typing import ClassVar, Literal

from carryover.settings.models.base import Reading
from carryover.settings.models.recurrent import Recurrent


class Tagger(Recurrent):
    """One output symbol at each input position (reports adder-prml and adder-lengths)."""

    reading: ClassVar[Reading] = "tags"
    code: ClassVar = ("models/tagger.py", "models/recurrent.py")

    kind: Literal["tagger"] = "tagger"
    bidirectional: bool = False

    def _directions(self) -> int:
        return 2 if self.bidirectional else 1
