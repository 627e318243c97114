"""Settings of the architectures. The architectures themselves live in carryover.models, one file each."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from carryover.settings.base import Positive, Settings

# How a model reads an example: one symbol a position, one class for the whole, or written out symbol by symbol.
Reading = Literal["tags", "class", "sequence"]
Cell = Literal["rnn", "lstm", "gru"]
Dropout = Annotated[float, Field(ge=0, lt=1)]


class Recurrent(Settings):
    """What every architecture has: an embedding and a stack of recurrent layers of one cell."""

    cell: Cell = "lstm"
    embedding: Positive = 32
    hidden: Positive = 64
    layers: Annotated[int, Field(ge=1, le=16)] = 1
    dropout: Dropout = 0.0

    @model_validator(mode="after")
    def _dropout_lies_between_layers(self) -> Recurrent:
        if self.dropout > 0 and self.layers == 1:
            raise ValueError(
                "dropout acts between recurrent layers, so it needs layers of at least 2 (or dropout 0)"
            )
        return self

    def slug(self) -> str:
        """A short readable name from the main settings, such as `tagger-rnn-h64-l2`."""
        return f"{self.kind}-{self.cell}-h{self.hidden}-l{self.layers}"  # type: ignore[attr-defined]


class Tagger(Recurrent):
    """One output symbol at each input position (reports adder-prml and adder-lengths)."""

    reading: ClassVar[Reading] = "tags"

    kind: Literal["tagger"] = "tagger"
    bidirectional: bool = False


class Classifier(Recurrent):
    """One class for the whole sequence (reports three-number and imdb-sweeps).

    `padding: left` puts the padding first and reads it like any symbol; `masked` reads only the valid positions, as
    packed sequences do. `readout: last_state` of a bidirectional model takes only the backward direction of the last
    layer, as imdb-sweeps published it; `both_directions` takes the final states of both.
    """

    reading: ClassVar[Reading] = "class"

    kind: Literal["classifier"] = "classifier"
    bidirectional: bool = False
    readout: Literal["last_state", "both_directions"] = "last_state"
    padding: Literal["left", "masked"] = "masked"
    initialisation: Literal["default", "xavier_orthogonal"] = "default"

    @model_validator(mode="after")
    def _both_directions_exist(self) -> Classifier:
        if self.readout == "both_directions" and not self.bidirectional:
            raise ValueError("readout both_directions needs bidirectional: true (or readout: last_state)")
        return self


class Seq2seq(Recurrent):
    """An encoder, and a decoder that writes the answer symbol by symbol (report expression-seq2seq).

    `decoder: repeat_state` feeds the encoder's last state at every decoder step, as published; `teacher_forcing`
    also feeds the previous right symbol in training and the previous predicted one (greedy) in evaluation.
    `activation` stands between the two linear layers that end the decoder; the report names none.
    """

    reading: ClassVar[Reading] = "sequence"

    kind: Literal["seq2seq"] = "seq2seq"
    decoder: Literal["repeat_state", "teacher_forcing"] = "repeat_state"
    activation: Literal["none", "relu"] = "none"


Model = Annotated[Tagger | Classifier | Seq2seq, Field(discriminator="kind")]
