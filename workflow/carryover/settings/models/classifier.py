"""Settings of the classifier."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from carryover.settings.models.base import Reading
from carryover.settings.models.recurrent import Recurrent


class Classifier(Recurrent):
    """One class for the whole sequence (reports three-number and imdb-sweeps).

    `padding: left` puts the padding first and reads it like any symbol; `masked` reads only the valid positions, as
    packed sequences do. `readout: last_state` of a bidirectional model takes only the backward direction of the last
    layer, as imdb-sweeps published it; `both_directions` takes the final states of both.
    """

    reading: ClassVar[Reading] = "class"
    code: ClassVar = ("models/classifier.py", "models/recurrent.py")

    kind: Literal["classifier"] = Field(
        default="classifier", description="One class for the whole sequence (`expression`, `sentiment`)."
    )
    bidirectional: bool = Field(default=False, description="Read the sequence in both directions.")
    readout: Literal["last_state", "both_directions"] = Field(
        default="last_state",
        description="`last_state`: the state after the last position; of a bidirectional model only the backward "
        "direction, as imdb-sweeps published it. `both_directions`: the final states of both.",
    )
    padding: Literal["left", "masked"] = Field(
        default="masked",
        description="`left` puts padding first and reads it like any symbol; `masked` reads only the valid "
        "positions.",
    )
    initialisation: Literal["default", "xavier_orthogonal"] = Field(
        default="default",
        description="PyTorch's own, or Xavier for inputs and orthogonal for recurrent weights.",
    )

    @model_validator(mode="after")
    def _both_directions_exist(self) -> Classifier:
        if self.readout == "both_directions" and not self.bidirectional:
            raise ValueError("readout both_directions needs bidirectional: true (or readout: last_state)")
        return self

    def _directions(self) -> int:
        return 2 if self.bidirectional else 1
