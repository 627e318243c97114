"""The base of every settings model: strict, immutable, and with one canonical form.

Settings are validated from JSON, not from Python objects: JSON mode lets strict models take a list for a tuple while
still refusing `true` for a number, `1.0` for a whole one, and `nan` for anything.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field

from carryover.settings.annotations import without_nulls

# Field types that settings share. Whole numbers and reals never accept booleans, because models are strict.
MOST = 10**12  # of anything that is counted: no machine holds so many rows
Positive = Annotated[int, Field(ge=1, le=MOST)]
NotNegative = Annotated[int, Field(ge=0, le=MOST)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]
PositiveReal = Annotated[float, Field(gt=0)]
NotNegativeReal = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]

# Fields that say which kind of settings these are; canonical form keeps them even at their default.
DISCRIMINATORS = ("kind", "task")


class Settings(BaseModel):
    """Settings as a user writes them: unknown keys, wrong types, NaN and infinity are refused."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, ser_json_inf_nan="constants"
    )

    @classmethod
    def read(cls, value: Any) -> Self:
        """Validate plain data (as from YAML or JSON); a setting that is null counts as left out.

        Raises pydantic.ValidationError, which lists every mistake.
        """
        text = json.dumps(value)
        if "null" in text:
            text = json.dumps(without_nulls([cls], value))
        return cls.model_validate_json(text)

    def canonical(self) -> dict[str, Any]:
        """These settings as plain JSON data without the fields at their default, discriminators excepted.

        A field added later with a default therefore changes no content address.
        """
        return {
            name: _plain(value)
            for name, value in self
            if name in DISCRIMINATORS
            or value != type(self).model_fields[name].get_default(call_default_factory=True)
        }

    def complete(self) -> dict[str, Any]:
        """These settings as plain JSON data, every field written out."""
        return self.model_dump(mode="json")

    def identity(self) -> dict[str, Any]:
        """As `complete`, but what canonical form leaves out for good (where a source lies) is at its default."""
        return self.read(self.canonical()).complete()


def _plain(value: Any) -> Any:
    if isinstance(value, Settings):
        return value.canonical()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value
