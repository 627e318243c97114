"""Values in a study file, before it is known which setting they belong to."""

from __future__ import annotations

from typing import Any

Value = Any  # validated through the setting that it sets
At = dict[str, Value]  # selects the settings of a study that have these values
