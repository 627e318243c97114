"""How long the numbers of a dataset are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def digits_of(planned: Mapping[str, Any] | None) -> int | None:
    """Digits of the longest operand that a planned dataset of sums may have; None for any other."""
    if planned is None or planned["task"] != "digit_sum":
        return None
    distribution = planned["settings"].get("distribution", {})
    for key in ("digits", "longest"):
        if isinstance(distribution.get(key), int):
            return int(distribution[key])
    high = distribution.get("high")
    return len(str(whole_number(high) - 1)) if high is not None else None


def whole_number(content: Any) -> int:
    """A bound as settings write it: a number, or text such as `10^10`."""
    if isinstance(content, str) and "^" in content:
        base, _, exponent = content.partition("^")
        return int(base) ** int(exponent)
    return int(content)
