"""Settings of the encoder and decoder."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from carryover.settings.models.base import Reading
from carryover.settings.models.recurrent import Recurrent


class Seq2seq(Recurrent):
    """An encoder, and a decoder that writes the answer symbol by symbol (report expression-seq2seq).

    `decoder: repeat_state` feeds the encoder's last state at every decoder step, as published; `teacher_forcing`
    also feeds the previous correct symbol in training, and the previous predicted one (greedy) in evaluation.
    `activation` stands between the two linear layers that end the decoder; the report names none.
    """

    reading: ClassVar[Reading] = "sequence"
    code: ClassVar = ("models/seq2seq.py", "models/recurrent.py")

    kind: Literal["seq2seq"] = Field(
        default="seq2seq",
        description="An encoder, and a decoder that writes the answer symbol by symbol (`expression`).",
    )
    decoder: Literal["repeat_state", "teacher_forcing"] = Field(
        default="repeat_state",
        description="`repeat_state` feeds the encoder's last state at every step, as published; `teacher_forcing` "
        "also feeds the previous symbol: the correct one in training, the predicted one in "
        "evaluation.",
    )
    activation: Literal["none", "relu"] = Field(
        default="none",
        description="Between the two linear layers that end the decoder; the report names none.",
    )
