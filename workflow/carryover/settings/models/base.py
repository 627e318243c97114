"""The base of the settings of every architecture, with everything that other code asks of them."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

from carryover.settings.base import Settings

# How a model reads an example: one symbol a position, one class for the whole, or written out symbol by symbol.
Reading = Literal["tags", "class", "sequence"]


class Work(NamedTuple):
    """A rough estimate of the work to train on one example. Jobs on clusters ask for time and memory by it."""

    cpu_seconds: float  # forward, backward and update on one core
    bytes: float  # kept between forward and backward
    gpu_operations: int  # operations that a GPU can only do one after the other
    weights: int = 0  # of the recurrent or other inner layers, where most of a large model's are


class ModelSettings(Settings):
    """The settings of one architecture. The architecture itself is the class of the same name in `models/<kind>.py`."""

    if TYPE_CHECKING:
        # Each architecture declares its own `kind`, a Literal, where it stands among its fields.
        kind: str

    reading: ClassVar[Reading]
    # The files below carryover/ that decide what the architecture computes.
    code: ClassVar[tuple[str, ...]]

    def slug(self) -> str:
        """A short readable name from the main settings, such as `tagger-rnn-h64-l2`."""
        return self.kind

    @abstractmethod
    def work(self, positions: int) -> Work:
        """The work for one example with this many positions to read and to write."""
