"""Values of settings as a study writes them, before it is known which setting they are of."""

from __future__ import annotations

from typing import Any

Value = Any  # validated through the setting that it sets
At = dict[str, Value]  # selects the settings of a study that have these values
