"""Extrapolation: the metric against the length of the test, and how far a model trained on shorter numbers gets."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import ScalarFormatter

from carryover.analysis.statistics import MIN_SEEDS, metric_range
from carryover.report import style, words
from carryover.report.figures.looks import MOST, Look, looks
from carryover.report.figures.settings import splits_of
from carryover.report.view import Point, Split, Study

HORIZON = 0.99  # as in the table `horizon`


def draw(study: Study) -> list[style.Drawn]:
    """One figure where tests of at least three lengths were made with one and the same setting."""
    metric = study.metric
    if metric is None or metric_range(metric) != (0.0, 1.0):
        return []
    lines = {point.label: _line(study, point, metric) for point in study.available}
    points = [point for point in study.available if len(lines[point.label]) >= 3]
    if not points:
        return []
    shown = _shown(study, points, lines, metric)
    title = f"{words.metric(metric).capitalize()} against the length of the test"
    fig = style.figure(title, 3.6 + 0.2 * len(shown))
    ax = fig.subplots()
    drawn_as = looks(study, shown)
    for point in shown:
        _draw_line(ax, study, point, lines[point.label], metric, drawn_as[point])
    lengths = sorted({length for point in shown for length, _ in lines[point.label]})
    if lengths[-1] / max(lengths[0], 1) >= 8:
        ax.set_xscale("log")
        ax.xaxis.set_major_formatter(ScalarFormatter())
        ax.minorticks_off()
    ax.set_xticks(_apart(lengths, ax.get_xscale() == "log"))
    ax.axhline(HORIZON, color=style.MUTED, linewidth=0.8, linestyle=(0, (2, 2)), zorder=1)
    style.share_axis(ax)
    ax.set_xlabel("digits of the longest operand in the test")
    ax.set_ylabel(words.axis(metric).replace(" (", "\n("))
    if len(study.points) > 1:
        handles, labels = ax.get_legend_handles_labels()
        labels = [style.wrap(label, 56, 2) for label in labels]
        fig.legend(handles, labels, loc="outside lower left", ncols=style.legend_columns(labels))
    caption = _caption(study, points, shown, lines, metric)
    return [
        style.Drawn(
            "extrapolation", f"{study.name}-extrapolation", title, caption, f"{title}. {caption}", fig
        )
    ]


def _line(study: Study, point: Point, metric: str) -> list[tuple[int, Split]]:
    """Lengths of the tests of a point, each once, with the split that it was measured on."""
    found: dict[int, Split] = {}
    for split in splits_of(study):
        length = study.length(split, point)
        if length is not None and study.spread(point, split, metric) is not None:
            found.setdefault(length, split)
    return sorted(found.items())


def _shown(
    study: Study, points: list[Point], lines: dict[str, list[tuple[int, Split]]], metric: str
) -> list[Point]:
    """All points where they are few, else a choice from worst to best at the longest test."""
    if len(points) <= MOST:
        return points
    by_end = sorted(points, key=lambda point: _or_zero(study.mean(point, lines[point.label][-1][1], metric)))
    chosen = {by_end[round(i * (len(points) - 1) / (MOST - 1))].label for i in range(MOST)}
    return [point for point in points if point.label in chosen]


def _or_zero(value: float) -> float:
    return 0.0 if math.isnan(value) else value


def _draw_line(
    ax: Axes, study: Study, point: Point, line: list[tuple[int, Split]], metric: str, look: Look
) -> None:
    rows = [(length, study.spread(point, split, metric)) for length, split in line]
    known = [
        (length, row)
        for length, row in rows
        if row is not None and words.none_if_nan(row["mean"]) is not None
    ]
    x = np.array([length for length, _ in known], dtype=float)
    mean = np.array([row["mean"] for _, row in known], dtype=float)
    ends = []
    for low, high in (("low", "minimum"), ("high", "maximum")):
        ends.append([_first(row[low], row[high], row["mean"]) for _, row in known])
    ax.fill_between(
        x, np.array(ends[0], float), np.array(ends[1], float), color=look.colour, alpha=0.15, linewidth=0
    )
    ax.plot(x, mean, color=look.colour, marker=look.marker, linestyle=look.dashes, markersize=5,
            label=point.name, zorder=3)  # fmt: skip
    trained = study.trained_length(point)
    if trained is not None and x.size and x[0] <= trained <= x[-1]:
        ax.plot(
            trained,
            -0.015,
            marker=2,
            color=look.colour,
            markersize=9,
            markeredgewidth=2,
            clip_on=False,
            zorder=4,
        )


def _first(*values: float | None) -> float:
    return next(float(value) for value in values if value is not None and not math.isnan(value))


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


def _caption(
    study: Study,
    points: list[Point],
    shown: list[Point],
    lines: dict[str, list[tuple[int, Split]]],
    metric: str,
) -> str:
    parts = ["Mean over seeds; shaded: its 95% interval (the range with fewer than 3 seeds)."]
    parts.append("Ticks below the curves: the length of training numbers. Dotted: 0.99.")
    horizons = study.table("horizon")
    reached = []
    for point in shown:
        mine = horizons[horizons["point"].astype(str) == point.label]
        if len(mine) and mine["seeds"].max() >= MIN_SEEDS:
            longest = mine["horizon"].max()
            bound = "at least " if longest == mine["longest_tested"].max() else ""
            reached.append(f"{point.name}: {'none' if words.absent(longest) else f'{bound}{int(longest)}'}")
    if reached:
        parts.append(f"Longest length with the interval's lower end at 0.99 or more: {'; '.join(reached)}.")
    if len(shown) < len(points):
        parts.append(f"{len(shown)} of {len(points)} settings, chosen from worst to best.")
    return " ".join(parts)
