"""What captions say: the lowest and the highest of many values, with all that tie for it."""

from __future__ import annotations

from collections.abc import Sequence

from carryover.report import words

MOST_NAMED = 2

Named = Sequence[tuple[float, str]]  # values with the names of what has them; no value is NaN


def extreme(values: Named, metric: str, highest: bool) -> str:
    """`0.355 (digits-2)`, or `1 (digits-5, digits-6 and 3 more)` where several have what reads as the same number."""
    best = (max if highest else min)(value for value, _ in values)
    shown = words.brief(best, metric)
    return f"{shown} ({named([name for value, name in values if words.brief(value, metric) == shown])})"


def extremes(values: Named, metric: str) -> str:
    """`from <lowest> to <highest>`; where all read the same, that one number."""
    if len({words.brief(value, metric) for value, _ in values}) == 1:
        return f"{words.brief(values[0][0], metric)} everywhere"
    return f"from {extreme(values, metric, highest=False)} to {extreme(values, metric, highest=True)}"


def named(names: Sequence[str]) -> str:
    """The first names, and how many more there are. Of names that are lists themselves, one."""
    most = 1 if any("," in name for name in names) else MOST_NAMED
    if len(names) <= most:
        return words.listed(list(names))
    return f"{', '.join(names[:most])} and {len(names) - most} more"
