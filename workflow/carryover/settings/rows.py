"""How many rows the splits of a dataset have."""

from __future__ import annotations

from pydantic import Field, model_validator

from carryover.settings.base import NotNegative, Settings

SPLITS = ("train", "validation", "test")

# Of splits that are kept apart, each draws from its own part of the space, in tenths.
SIDES = {"train": (0, 8), "validation": (8, 9), "test": (9, 10)}


class Rows(Settings):
    """Rows of each split; a split of 0 rows is empty."""

    train: NotNegative = Field(default=0, description="Rows to train on.")
    validation: NotNegative = Field(default=0, description="Rows that training is followed on.")
    test: NotNegative = Field(default=0, description="Rows that suites test on.")

    @model_validator(mode="after")
    def _is_not_empty(self) -> Rows:
        if not any(self.by_split().values()):
            raise ValueError("a dataset needs rows in at least one of train, validation and test")
        return self

    def by_split(self) -> dict[str, int]:
        return {"train": self.train, "validation": self.validation, "test": self.test}
