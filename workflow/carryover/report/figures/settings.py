"""The final metric by setting: mean with interval, every seed, and what was published."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from carryover.analysis.statistics import MIN_SEEDS
from carryover.metrics import SHARE, value_range
from carryover.report import style, words
from carryover.report.figures.findings import extremes
from carryover.report.view import Setting, Split, StudyResults

MOST_ROWS = 60
MOST_SPLITS = 4


def draw(study: StudyResults) -> list[style.Drawn]:
    """One figure: a row a setting, a panel a test split (at most four: those where settings differ most)."""
    metric = study.headline
    splits = study.telling_splits(MOST_SPLITS)
    settings = study.available[:MOST_ROWS]
    if metric is None or not splits or not settings:
        return []
    wide = len(splits) > 2
    rows = len(settings)
    names = [style.wrap(study.short_name(setting), 26 if len(splits) > 1 else 40) for setting in settings]
    height = 1.75 + sum(0.235 + 0.13 * name.count("\n") for name in names)
    title = f"{words.metric(metric).capitalize()} by setting"
    if len(study.settings) == 1:
        title = f"{words.metric(metric).capitalize()} on each test"
        return [_one_setting(study, settings[0], study.measured_splits, metric, title)]
    fig = style.figure(title, max(height, 2.6), wide)
    axes = fig.subplots(1, len(splits), sharey=True, squeeze=False)[0]
    published = study.published_values(metric)
    for ax, split in zip(axes, splits, strict=True):
        low = _lowest(study, settings, split, metric)
        for row, setting in enumerate(settings):
            _row(ax, rows - 1 - row, study, setting, split, metric)
            for value in published.get((setting.label, *split), []):
                _mark_published(ax, rows - 1 - row, value)
        if value_range(metric) == SHARE:
            style.share_axis(ax, low, vertical=False)
        style.row_axis(ax, names)
        ax.tick_params(axis="y", length=0)
        ax.set_xlabel(words.axis(metric) if len(splits) == 1 else words.metric(metric))
        if len(splits) > 1 or len(study.splits) > 1:
            ax.set_title(style.wrap(f"on {study.split_name(split)}", 34, 2))
    fig.legend(
        handles=_legend(bool(published), study, settings),
        loc="outside lower left",
        ncols=2 if not wide else 4,
    )
    caption = _caption(study, settings, splits, metric, bool(published))
    alt = f"{title} of study {study.title}: {_numbers(study, settings, splits[0], metric)}"
    return [style.Drawn("settings", f"{study.name}-settings", title, caption, alt, fig, wide, (metric,))]


def _row(ax: Axes, y: float, study: StudyResults, setting: Setting, split: Split, metric: str) -> None:
    row = study.spread(setting, split, metric)
    if row is None:
        return
    outcomes = study.outcomes(setting, split, metric)
    offsets = np.linspace(-0.16, 0.16, len(outcomes)) if len(outcomes) > 1 else np.zeros(len(outcomes))
    finished: list[tuple[float, float]] = []
    for (value, status), offset in zip(outcomes, offsets, strict=True):
        if status != "diverged" and math.isfinite(value):
            finished.append((value, y + offset))
            continue
        # A run without a value still shows that it failed, at the edge.
        x, transform = (value, ax.transData) if math.isfinite(value) else (0.02, ax.get_yaxis_transform())
        ax.plot(x, y + offset, "x", color=style.SERIES[1], markersize=6, markeredgewidth=1.8, zorder=5,
                transform=transform)  # fmt: skip
    if len(outcomes) > 1 and finished:
        ax.plot(*zip(*finished, strict=True), "o", markersize=4, markerfacecolor="none",
                markeredgecolor=style.SERIES[0], markeredgewidth=0.9, alpha=0.8, zorder=3)  # fmt: skip
    low, high = words.none_if_nan(row["low"]), words.none_if_nan(row["high"])
    if low is not None and high is not None:
        ax.plot(
            [low, high],
            [y, y],
            color=style.SERIES[0],
            linewidth=4.5,
            alpha=0.35,
            solid_capstyle="butt",
            zorder=2,
        )
    mean = words.none_if_nan(row["mean"])
    if mean is not None and math.isfinite(mean):
        (dot,) = ax.plot(mean, y, "o", color=style.SERIES[0], markersize=6.5, zorder=4)
        style.mark(dot, texts=[words.spread(row, metric)])


def _mark_published(ax: Axes, y: float, value: tuple[float | None, float | None, float | None]) -> None:
    exact, low, high = value
    if exact is not None:
        ax.plot(exact, y, marker="D", color=style.PUBLISHED, markersize=6, markerfacecolor="none",
                markeredgewidth=1.6, zorder=5)  # fmt: skip
        return
    start, end = (low if low is not None else high), (high if high is not None else low)
    if start is not None and end is not None:
        marker = ">" if high is None else "<" if low is None else "D"
        ax.plot([start, end], [y + 0.3, y + 0.3], color=style.PUBLISHED, linewidth=1.6, marker=marker, markersize=5,
                markerfacecolor="none", zorder=5)  # fmt: skip


def _lowest(study: StudyResults, settings: list[Setting], split: Split, metric: str) -> float:
    """Where an axis of shares starts, by the values of single runs and those that were published."""
    published = study.published_values(metric)
    values = [
        value
        for setting in settings
        for value in (
            *study.values(setting, split, metric),
            *(one for bounds in published.get((setting.label, *split), []) for one in bounds),
        )
        if value is not None and math.isfinite(value)
    ]
    return style.shares_from(min(values, default=0.0))


def _legend(published: bool, study: StudyResults, settings: list[Setting]) -> list[Line2D]:
    blue = style.SERIES[0]
    handles = [
        Line2D([], [], color=blue, marker="o", linestyle="none", markersize=6.5, label="mean over seeds")
    ]
    if any(len(setting.runs) >= MIN_SEEDS for setting in settings):
        handles.append(
            Line2D([], [], color=blue, linewidth=4.5, alpha=0.35, label="95% interval of the mean")
        )
    if any(len(setting.runs) > 1 for setting in settings):
        handles.append(Line2D([], [], color=blue, marker="o", markerfacecolor="none", linestyle="none",
                              markersize=4, label="single run"))  # fmt: skip
    if published:
        handles.append(Line2D([], [], color=style.PUBLISHED, marker="D", markerfacecolor="none", linestyle="none",
                              markeredgewidth=1.6, markersize=6, label="published"))  # fmt: skip
    if any("diverged" in study.statuses(setting) for setting in settings):
        handles.append(Line2D([], [], color=style.SERIES[1], marker="x", linestyle="none", markeredgewidth=2,
                              markersize=7, label="diverged"))  # fmt: skip
    return handles


def _one_setting(
    study: StudyResults, setting: Setting, splits: list[Split], metric: str, title: str
) -> style.Drawn:
    """A study of one setting: a row a test split instead."""
    splits = splits[:MOST_ROWS]
    names = [style.wrap(study.split_name(split), 34, 2) for split in splits]
    fig = style.figure(title, max(1.9 + 0.27 * len(splits), 2.3))
    ax = fig.subplots()
    published = study.published_values(metric)
    for number, split in enumerate(splits):
        y = len(splits) - 1 - number
        _row(ax, y, study, setting, split, metric)
        for value in published.get((setting.label, *split), []):
            _mark_published(ax, y, value)
    if value_range(metric) == SHARE:
        style.share_axis(
            ax, min(_lowest(study, [setting], split, metric) for split in splits), vertical=False
        )
    style.row_axis(ax, names)
    ax.set_xlabel(words.axis(metric))
    fig.legend(handles=_legend(bool(published), study, [setting]), loc="outside lower left", ncols=2)
    tests = "; ".join(
        f"{study.split_name(split)} {words.spread(row, metric)}"
        for split in splits
        if (row := study.spread(setting, split, metric))
    )
    caption = f"{words.metric(metric).capitalize()} of the study's one setting: {tests}."
    return style.Drawn("settings", f"{study.name}-settings", title, caption, caption, fig, measures=(metric,))


def _caption(
    study: StudyResults, settings: list[Setting], splits: list[Split], metric: str, published: bool
) -> str:
    telling = _extremes if len(settings) > 4 else _numbers
    parts = [telling(study, settings, splits[0], metric)]
    parts.append(f"{words.metric(metric).capitalize()} at the end of training, a row a setting.")
    if published:
        parts.append("Diamonds: the published value, one draw.")
    if len(splits) < len(study.measured_splits):
        parts.append(
            f"Shown are the {len(splits)} of {len(study.measured_splits)} tests on which settings differ most."
        )
    if len(settings) < len(study.settings):
        missing = len(study.settings) - len(study.available)
        if missing:
            parts.append(f"Not available: {words.count(missing, 'setting')}.")
        if len(study.available) > MOST_ROWS:
            parts.append(f"The first {MOST_ROWS} of {len(study.available)} settings; the table has all.")
    return " ".join(parts)


def _numbers(study: StudyResults, settings: list[Setting], split: Split, metric: str) -> str:
    told = [
        f"{study.short_name(setting)} {words.spread(row, metric)}"
        for setting in settings[:12]
        if (row := study.spread(setting, split, metric))
    ]
    return f"On {study.split_name(split)}: {'; '.join(told)}{'; …' if len(settings) > 12 else ''}."


def _extremes(study: StudyResults, settings: list[Setting], split: Split, metric: str) -> str:
    means = [(study.mean(setting, split, metric), study.short_name(setting)) for setting in settings]
    known = [(mean, name) for mean, name in means if not math.isnan(mean)]
    return f"On {study.split_name(split)}: {extremes(known, metric)}." if known else ""
