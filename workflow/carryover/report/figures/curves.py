"""Learning curves: a validation metric and the loss during training, with the spread over seeds."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from carryover.analysis.statistics import MIN_SEEDS
from carryover.metrics import PRIMARY, SHARE, value_range
from carryover.report import style, words
from carryover.report.figures.findings import extreme, extremes, named
from carryover.report.figures.looks import MOST, Look, looks
from carryover.report.tables import records
from carryover.report.view import Setting, StudyResults

MOST_POINTS = 100  # on one curve
EARLY = 0.1  # curves that do most of their rise in this part of the training get a logarithmic axis


@dataclass(frozen=True)
class Curve:
    """The runs of one setting. x, mean, low, high: (S,); singles: a curve each, up to the run's own end."""

    setting: Setting
    name: str
    x: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    singles: tuple[tuple[np.ndarray, np.ndarray], ...]
    ended: int  # runs that ended before the longest
    diverged: int


def draw(study: StudyResults) -> list[style.Drawn]:
    """One figure of two panels: the study's metric above, the loss below."""
    metrics = [name for name in (validated_metric(study), "loss") if name]
    epochs = study.planned.base.training.get("epochs") is not None
    panels: dict[str, list[Curve]] = {}
    for name in metrics:
        of_settings = [_curve(study, setting, name, epochs) for setting in study.available]
        curves = [curve for curve in of_settings if curve is not None]
        if curves:
            panels[name] = curves
    if not panels:
        return []
    # Where an answer is one class, the share of whole answers that are correct is called accuracy.
    same = "accuracy" if study.metric == "accuracy" else "exact_match"
    called = {name: same if name == "exact_match" else name for name in panels}
    title = f"Learning curves: {words.listed([words.metric(called[name]) for name in panels])}"
    fig = style.figure(title, 1.0 + 2.0 * len(panels) + 0.16 * min(len(study.available), MOST))
    axes = fig.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    shown = _shown(next(iter(panels.values())))
    drawn_as = looks(study, shown)
    logarithmic = _logarithmic(next(iter(panels.values())))
    for ax, (name, curves) in zip(axes, panels.items(), strict=True):
        for curve in curves:
            _line(ax, curve, drawn_as[curve.setting.label] if curve.setting in shown else None)
        ax.set_ylabel(_wrapped(called[name]))
        if value_range(name) == SHARE:
            style.share_axis(ax)
        else:
            _positive_axis(ax, curves)
        if logarithmic:
            ax.set_xscale("log")
        elif epochs:
            ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        style.count_axis(ax)
    axes[-1].set_xlabel("epochs" if epochs else "optimizer steps" + (" (logarithmic)" if logarithmic else ""))
    if len(study.settings) > 1:
        style.legend_of(fig, *axes)
    first = next(iter(panels.values()))
    caption = " ".join(
        [
            *(_solved(study) or _ended(first, next(iter(panels)))),
            _caption(list(called.values()), first, shown),
        ]
    )
    # Where a curve of correct answers ends, it shows when the task is solved.
    measures = (*panels, *(("solved_at",) if study.task.solvable else ()))
    name, alt = f"{study.name}-curves", f"{title}. {_ends(first)}"
    return [style.Drawn("curves", name, title, caption, alt, fig, measures=measures)]


def _solved(study: StudyResults) -> list[str]:
    """After how many steps each setting had solved its task, where some run has; the settings that never did."""
    rows = {row["point"]: row for row in records(study.table("solved"))}
    known = [(setting, rows[setting.label]) for setting in study.available if setting.label in rows]
    steps = [
        (float(row["median_steps"]), study.short_name(setting))
        for setting, row in known
        if not words.absent(row["median_steps"]) and math.isfinite(row["median_steps"])
    ]
    if not steps:
        return []
    several = max(int(row["seeds"]) for _, row in known) > 1
    quickest, slowest = (extreme(steps, "steps", highest) for highest in (False, True))
    what = (
        "Steps after which the median run of a setting solves the task"
        if several
        else "Steps to solve the task"
    )
    parts = [f"{what}: {quickest}"]
    if len({value for value, _ in steps}) > 1:
        parts.append(f"at most {slowest}")
    never = [study.short_name(setting) for setting, row in known if int(row["solved"]) == 0]
    if never:
        parts.append(f"never: {named(never)}")
    return [f"{'; '.join(parts)}."]


def _ended(curves: list[Curve], metric: str) -> list[str]:
    """What the curves of a metric reach at their end."""
    ends = [(last, curve.name) for curve in curves if np.isfinite(last := _last(curve.mean))]
    return [f"Validation {words.metric(metric)} at the end: {extremes(ends, metric)}."] if ends else []


def validated_metric(study: StudyResults) -> str | None:
    """The metric that is drawn above the loss: the one that answers the question, where training validates it."""
    validated = study.report.validated
    measured = {metric for run in study.setting_of for metric in validated.get(run, ())}
    wanted = [study.metric] if study.metric else []
    return next((name for name in [*wanted, *PRIMARY] if name in measured), None)


def _curve(study: StudyResults, setting: Setting, metric: str, epochs: bool) -> Curve | None:
    spread = study.report.curves.get((study.name, setting.label, metric))
    histories = [
        study.report.history[(run, "validation", metric)]
        for run in setting.runs
        if (run, "validation", metric) in study.report.history
    ]
    if spread is None or not histories:
        return None
    spread = spread.iloc[_kept(len(spread))]
    steps = spread["step"].to_numpy(dtype=float)
    longest = max(histories, key=lambda history: history[0][-1])
    x = np.interp(steps, longest[0], longest[1]) if epochs else steps
    low, high = ("low", "high") if len(histories) >= MIN_SEEDS else ("minimum", "maximum")
    mean, lowest, highest = (spread[name].to_numpy(dtype=float) for name in ("mean", low, high))
    singles = tuple(
        (history[1 if epochs else 0][kept], history[2][kept])
        for history in histories
        for kept in [_kept(history[0].size)]
    )
    ended = int(spread["ended"].iloc[-1])
    name, diverged = study.short_name(setting), study.statuses(setting).count("diverged")
    return Curve(setting, name, x, mean, lowest, highest, singles, ended, diverged)


