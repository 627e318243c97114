"""Train × test heatmap: what was learned on one distribution, tested on others, with intervals."""

from __future__ import annotations

import math

import matplotlib
import numpy as np

from carryover.analysis.statistics import MIN_SEEDS
from carryover.analysis.wording import bounds, number
from carryover.metrics import HORIZON, SHARE, value_range
from carryover.report import style, words
from carryover.report.figures.findings import extreme, extremes, named
from carryover.report.view import Setting, Split, StudyResults

MOST_ROWS, MOST_COLUMNS = 40, 16


def draw(study: StudyResults) -> list[style.Drawn]:
    """One figure where the data vary and there is more than one test split."""
    metric, splits = study.metric, study.measured_splits[:MOST_COLUMNS]
    settings = study.available[:MOST_ROWS]
    varies = any(path.split(".")[0] == "dataset" for path in study.planned.swept)
    if metric is None or not varies or len(splits) < 2 or len(settings) < 2:
        return []
    means = np.array(
        [[study.mean(setting, split, metric) for split in splits] for setting in settings]
    )  # (P, T)
    intervals = len(splits) <= 10 and len(settings) <= 24
    wide = len(splits) > 4
    title = f"{words.axis(metric).capitalize()}: trained on rows, tested on columns"
    names = [style.wrap(study.short_name(setting), 30, 3) for setting in settings]
    columns = [
        style.wrap(study.split_name(split).replace("/", "/ "), 14 if wide else 12, 3) for split in splits
    ]
    heights = [max(0.44 if intervals else 0.28, 0.2 * (1 + name.count("\n"))) for name in names]
    deepest = max(column.count("\n") for column in columns)
    fig = style.figure(title, 1.15 + sum(heights) + 0.17 * deepest, wide)
    ax = fig.subplots()
    shares = value_range(metric) == SHARE
    scale = matplotlib.colors.Normalize(0, 1) if shares else matplotlib.colors.Normalize()
    mesh = ax.pcolormesh(means, cmap="cividis", norm=scale, edgecolors=style.PAPER, linewidth=1.5)
    ax.invert_yaxis()
    ax.set_xticks(np.arange(len(splits)) + 0.5, columns)
    ax.set_yticks(np.arange(len(settings)) + 0.5, names)
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.grid(visible=False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    for row, setting in enumerate(settings):
        for column, split in enumerate(splits):
            _cell(ax, study, setting, split, metric, row, column, mesh, intervals)
    caption = _caption(study, settings, splits, metric, means, intervals)
    name = f"{study.name}-transfer"
    return [style.Drawn("transfer", name, title, caption, f"{title}. {caption}", fig, wide, (metric,))]


def _cell(
    ax: matplotlib.axes.Axes, study: StudyResults, setting: Setting, split: Split, metric: str, row: int, column: int,
    mesh: matplotlib.collections.QuadMesh, intervals: bool,
) -> None:  # fmt: skip
    spread, mean = study.spread(setting, split, metric), study.mean(setting, split, metric)
    if spread is None or math.isnan(mean):
        ax.text(column + 0.5, row + 0.5, "–", ha="center", va="center", color=style.MUTED)
        return
    red, green, blue, _ = mesh.cmap(mesh.norm(np.array(mean)))
    # Pure black and white, which no theme changes: the cell behind them keeps its colour too.
    ink = "#000000" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.46 else "#ffffff"
    shown = bounds(spread) if intervals else None
    ax.text(
        column + 0.5, row + (0.36 if shown else 0.5), _short(mean, metric), ha="center", va="center",
        color=ink, fontsize=10 if intervals else 8.5,
    )  # fmt: skip
    if shown:
        text = "–".join(_short(spread[end], metric) for end in shown)
        ax.text(column + 0.5, row + 0.72, text, ha="center", va="center", color=ink, fontsize=7.5)


def _short(value: float, metric: str) -> str:
    """Two decimals; a share below 1 is never shown as 1, nor one above 0 as 0."""
    if value_range(metric) != SHARE:
        return number(value, metric)
    if 0.995 <= value < 1:
        return ">.99"
    if 0 < value < 0.005:
        return "<.01"
    return "1" if value == 1 else "0" if value == 0 else f"{value:.2f}"[1:]


def _caption(
    study: StudyResults,
    settings: list[Setting],
    splits: list[Split],
    metric: str,
    means: np.ndarray,
    intervals: bool,
) -> str:
    names = [study.short_name(setting) for setting in settings]
    on = [study.split_name(split) for split in splits]
    parts = [*_finding(means, names, on, metric), f"Mean {words.metric(metric)} over seeds."]
    if intervals:
        fewest = min(len(setting.runs) for setting in settings)
        kind = (
            "its 95% interval"
            if fewest >= MIN_SEEDS
            else f"the range over seeds (95% interval from {MIN_SEEDS} seeds on)"
        )
        parts.append(
            f"Small: {kind}."
            if max(len(setting.runs) for setting in settings) > 1
            else "One seed, no interval."
        )
    if len(study.available) > MOST_ROWS or len(study.measured_splits) > MOST_COLUMNS:
        parts.append(f"The first {MOST_ROWS} settings and {MOST_COLUMNS} tests; the table has all.")
    return " ".join(parts)


def _finding(means: np.ndarray, settings: list[str], tests: list[str], metric: str) -> list[str]:
    """Which settings are right on every test, and which cell is lowest. means: (settings, tests), NaN where unknown."""
    cells = [
        (float(means[row, column]), f"{settings[row]}, on {tests[column]}")
        for row, column in np.argwhere(~np.isnan(means))
    ]
    if not cells:
        return []
    if value_range(metric) != SHARE:
        return [f"{words.metric(metric).capitalize()} lies {extremes(cells, metric)}."]
    right = [name for name, row in zip(settings, means, strict=True) if (row >= HORIZON).all()]
    if len(right) == len(settings):
        return [f"Every setting has {HORIZON:g} or more on every test."]
    everywhere = named(right) if right else "no setting"
    return [
        f"{HORIZON:g} or more on every test: {everywhere}.",
        f"Lowest: {extreme(cells, metric, highest=False)}.",
    ]
