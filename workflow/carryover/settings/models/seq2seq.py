"""Settings of the encoder and decoder."""

from __future__ import annotations

from typing import ClassVar, Literal

from carryover.settings.models.base import Reading
from carryover.settings.models.recurrent import Recurrent


class Seq2seq(Recurrent):
    """An encoder, and a decoder that writes the answer symbol by symbol (report expression-seq2seq).

    `decoder: repeat_state` feeds the encoder's last state at every decoder step, as published; `teacher_forcing`
    also feeds the previous right symbol in training and the previous predicted one (greedy) in evaluation.
    `activation` stands between the two linear layers that end the decoder; the report names none.
    """

    reading: ClassVar[Reading] = "sequence"
    code: ClassVar = ("models/seq2seq.py", "models/recurrent.py")

    kind: Literal["seq2seq"] = "seq2seq"
    decoder: Literal["repeat_state", "teacher_forcing"] = "repeat_state"
    activation: Literal["none", "relu"] = "none"
