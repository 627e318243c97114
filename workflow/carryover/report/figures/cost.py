"""Accuracy against what it costs: parameters and training time, with the Pareto front and the failures."""

from __future__ import annotations

import math
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from carryover.analysis.statistics import metric_range
from carryover.analysis.wording import number
from carryover.report import style, words
from carryover.report.figures.settings import splits_of
from carryover.report.view import Point, Split, Study


@dataclass(frozen=True)
class Dot:
    """One setting: its cost, its mean accuracy, and the values of its runs (NaN where one diverged)."""

    point: Point
    cost: float
    mean: float
    runs: tuple[float, ...]


def draw(study: Study) -> list[style.Drawn]:
    """One figure where settings differ in size: a panel of parameters, and one of seconds where there are times."""
    metric, splits = study.metric, splits_of(study)
    if metric is None or metric_range(metric) != (0.0, 1.0) or not splits or len(study.available) < 3:
        return []
    split = splits[0]
    panels = {
        "parameters (trainable weights)": _dots(study, split, metric, _parameters),
        "training time of a run (seconds)": _dots(study, split, metric, _seconds),
    }
    if len({dot.cost for dot in panels["parameters (trainable weights)"]}) < 3:
        return []
    panels = {label: dots for label, dots in panels.items() if len(dots) >= 3}
    title = f"{words.metric(metric).capitalize()} against cost"
    fig = style.figure(title, 3.9, wide=len(panels) > 1)
    axes = fig.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for ax, (label, dots) in zip(axes, panels.items(), strict=True):
        _panel(ax, dots)
        ax.set_xlabel(f"{label}{', logarithmic' if ax.get_xscale() == 'log' else ''}")
    axes[0].set_ylabel(words.axis(metric).replace(" (", "\n("))
    fig.legend(handles=_legend(panels), loc="outside lower left", ncols=2 * len(panels))
    caption = _caption(study, split, metric, panels)
    wide = len(panels) > 1
    return [style.Drawn("cost", f"{study.name}-cost", title, caption, f"{title}. {caption}", fig, wide)]


def front(dots: list[Dot]) -> list[Dot]:
    """The settings that no other one beats in both cost and accuracy, cheapest first."""
    best, kept = -math.inf, []
    for dot in sorted(dots, key=lambda one: (one.cost, -one.mean)):
        if dot.mean > best:
            kept.append(dot)
            best = dot.mean
    return kept


def _dots(study: Study, split: Split, metric: str, cost: object) -> list[Dot]:
    found = []
    for point in study.available:
        price = cost(study, point)  # type: ignore[operator]
        mean = study.mean(point, split, metric)
        if math.isfinite(price) and price > 0 and not math.isnan(mean):
            found.append(Dot(point, price, mean, tuple(study.values(point, split, metric))))
    return found


def _parameters(study: Study, point: Point) -> float:
    rows = [study.report.runs[run] for run in point.runs if run in study.report.runs]
    return float(rows[0]["parameters"]) if rows else math.nan


def _seconds(study: Study, point: Point) -> float:
    costs = [
        study.report.training_costs[run]["seconds"]
        for run in point.runs
        if run in study.report.training_costs
    ]
    known = [float(cost) for cost in costs if words.none_if_nan(cost) is not None]
    return sum(known) / len(known) if known else math.nan


def _panel(ax: Axes, dots: list[Dot]) -> None:
    for dot in dots:
        finite = [value for value in dot.runs if math.isfinite(value)]
        ax.plot([dot.cost] * len(finite), finite, "o", markerfacecolor="none", markeredgecolor=style.SERIES[0],
                markersize=3.5, markeredgewidth=0.7, alpha=0.6, zorder=2)  # fmt: skip
        if len(finite) < len(dot.runs):
            ax.plot(dot.cost, 0.015, "x", color=style.SERIES[1], markersize=7, markeredgewidth=2,
                    transform=ax.get_xaxis_transform(), zorder=4)  # fmt: skip
    best = front(dots)
    ax.step([dot.cost for dot in best], [dot.mean for dot in best], where="post", color=style.SERIES[2],
            linewidth=1.4, zorder=1)  # fmt: skip
    others = [dot for dot in dots if dot not in best]
    ax.plot(
        [dot.cost for dot in others], [dot.mean for dot in others], "o", color=style.SERIES[0], markersize=6
    )
    ax.plot([dot.cost for dot in best], [dot.mean for dot in best], "s", color=style.SERIES[2], markersize=7)
    costs = [dot.cost for dot in dots]
    if max(costs) / min(costs) > 12:
        ax.set_xscale("log")
    else:
        ax.xaxis.set_major_locator(MaxNLocator(5))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _compact(value)))
    values = [value for dot in dots for value in dot.runs if math.isfinite(value)]
    lowest = min(values, default=0.0)
    style.share_axis(ax, math.floor(lowest * 20 - 0.4) / 20 if lowest > 0.3 else 0.0)


def _compact(value: float) -> str:
    """`1.5 M` for 1,500,000, as a tick label."""
    for size, letter in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def _legend(panels: dict[str, list[Dot]]) -> list[Line2D]:
    blue, green = style.SERIES[0], style.SERIES[2]
    handles = [
        Line2D([], [], color=green, marker="s", markersize=7, label="Pareto front (mean over seeds)"),
        Line2D([], [], color=blue, marker="o", linestyle="none", markersize=6, label="other settings (mean)"),
        Line2D([], [], color=blue, marker="o", markerfacecolor="none", linestyle="none", markersize=4,
               label="single run"),
    ]  # fmt: skip
    if any(not math.isfinite(value) for dots in panels.values() for dot in dots for value in dot.runs):
        handles.append(Line2D([], [], color=style.SERIES[1], marker="x", linestyle="none", markeredgewidth=2,
                              markersize=7, label="diverged"))  # fmt: skip
    return handles


def _caption(study: Study, split: Split, metric: str, panels: dict[str, list[Dot]]) -> str:
    parts = [f"{words.metric(metric).capitalize()} on {study.split_name(split)}, a dot a setting."]
    for label, dots in panels.items():
        best = front(dots)
        cost = label.partition(" (")[0]
        ends = f"{best[0].point.name} ({number(best[0].mean, metric)} at {best[0].cost:,.4g})"
        if len(best) > 1:
            ends += f" to {best[-1].point.name} ({number(best[-1].mean, metric)} at {best[-1].cost:,.4g})"
        parts.append(f"Nothing beats, in accuracy and {cost} together, {ends}.")
    if "training time of a run (seconds)" in panels:
        parts.append("Times are those of this run of the workflow and depend on what else the machine did.")
    return " ".join(parts)
