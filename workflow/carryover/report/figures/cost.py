"""Accuracy against parameters and processor time: the Pareto front, failures to train, and what was published."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from carryover.analysis.wording import number
from carryover.metrics import SHARE, value_range
from carryover.report import style, words
from carryover.report.view import Setting, Split, StudyResults

PARAMETERS = "parameters (trainable weights)"
SECONDS = "processor time of a training (CPU seconds)"
NO_DIFFERENCE = 0.005  # of all runs in accuracy, below which a figure of costs shows nothing
EVERYWHERE = (None, None)  # suite and split of a number that is no test's


@dataclass(frozen=True)
class Dot:
    """One setting: its cost, its mean accuracy, and the values of its runs (NaN where one diverged)."""

    setting: Setting
    cost: float
    mean: float
    runs: tuple[float, ...]


@dataclass(frozen=True)
class Panel:
    """What one cost shows: our settings, and the published ones as (cost, accuracy)."""

    label: str
    dots: list[Dot]
    published: list[tuple[float, float]]

    @property
    def costs(self) -> list[float]:
        return [*(dot.cost for dot in self.dots), *(cost for cost, _ in self.published)]

    @property
    def values(self) -> list[float]:
        runs = (value for dot in self.dots for value in dot.runs)
        return [value for value in (*runs, *(value for _, value in self.published)) if math.isfinite(value)]


def draw(study: StudyResults) -> list[style.Drawn | style.NotDrawn]:
    """One figure where settings differ in size: a panel of parameters, and one of seconds that runs took alone.

    Where all settings are as good, it would show nothing.
    """
    metric, splits = study.headline, study.measured_splits
    if metric is None or value_range(metric) != SHARE or not splits:
        return []
    split = splits[0]
    by_size = Panel(PARAMETERS, _dots(study, split, metric, _parameters), _published(study, split, metric))
    if max(len({dot.cost for dot in by_size.dots}), len({cost for cost, _ in by_size.published})) < 3:
        return []
    title = f"{words.metric(metric).capitalize()} against cost"
    name = f"{study.name}-cost"
    values = by_size.values
    if max(values) - min(values) < NO_DIFFERENCE:
        found = words.brief(min(values), metric), words.brief(max(values), metric)
        shown = " to ".join(dict.fromkeys(found))
        reason = f"every run has {shown} on {study.split_name(split)}, whatever it cost"
        return [style.NotDrawn("cost", name, title, reason)]
    by_time = Panel(SECONDS, _dots(study, split, metric, _seconds) if _timed_alone(study) else [], [])
    panels = [by_size, by_time] if len(by_time.dots) >= 3 else [by_size]
    failed = _failed_below(study, split, metric, by_size.values)
    wide = len(panels) > 1
    fig = style.figure(title, 4.1, wide)
    axes = fig.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for ax, panel in zip(axes, panels, strict=True):
        _draw_panel(ax, panel, failed, study.names)
        ax.set_xlabel(f"{panel.label}{', logarithmic' if ax.get_xscale() == 'log' else ''}")
    style.share_axis(axes[0], style.shares_from(min(by_size.values, default=0.0), zoom_above=0.3))
    axes[0].set_ylabel(words.axis(metric).replace(" (", "\n("))
    fig.legend(handles=_legend(panels, failed), loc="outside lower left", ncols=2 * len(panels))
    caption = _caption(study, split, metric, panels, failed)
    return [style.Drawn("cost", name, title, caption, f"{title}. {caption}", fig, wide)]


def front(dots: list[Dot]) -> list[Dot]:
    """The settings that no other one beats in both cost and accuracy, cheapest first."""
    best, kept = -math.inf, []
    for dot in sorted(dots, key=lambda one: (one.cost, -one.mean)):
        if dot.mean > best:
            kept.append(dot)
            best = dot.mean
    return kept


def _dots(study: StudyResults, split: Split, metric: str, cost: object) -> list[Dot]:
    dots = []
    for setting in study.available:
        price = cost(study, setting)  # type: ignore[operator]
        mean = study.mean(setting, split, metric)
        if math.isfinite(price) and price > 0 and not math.isnan(mean):
            dots.append(Dot(setting, price, mean, tuple(study.values(setting, split, metric))))
    return dots


def _parameters(study: StudyResults, setting: Setting) -> float:
    rows = study.rows_of_runs(setting)
    return float(rows[0]["parameters"]) if rows else math.nan


def _seconds(study: StudyResults, setting: Setting) -> float:
    costs = [
        study.report.training_costs[run]["cpu_seconds"]
        for run in setting.runs
        if run in study.report.training_costs
    ]
    known = [float(cost) for cost in costs if words.none_if_nan(cost) is not None]
    return sum(known) / len(known) if known else math.nan


def _timed_alone(study: StudyResults) -> bool:
    """Whether every training was alone on its machine, and all on one."""
    costs = [study.report.training_costs.get(run) for setting in study.available for run in setting.runs]
    known = [cost for cost in costs if cost is not None]
    return (
        all(words.none_if_nan(cost["alone"]) for cost in known)
        and len({(c["device"], c["host"]) for c in known}) == 1
    )


def _published(study: StudyResults, split: Split, metric: str) -> list[tuple[float, float]]:
    """(parameters, accuracy) of the published settings, whether or not we have runs of them.

    If a report prints no size, the size of our own runs is used.
    """
    sizes = study.published_values("parameters")
    pairs: list[tuple[float, float]] = []
    for setting in study.settings:
        printed = [value for value, _, _ in sizes.get((setting.label, *EVERYWHERE), []) if value is not None]
        size = printed[0] if printed else _parameters(study, setting)
        values = study.published_values(metric).get((setting.label, *split), [])
        pairs += [(float(size), float(value)) for value, _, _ in values if value is not None]
    return [(size, value) for size, value in pairs if math.isfinite(size) and size > 0]


def _failed_below(study: StudyResults, split: Split, metric: str, values: list[float]) -> float | None:
    """A run below this failed to train: it is nearer to always giving the most frequent answer than to the best run."""
    baselines = (study.mean(setting, split, words.baseline_of(metric)) for setting in study.available)
    known = [value for value in baselines if math.isfinite(value)]
    return (known[0] + max(values)) / 2 if known and max(values, default=0.0) > known[0] else None


def _draw_panel(ax: Axes, panel: Panel, failed: float | None, names: Mapping[str, str]) -> None:
    trained = [dot for dot in panel.dots if failed is None or dot.mean >= failed]
    best = front(trained)
    ax.step([dot.cost for dot in best], [dot.mean for dot in best], where="post", color=style.SERIES[2],
            linewidth=1.4, zorder=1)  # fmt: skip
    for cost, value in panel.published:
        _draw_one(ax, cost, value, failed, "D", style.PUBLISHED, zorder=3)
    for dot in panel.dots:
        for value in dot.runs:
            if math.isfinite(value):
                _draw_one(ax, dot.cost, value, failed, "o", style.SERIES[0], zorder=2)
        if not all(map(math.isfinite, dot.runs)):
            ax.plot(dot.cost, 0.015, "v", color=style.SERIES[1], markersize=7,
                    transform=ax.get_xaxis_transform(), zorder=4)  # fmt: skip
    others = [dot for dot in trained if dot not in best]
    (plain,) = ax.plot(
        [dot.cost for dot in others], [dot.mean for dot in others], "o", color=style.SERIES[0], markersize=6
    )
    (first,) = ax.plot(
        [dot.cost for dot in best], [dot.mean for dot in best], "s", color=style.SERIES[2], markersize=7
    )
    for line, dots in ((plain, others), (first, best)):
        style.mark(
            line, texts=[f"{names[dot.setting.label]}: {dot.mean:.4g} at {dot.cost:,.4g}" for dot in dots]
        )
    if max(panel.costs) / min(panel.costs) > 12:
        ax.set_xscale("log")
    else:
        ax.xaxis.set_major_locator(MaxNLocator(5))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _compact(value)))


def _draw_one(
    ax: Axes, cost: float, value: float, failed: float | None, marker: str, colour: str, zorder: int
) -> None:
    """One run: hollow, or a cross where it failed to train."""
    if failed is not None and value < failed:
        ax.plot(cost, value, "x", color=colour, markersize=6, markeredgewidth=1.6, zorder=zorder)
    else:
        ax.plot(cost, value, marker, markerfacecolor="none", markeredgecolor=colour, markersize=3.8,
                markeredgewidth=0.8, alpha=0.75, zorder=zorder)  # fmt: skip


def _compact(value: float) -> str:
    """`1.5 M` for 1,500,000, as a tick label."""
    for size, letter in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def _legend(panels: list[Panel], failed: float | None) -> list[Line2D]:
    blue, green, red = style.SERIES[0], style.SERIES[2], style.PUBLISHED
    handles = [
        Line2D([], [], color=green, marker="s", markersize=7, label="Pareto front (mean over seeds)"),
        Line2D([], [], color=blue, marker="o", linestyle="none", markersize=6, label="other settings (mean)"),
        Line2D([], [], color=blue, marker="o", markerfacecolor="none", linestyle="none", markersize=4,
               label="single run"),
    ]  # fmt: skip
    if panels[0].published:
        handles.append(Line2D([], [], color=red, marker="D", markerfacecolor="none", linestyle="none",
                              markersize=4, label="published (one run)"))  # fmt: skip
    ours = [value for dot in panels[0].dots for value in dot.runs]
    printed = [value for _, value in panels[0].published]
    for values, colour, whose in ((ours, blue, ""), (printed, red, ", published")):
        if failed is not None and min(values, default=math.inf) < failed:
            handles.append(Line2D([], [], color=colour, marker="x", linestyle="none", markeredgewidth=1.6,
                                  markersize=6, label=f"failed to train{whose}"))  # fmt: skip
    if any(not math.isfinite(value) for panel in panels for dot in panel.dots for value in dot.runs):
        handles.append(Line2D([], [], color=style.SERIES[1], marker="v", linestyle="none", markersize=7,
                              label="diverged"))  # fmt: skip
    return handles


def _caption(
    study: StudyResults, split: Split, metric: str, panels: list[Panel], failed: float | None
) -> str:
    parts = [f"{words.metric(metric).capitalize()} on {study.split_name(split)}, a dot a setting."]
    for panel in panels:
        best = front([dot for dot in panel.dots if failed is None or dot.mean >= failed])
        if not best:
            continue
        cost = panel.label.partition(" (")[0]
        ends = " to ".join(
            f"{study.short_name(dot.setting)} ({number(dot.mean, metric)} at {number(dot.cost, 'cost')})"
            for dot in [best[0], *best[1:][-1:]]
        )
        parts.append(f"Nothing beats, in accuracy and {cost} together, {ends}.")
    if failed is not None:
        ours = [value for dot in panels[0].dots for value in dot.runs if math.isfinite(value)]
        printed = [value for _, value in panels[0].published]
        told = [
            f"{sum(value < failed for value in group)} of {len(group)} {whose}"
            for group, whose in ((ours, "runs of ours"), (printed, "published ones"))
            if group
        ]
        if min((*ours, *printed), default=math.inf) < failed:
            meaning = "nearer to always giving the most frequent answer than to the best"
            parts.append(f"Failed to train (below {failed:.2f}, {meaning}): {words.listed(told)}.")
    if panels[-1].label == SECONDS:
        parts.append("Times are those of this machine.")
    else:
        parts.append("No panel of times: they compare only where runs were made alone on one machine.")
    return " ".join(parts)
