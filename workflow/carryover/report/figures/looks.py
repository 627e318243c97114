"""How the settings of a study are told apart: one colour, marker and dash for each, the same in all of its figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from carryover.report import style
from carryover.report.view import Point, Study

MOST = len(style.SERIES)  # settings that can be told apart in one figure


@dataclass(frozen=True)
class Look:
    """How one setting is drawn."""

    colour: str
    marker: str
    dashes: Any


def looks(study: Study, shown: Sequence[Point]) -> dict[Point, Look]:
    """A look for each of the points `shown`: the study's own where it has few enough, else one for this figure."""
    points = study.points if len(study.points) <= MOST else list(shown)
    numbers = _numbers(study, points)
    if numbers is None:
        colours = style.colours(len(points), ordered=False)
    else:
        scale = style.colours(len(points), ordered=True)
        colours = tuple(scale[sorted(numbers).index(number)] for number in numbers)
    return {
        point: Look(
            colour, style.MARKERS[place % len(style.MARKERS)], style.DASHES[place % len(style.DASHES)]
        )
        for place, (point, colour) in enumerate(zip(points, colours, strict=True))
    }


def _numbers(study: Study, points: Sequence[Point]) -> list[float] | None:
    """What orders the points: the one setting of numbers that is swept, or the length of their training numbers."""
    if len(points) < 3:
        return None
    swept = [point.values.get(study.swept[0]) for point in points] if len(study.swept) == 1 else []
    for values in (swept, [study.trained_length(point) for point in points]):
        numbers = [float(v) for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
        if len(set(numbers)) == len(points):
            return numbers
    return None
