"""The looks of a study's settings: one colour, marker and dash for each, the same in all figures of the study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from carryover.report import style
from carryover.report.view import Setting, StudyResults

MOST = len(style.SERIES)  # settings that can be told apart in one figure


@dataclass(frozen=True)
class Look:
    """How one setting is drawn."""

    colour: str
    marker: str
    dashes: Any


def looks(study: StudyResults, shown: Sequence[Setting]) -> dict[str, Look]:
    """Label of a setting → its look.

    All settings of the study have one where they are few enough; otherwise those that this figure has `shown`.
    """
    settings = study.settings if len(study.settings) <= MOST else list(shown)
    numbers = _numbers(study, settings)
    if numbers is None:
        colours = style.colours(len(settings), ordered=False)
    else:
        scale = style.colours(len(settings), ordered=True)
        colours = tuple(scale[sorted(numbers).index(number)] for number in numbers)
    return {
        setting.label: Look(
            colour, style.MARKERS[number % len(style.MARKERS)], style.DASHES[number % len(style.DASHES)]
        )
        for number, (setting, colour) in enumerate(zip(settings, colours, strict=True))
    }


def _numbers(study: StudyResults, settings: Sequence[Setting]) -> list[float] | None:
    """What orders the settings: the one setting of numbers that is swept, or the length of their training numbers."""
    if len(settings) < 3:
        return None
    swept = study.planned.swept
    of_sweep = [setting.values.get(swept[0]) for setting in settings] if len(swept) == 1 else []
    for values in (of_sweep, [study.trained_length(setting) for setting in settings]):
        numbers = [float(v) for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
        if len(set(numbers)) == len(settings):
            return numbers
    return None
