"""Settings of the task `reverse`: how long the strings are."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from carryover.settings.base import NotNegative
from carryover.settings.dataset import DatasetSettings
from carryover.settings.models import Model
from carryover.settings.rows import Rows
from carryover.settings.training import Training


class ReverseDataset(DatasetSettings):
    """Strings of `letters` letters from a to d, each uniform."""

    task: Literal["reverse"] = Field(description="`reverse`.")
    seed: NotNegative = Field(default=0, description="Another seed, another draw.")
    letters: Annotated[int, Field(ge=1, le=100)] = Field(description="Letters of a string.")
    rows: Rows = Field(description="Rows of each split.")

    def split_rows(self) -> dict[str, int]:
        return self.rows.by_split()

    def slug(self) -> str:
        return f"reverse-{self.letters}"

    def estimated_bytes(self) -> int:
        return 2 * self.letters * sum(self.split_rows().values())

    def positions(self, model: Model, training: Training) -> int:
        return self.letters

    def fixed_length(self) -> int | None:
        return self.letters
