"""Extrapolation: the metric against the length of the test, and how far a model trained on shorter numbers gets."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import ScalarFormatter

from carryover.analysis.statistics import MIN_SEEDS
from carryover.metrics import HORIZON, SHARE, value_range
from carryover.report import style, words
from carryover.report.figures.looks import MOST, Look, looks
from carryover.report.tables import ends
from carryover.report.view import Setting, Split, StudyResults

FEWEST_LENGTHS = 3


def draw(study: StudyResults) -> list[style.Drawn]:
    """One figure where tests of at least three lengths were made with one and the same setting."""
    metric = study.metric
    length = study.task.length
    if metric is None or value_range(metric) != SHARE or length is None:
        return []
    lines = {setting.label: _line(study, setting, metric) for setting in study.available}
    settings = [setting for setting in study.available if len(lines[setting.label]) >= FEWEST_LENGTHS]
    if not settings:
        return []
    shown = _shown(study, settings, lines, metric)
    title = f"{words.metric(metric).capitalize()} against the length of the test"
    fig = style.figure(title, 3.6 + 0.2 * len(shown))
    ax = fig.subplots()
    drawn_as = looks(study, shown)
    for setting in shown:
        _draw_line(ax, study, setting, lines[setting.label], metric, drawn_as[setting.label])
    lengths = sorted({length for setting in shown for length, _ in lines[setting.label]})
    if lengths[-1] / max(lengths[0], 1) >= 8:
        ax.set_xscale("log")
        ax.xaxis.set_major_formatter(ScalarFormatter())
        ax.minorticks_off()
    ax.set_xticks(_apart(lengths, ax.get_xscale() == "log"))
    ax.axhline(HORIZON, color=style.MUTED, linewidth=0.8, linestyle=(0, (2, 2)), zorder=1)
    style.share_axis(ax)
    ax.set_xlabel(f"{length.label} in the test")
    ax.set_ylabel(words.axis(metric).replace(" (", "\n("))
    if len(study.settings) > 1:
        style.legend_of(fig, ax)
    caption = _caption(study, settings, shown, lines, metric)
    return [
        style.Drawn(
            "extrapolation", f"{study.name}-extrapolation", title, caption, f"{title}. {caption}", fig
        )
    ]


def _line(study: StudyResults, setting: Setting, metric: str) -> list[tuple[int, Split]]:
    """Lengths of the tests of a setting, each once, with the split that it was measured on."""
    splits: dict[int, Split] = {}
    for split in study.measured_splits:
        length = study.length(split, setting)
        if length is not None and study.spread(setting, split, metric) is not None:
            splits.setdefault(length, split)
    return sorted(splits.items())


def _shown(
    study: StudyResults, settings: list[Setting], lines: dict[str, list[tuple[int, Split]]], metric: str
) -> list[Setting]:
    """All settings where they are few, else a choice from worst to best at the longest test."""
    if len(settings) <= MOST:
        return settings
    by_end = sorted(
        settings, key=lambda setting: _or_zero(study.mean(setting, lines[setting.label][-1][1], metric))
    )
    chosen = {by_end[round(i * (len(settings) - 1) / (MOST - 1))].label for i in range(MOST)}
    return [setting for setting in settings if setting.label in chosen]


def _or_zero(value: float) -> float:
    return 0.0 if math.isnan(value) else value


def _draw_line(
    ax: Axes, study: StudyResults, setting: Setting, line: list[tuple[int, Split]], metric: str, look: Look
) -> None:
    rows = [(length, study.spread(setting, split, metric)) for length, split in line]
    known = [
        (length, row)
        for length, row in rows
        if row is not None and words.none_if_nan(row["mean"]) is not None
    ]
    x = np.array([length for length, _ in known], dtype=float)
    mean = np.array([row["mean"] for _, row in known], dtype=float)
    if known:
        low, high = np.array([ends(row) for _, row in known], float).T
        ax.fill_between(x, low, high, color=look.colour, alpha=0.15, linewidth=0)
    ax.plot(x, mean, color=look.colour, marker=look.marker, linestyle=look.dashes, markersize=5,
            label=study.short_name(setting), zorder=3)  # fmt: skip
    trained = study.trained_length(setting)
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
    study: StudyResults,
    settings: list[Setting],
    shown: list[Setting],
    lines: dict[str, list[tuple[int, Split]]],
    metric: str,
) -> str:
    parts = [f"Mean over seeds; shaded: its 95% interval (the range with fewer than {MIN_SEEDS} seeds)."]
    parts.append(f"Ticks below the curves: the length of training numbers. Dotted: {HORIZON:g}.")
    horizons = study.table("horizon")
    reached = []
    for setting in shown:
        mine = horizons[horizons["point"].astype(str) == setting.label]
        if len(mine) and mine["seeds"].max() >= MIN_SEEDS:
            longest = mine["horizon"].max()
            bound = "at least " if longest == mine["longest_tested"].max() else ""
            told = "none" if words.absent(longest) else f"{bound}{int(longest)}"
            reached.append(f"{study.short_name(setting)}: {told}")
    if reached:
        parts.append(
            f"Longest length with the interval's lower end at {HORIZON:g} or more: {'; '.join(reached)}."
        )
    if len(shown) < len(settings):
        parts.append(f"{len(shown)} of {len(settings)} settings, chosen from worst to best.")
    return " ".join(parts)
