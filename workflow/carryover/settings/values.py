"""Values in a study file, before it is known which setting they belong to."""

from __future__ import annotations

from typing import Any, TypeVar

from carryover.settings.canonical import canonical_json
from carryover.settings.texts import SettingPath

Value = Any  # validated through the setting that it sets
At = dict[SettingPath, Value]  # selects the settings of a study that have these values

Values = TypeVar("Values", bound=tuple[Any, ...])


def each_once(values: Values) -> Values:
    """Validate a list that may name each value once. 1 and 1.0 are the same value."""
    seen = set()
    for value in values:
        text = canonical_json(int(value) if isinstance(value, float) and value.is_integer() else value)
        if text in seen:
            raise ValueError(f"{text[:60]} occurs twice; keep one")
        seen.add(text)
    return values
