"""Settings of the mixer."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from carryover.settings.base import Positive
from carryover.settings.models.base import ModelSettings, Reading, Work


class Mixer(ModelSettings):
    """Every output position reads every input position: no recurrence, and one length."""

    reading: ClassVar[Reading] = "tags"
    code: ClassVar = ("models/mixer.py",)

    kind: Literal["mixer"] = "mixer"
    channels: Positive = Field(default=8, description="Numbers of an embedded symbol.")

    def work(self, positions: int) -> Work:
        return Work(cpu_seconds=1e-6 * positions, bytes=8.0 * self.channels * positions, gpu_operations=2)
