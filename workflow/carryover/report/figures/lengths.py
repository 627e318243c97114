"""The metric against the length of the test: a line a setting, as the figures about lengths draw it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from carryover.report import style, words
from carryover.report.figures.looks import MOST, Look
from carryover.report.tables import Row, ends
from carryover.report.view import Setting, Split, StudyResults

FEWEST_LENGTHS = 3
PUBLISHED = "published (one run)"
LOGARITHMIC = 8  # longest / shortest length, from which on the axis is logarithmic


@dataclass(frozen=True)
class Line:
    """One setting: the lengths of its tests, each once and rising, with the split and its row of `summary`."""

    setting: Setting
    points: tuple[tuple[int, Split, Row], ...]

    def at(self, length: int) -> Row | None:
        """The row at a length; None where no test has it."""
        return next((row for one, _, row in self.points if one == length), None)


def lines_of(study: StudyResults, metric: str) -> list[Line]:
    """A line for each setting that has results on tests of at least three lengths."""
    lines = []
    for setting in study.available:
        points: dict[int, tuple[Split, Row]] = {}
        for split in study.measured_splits:
            length, row = study.length(split, setting), study.spread(setting, split, metric)
            if length is not None and row is not None and not words.absent(row["mean"]):
                points.setdefault(length, (split, row))
        if len(points) >= FEWEST_LENGTHS:
            lines.append(Line(setting, tuple((length, *points[length]) for length in sorted(points))))
    return lines


def few_of(lines: list[Line]) -> list[Line]:
    """All lines where they can be told apart, else a choice from worst to best at the longest test."""
    if len(lines) <= MOST:
        return lines
    by_end = sorted(lines, key=lambda line: float(line.points[-1][2]["mean"]))
    chosen = {by_end[round(i * (len(lines) - 1) / (MOST - 1))].setting.label for i in range(MOST)}
    return [line for line in lines if line.setting.label in chosen]


def published_points(study: StudyResults, metric: str) -> list[tuple[Setting, int, float]]:
    """Setting, length of the test and value of each number that was published of these lines."""
    settings = {setting.label: setting for setting in study.available}
    found = []
    for (label, suite, split), values in study.published_values(metric).items():
        setting = settings.get(label)
        length = study.length((suite, split), setting) if setting is not None else None
        if setting is not None and length is not None:
            found += [(setting, length, exact) for exact, _, _ in values if exact is not None]
    return found


def draw_line(ax: Axes, study: StudyResults, line: Line, look: Look, metric: str, singles: bool) -> None:
    """The mean with its interval, a mark below it at the length of training, and with `singles` each run."""
    x = np.array([length for length, _, _ in line.points], dtype=float)
    mean = np.array([row["mean"] for _, _, row in line.points], dtype=float)
    low, high = np.array([ends(row) for _, _, row in line.points], dtype=float).T
    name = study.short_name(line.setting)
    style.mark(ax.fill_between(x, low, high, color=look.colour, alpha=0.15, linewidth=0), name)
    for values in _runs(study, line, metric) if singles else ():
        (single,) = ax.plot(x, values, color=look.colour, linewidth=0.6, alpha=0.6, zorder=2)
        style.mark(single, name)
    (drawn,) = ax.plot(x, mean, color=look.colour, marker=look.marker, linestyle=look.dashes, markersize=5,
            label=name, zorder=3)  # fmt: skip
    style.mark(
        drawn, name, [f"{name} at {length}: {words.spread(row, metric)}" for length, _, row in line.points]
    )
    trained = study.trained_length(line.setting)
    if trained is not None and x[0] <= trained <= x[-1]:
        (tick,) = ax.plot(trained, -0.015, marker=2, color=look.colour, markersize=9, markeredgewidth=2, clip_on=False,
                zorder=4, linestyle="none")  # fmt: skip
        style.mark(tick, name, [f"{name}: length of training"])


def draw_published(ax: Axes, points: list[tuple[Setting, int, float]]) -> None:
    """Diamonds where numbers were published."""
    marks: dict[str, Any] = {
        "marker": "D",
        "markersize": 7,
        "markerfacecolor": "none",
        "markeredgewidth": 1.6,
    }
    for number, (_, length, value) in enumerate(points):
        label = f"_{number}" if number else PUBLISHED
        (mark,) = ax.plot(
            length, value, color=style.PUBLISHED, zorder=5, linestyle="none", label=label, **marks
        )
        style.mark(mark, PUBLISHED, [f"published: {value:g} at {length}"])


def label_axes(ax: Axes, study: StudyResults, lines: list[Line], metric: str) -> None:
    """Ticks at the lengths of tests, and the names of both axes."""
    lengths = sorted({length for line in lines for length, _, _ in line.points})
    logarithmic = lengths[-1] / max(lengths[0], 1) >= LOGARITHMIC
    if logarithmic:
        ax.set_xscale("log")
        ax.minorticks_off()
    style.count_axis(ax)
    ax.set_xticks(_apart(lengths, logarithmic))
    style.share_axis(ax)
    assert study.task.length is not None
    ax.set_xlabel(f"{study.task.length.label} in the test")
    ax.set_ylabel(words.axis(metric).replace(" (", "\n("))


def _runs(study: StudyResults, line: Line, metric: str) -> list[list[float]]:
    """The values of each run along a line, NaN where it has none; nothing for a single run."""
    whole = study.report.whole
    known = [whole[run] for run in line.setting.runs if run in whole]
    if len(known) < 2:
        return []
    return [[values.get((*split, metric), math.nan) for _, split, _ in line.points] for values in known]


def _apart(lengths: list[int], logarithmic: bool) -> list[int]:
    """Tick positions: the lengths themselves, without those too near their neighbour to be read."""
    scale = math.log(max(lengths[-1] / lengths[0], 1.01)) if logarithmic else max(lengths[-1] - lengths[0], 1)
    kept: list[int] = []
    for length in lengths:
        gap = 1.0
        if kept:
            gap = (math.log(length / kept[-1]) if logarithmic else length - kept[-1]) / scale
        if gap >= 0.06:
            kept.append(length)
    return kept
