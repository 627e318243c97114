"""Extrapolation: the metric against the length of the test, and how far a model trained on shorter numbers gets."""

from __future__ import annotations

from carryover.analysis.statistics import MIN_SEEDS
from carryover.metrics import HORIZON, SHARE, value_range
from carryover.report import style, words
from carryover.report.figures.findings import named
from carryover.report.figures.lengths import (
    Line,
    draw_line,
    draw_published,
    few_of,
    label_axes,
    lines_of,
    published_points,
)
from carryover.report.figures.looks import looks
from carryover.report.view import StudyResults


def draw(study: StudyResults) -> list[style.Drawn]:
    """One figure where tests of at least three lengths were made with one and the same setting."""
    metric = study.metric
    if metric is None or value_range(metric) != SHARE or study.task.length is None:
        return []
    lines = lines_of(study, metric)
    if not lines:
        return []
    shown = few_of(lines)
    title = f"{words.metric(metric).capitalize()} against the length of the test"
    fig = style.figure(title, 3.6 + 0.2 * len(shown))
    ax = fig.subplots()
    drawn_as = looks(study, [line.setting for line in shown])
    for line in shown:
        draw_line(ax, study, line, drawn_as[line.setting.label], metric, singles=False)
    printed = [one for one in published_points(study, metric) if one[0] in [line.setting for line in shown]]
    draw_published(ax, printed)
    ax.axhline(HORIZON, color=style.MUTED, linewidth=0.8, linestyle=(0, (2, 2)), zorder=1)
    label_axes(ax, study, shown, metric)
    if len(study.settings) > 1:
        style.legend_of(fig, ax)
    caption = _caption(study, shown, len(lines), metric, bool(printed))
    name = f"{study.name}-extrapolation"
    return [
        style.Drawn("extrapolation", name, title, caption, f"{title}. {caption}", fig, measures=(metric,))
    ]


def _caption(study: StudyResults, shown: list[Line], total: int, metric: str, printed: bool) -> str:
    parts = [*_reached(study, shown)]
    parts.append(f"Mean over seeds; shaded: its 95% interval (the range with fewer than {MIN_SEEDS} seeds).")
    parts.append(f"Ticks below the curves: the length of training numbers. Dotted: {HORIZON:g}.")
    if printed:
        parts.append("Diamonds: published, one run.")
    if len(shown) < total:
        parts.append(f"{len(shown)} of {total} settings, chosen from worst to best.")
    return " ".join(parts)


def _reached(study: StudyResults, shown: list[Line]) -> list[str]:
    """The longest test up to which each setting is right, the settings of one length together."""
    horizons = study.table("horizon")
    reached: dict[str, list[str]] = {}
    for line in shown:
        mine = horizons[horizons["point"].astype(str) == line.setting.label]
        if len(mine) and mine["seeds"].max() >= MIN_SEEDS:
            longest = mine["horizon"].max()
            bound = "at least " if longest == mine["longest_tested"].max() else ""
            told = "none" if words.absent(longest) else f"{bound}{int(longest)}"
            reached.setdefault(told, []).append(study.short_name(line.setting))
    if not reached:
        return []
    told = "; ".join(f"{named(names)}: {length}" for length, names in reached.items())
    return [f"Longest test up to which the interval stays at {HORIZON:g} or more: {told}."]