def _kept(size: int) -> np.ndarray:
    """Which of `size` values are drawn."""
    return np.unique(np.linspace(0, size - 1, min(size, MOST_POINTS)).round().astype(int))


def _positive_axis(ax: Axes, curves: list[Curve]) -> None:
    """A logarithmic axis, where that is of use, around what single runs reached (intervals may reach far below)."""
    values = np.concatenate([y for curve in curves for _, y in curve.singles])
    values = values[np.isfinite(values)]
    if values.size and (values > 0).all() and values.max() > 5 * values.min():
        ax.set_yscale("log")
        ax.set_ylim(values.min() / 1.5, values.max() * 1.5)


def _line(ax: Axes, curve: Curve, look: Look | None) -> None:
    if look is None:
        ax.plot(curve.x, curve.mean, color=style.MUTED, linewidth=0.7, alpha=0.45, zorder=1)
        return
    for x, y in curve.singles:
        if len(curve.singles) > 1:
            (single,) = ax.plot(x, y, color=look.colour, linewidth=0.6, alpha=0.5, zorder=2)
            style.mark(single, curve.name)
        broken = np.flatnonzero(~np.isfinite(y))
        if broken.size and broken[0] > 0:
            last = broken[0] - 1
            ax.plot(
                x[last], y[last], marker="x", color=look.colour, markersize=8, markeredgewidth=2, zorder=5
            )
    if len(curve.singles) > 1:
        band = ax.fill_between(
            curve.x, curve.low, curve.high, color=look.colour, alpha=0.18, linewidth=0, zorder=2
        )
        style.mark(band, curve.name)
    marks = max(1, curve.x.size // 6)
    first = style.MARKERS.index(look.marker)  # markers of curves that run together then stand side by side
    (mean,) = ax.plot(
        curve.x, curve.mean, color=look.colour, linestyle=look.dashes, marker=look.marker,
        markersize=4.5, markevery=(min(first, marks - 1), marks), label=curve.name, zorder=4,
    )  # fmt: skip
    style.mark(mean, curve.name)


def _shown(curves: list[Curve]) -> list[Setting]:
    """The settings that get a colour: all where they are few, else best, middle and worst at the end."""
    if len(curves) <= MOST:
        return [curve.setting for curve in curves]
    by_end = sorted(curves, key=lambda curve: _last(curve.mean))
    chosen = {by_end[i].setting.label for i in (0, len(by_end) // 2, len(by_end) - 1)}
    return [curve.setting for curve in curves if curve.setting.label in chosen]


def _logarithmic(curves: list[Curve]) -> bool:
    """Whether most curves are half-way within the first part of the training."""
    early = []
    for curve in curves:
        finite = np.isfinite(curve.mean)
        x, y = curve.x[finite], curve.mean[finite]
        if x.size > 3 and y[0] != y[-1] and x[0] > 0:
            half = np.argmax(np.abs(y - y[0]) >= abs(y[-1] - y[0]) / 2)
            early.append(x[half] / max(single[0][-1] for other in curves for single in other.singles))
    return bool(early) and float(np.median(early)) < EARLY


def _last(values: np.ndarray) -> float:
    finite = values[np.isfinite(values)]
    return float(finite[-1]) if finite.size else -np.inf


def _wrapped(metric: str) -> str:
    return words.axis(metric).replace(" (", "\n(")


def _caption(metrics: list[str], curves: list[Curve], shown: list[Setting]) -> str:
    names = [
        f"{words.metric(name)}{panel}" for name, panel in zip(metrics, (" (above)", " (below)"), strict=False)
    ]
    parts = [
        f"Validation {words.listed(names if len(metrics) > 1 else [words.metric(metrics[0])])} in training."
    ]
    most = max(len(curve.singles) for curve in curves)
    fewest = min(len(curve.singles) for curve in curves)
    if most == 1:
        parts.append("One seed, so there is no spread to show.")
    else:
        kind = "95% interval" if fewest >= MIN_SEEDS else f"range (95% interval from {MIN_SEEDS} seeds on)"
        seeds = f"{fewest}" if fewest == most else f"{fewest} to {most}"
        parts.append(f"Thick: mean over {seeds} seeds, with its {kind} shaded; thin: single runs.")
    if any(curve.ended for curve in curves):
        parts.append(
            "A run that ended early (it stopped once solved, or diverged) counts with its last value from then on."
        )
    diverged = sum(curve.diverged for curve in curves)
    if diverged:
        parts.append(f"× marks the last finite value of {words.count(diverged, 'diverged run')}.")
    if len(shown) < len(curves):
        parts.append(f"Coloured: best, middle and worst of {len(curves)} settings; grey: the others.")
    return " ".join(parts)


def _ends(curves: list[Curve]) -> str:
    """Where each curve ends, in words."""
    ends = [
        f"{curve.name} {f'ends at {last:.3g}' if np.isfinite(last := _last(curve.mean)) else 'has no finite value'}"
        for curve in curves[:MOST]
    ]
    return f"{'; '.join(ends)}{'; …' if len(curves) > MOST else ''}."
