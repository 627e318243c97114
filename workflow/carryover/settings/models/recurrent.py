"""Settings that recurrent architectures share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from carryover.settings.models.base import ModelSettings, Work

WIDEST = 65_536
Width = Annotated[int, Field(ge=1, le=WIDEST)]
Cell = Literal["rnn", "lstm", "gru"]
Dropout = Annotated[float, Field(ge=0, lt=1)]

# Measured on one core of a server CPU of 2024: one cell of 64 units at one position, forward, backward and update.
MICROSECONDS: dict[Cell, float] = {"rnn": 2.5, "lstm": 6.0, "gru": 6.0}
# Memory for each unit of each cell until the backward pass.
BYTES_PER_UNIT: dict[Cell, int] = {"rnn": 16, "lstm": 44, "gru": 44}
GATES: dict[Cell, int] = {"rnn": 1, "lstm": 4, "gru": 3}


class Recurrent(ModelSettings):
    """An embedding and a stack of recurrent layers of one cell."""

    cell: Cell = Field(default="lstm", description="The recurrent cell; `rnn` is a plain one with tanh.")
    embedding: Width = Field(default=32, description="Size of an embedded symbol.")
    hidden: Width = Field(default=64, description="Size of a layer's state.")
    layers: Annotated[int, Field(ge=1, le=16)] = Field(
        default=1, description="Recurrent layers, one on the other."
    )
    dropout: Dropout = Field(
        default=0.0, description="Dropout between layers, so it needs at least 2 of them."
    )

    @model_validator(mode="after")
    def _dropout_lies_between_layers(self) -> Recurrent:
        if self.dropout > 0 and self.layers == 1:
            raise ValueError(
                "dropout acts between recurrent layers, so it needs layers of at least 2 (or dropout 0)"
            )
        return self

    def slug(self) -> str:
        """Kind, cell, hidden size and layers, such as `tagger-rnn-h64-l2`."""
        return f"{self.kind}-{self.cell}-h{self.hidden}-l{self.layers}"

    def work(self, positions: int) -> Work:
        """The work of the recurrent layers for one example. Each direction reads all positions one after the other."""
        cells = positions * self.layers * self._directions()
        wider = max(1.0, self.hidden / 64) ** 1.5
        return Work(
            cpu_seconds=cells * MICROSECONDS[self.cell] * wider / 1e6,
            bytes=cells * self.hidden * BYTES_PER_UNIT[self.cell],
            gpu_operations=cells,
            weights=self._weights(),
        )

    def _weights(self) -> int:
        """Those of the recurrent layers; each gate has a matrix for what comes in and one for the state."""
        directions = self._directions()
        inputs = self.embedding + (self.layers - 1) * directions * self.hidden
        return directions * GATES[self.cell] * self.hidden * (inputs + self.layers * self.hidden)

    def _directions(self) -> int:
        return 1
