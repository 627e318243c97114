"""Error analysis: accuracy by what makes an example hard (carry chains, positions, operators, digits …)."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from carryover.analysis.statistics import MIN_SEEDS
from carryover.planning.plan import Setting
from carryover.report import style, words
from carryover.report.breakdown import FEWEST, NO_ERRORS, Breakdown, Family, breakdown, most_telling
from carryover.report.figures.findings import extremes
from carryover.report.figures.looks import Look, looks
from carryover.report.tables import Row, ends
from carryover.report.view import Split, StudyResults
from carryover.tasks.strata_titles import amount

MOST_TICKS = 10
MOST_MARKERS = 40  # on one line
FLAT = 0.01  # between the strata of a family, below which it shows nothing
CROWDED = 55  # characters of tick labels, above which they stand upright


def draw(study: StudyResults) -> list[style.Drawn | style.NotDrawn]:
    """One figure: a panel a family of strata, for the test and the settings whose errors tell most.

    The reason, where no setting has errors, or where they are the same everywhere.
    """
    name = f"{study.name}-errors"
    if not study.strata or study.metric is None:
        return []
    chosen = breakdown(study)
    if chosen is None:
        reason = f"no setting has less than {NO_ERRORS:g} on a test that is broken down"
        return [style.NotDrawn("errors", name, "Where the errors are", reason)]
    chosen = _telling(study, chosen)
    split, settings, families = chosen
    if not settings:
        on = study.split_name(split)
        reason = f"on {on}, which has most errors, no breakdown differs by {FLAT:g} or more"
        return [style.NotDrawn("errors", name, "Where the errors are", reason)]
    columns = 1 if len(families) == 1 else 2
    rows = -(-len(families) // columns)
    where = f" on {study.split_name(split)}" if len(study.splits) > 1 else ""
    title = f"Where the errors are{where}"
    fig = style.figure(title, 1.0 + 2.35 * rows + 0.2 * len(settings), wide=columns > 1)
    axes = list(fig.subplots(rows, columns, squeeze=False).ravel())
    drawn_as = looks(study, settings)
    for ax, family in zip(axes, families, strict=False):
        for number, setting in enumerate(settings):
            offset = (number - (len(settings) - 1) / 2) * min(0.16, 0.8 / len(settings))
            _draw_setting(ax, study, setting, split, family, offset, drawn_as[setting.label])
        _label_axes(ax, study, family)
        _cut_at_the_data(ax)
    style.hide_unused(axes, len(families))
    if len(study.settings) > 1:
        style.legend_of(fig, *axes)
    caption = _caption(study, chosen)
    return [style.Drawn("errors", name, title, caption, f"{title}. {caption}", fig, columns > 1)]


def _telling(study: StudyResults, chosen: Breakdown) -> Breakdown:
    """What differs: families in which some setting's strata do, and the settings that have some such family."""

    def differs(setting: Setting, family: Family) -> bool:
        means = [mean for mean, _ in _known(study, chosen.split, setting, family)]
        return len(means) > 1 and max(means) - min(means) >= FLAT

    settings = [one for one in chosen.settings if any(differs(one, family) for family in chosen.families)]
    families = [one for one in chosen.families if any(differs(setting, one) for setting in settings)]
    return Breakdown(chosen.split, settings, families)


def _known(study: StudyResults, split: Split, setting: Setting, family: Family) -> list[tuple[float, str]]:
    """The mean of each stratum that has one, with what a reader calls the stratum."""
    means = [(study.mean(setting, split, family.metric, one), one) for one in family.strata]
    return [(mean, study.stratum_title(stratum)) for mean, stratum in means if not math.isnan(mean)]


def _draw_setting(
    ax: Axes, study: StudyResults, setting: Setting, split: Split, family: Family, offset: float, look: Look
) -> None:
    """One setting in the panel of a family: a line where values are ordered, else a dot a value, `offset` aside."""
    spreads = [study.spread(setting, split, family.metric, stratum) for stratum in family.strata]
    positions = family.values if family.numeric else range(len(family.strata))
    known = [
        (position, row)
        for position, row in zip(positions, spreads, strict=True)
        if row is not None and not words.absent(row["mean"])
    ]
    if not known:
        return
    if family.ordered:
        _line(ax, known, look, study.short_name(setting))
    else:
        _dots(ax, [(position + offset, row) for position, row in known], look, study.short_name(setting))


def _line(ax: Axes, rows: list[tuple[float, Row]], look: Look, name: str) -> None:
    x = np.array([position for position, _ in rows], float)
    mean = np.array([row["mean"] for _, row in rows], float)
    low, high = np.array([ends(row) for _, row in rows], float).T
    style.mark(ax.fill_between(x, low, high, color=look.colour, alpha=0.15, linewidth=0), name)
    marker = look.marker if len(rows) <= MOST_MARKERS else None
    (drawn,) = ax.plot(x, mean, color=look.colour, marker=marker, markersize=4.5, linestyle=look.dashes,
            linewidth=1.4, label=name)  # fmt: skip
    style.mark(
        drawn,
        name,
        [] if marker is None else [f"{name} at {at:g}: {y:.3g}" for at, y in zip(x, mean, strict=True)],
    )


def _dots(ax: Axes, rows: list[tuple[float, Row]], look: Look, name: str) -> None:
    for number, (x, row) in enumerate(rows):
        (bar,) = ax.plot([x, x], ends(row), color=look.colour, linewidth=2.6, alpha=0.4)
        style.mark(bar, name)
        (dot,) = ax.plot(x, row["mean"], color=look.colour, marker=look.marker, markersize=5, linestyle="none",
                label=f"_{number}" if number else name)  # fmt: skip
        style.mark(dot, name, [f"{name}: {row['mean']:.3g}"])


def _label_axes(ax: Axes, study: StudyResults, family: Family) -> None:
    ax.set_xlabel(study.task.strata[family.name].label)
    ax.set_ylabel(words.metric(family.metric))
    if family.numeric:
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=2))
        return
    # Of numbers and ranges the axis says what they are.
    titles = [
        amount(str(value)) if family.ordered else study.stratum_title(stratum)
        for value, stratum in zip(family.values, family.strata, strict=True)
    ]
    names = [style.wrap(title, 14) for title in titles]
    # Of ordered values not every one has room for its name.
    step = -(-len(names) // MOST_TICKS) if family.ordered else 1
    ticks = list(range(0, len(names), step))
    shown = [names[tick] for tick in ticks]
    crowded = sum(map(len, shown)) > CROWDED
    ax.set_xticks(ticks, shown, rotation=90 if crowded else 0)
    ax.grid(axis="x", visible=family.ordered)


def _cut_at_the_data(ax: Axes) -> None:
    """Limits of the axis of shares around what was drawn, to the next tenth."""
    low, high = float(ax.dataLim.y0), float(ax.dataLim.y1)
    bottom, top = math.floor(low * 10) / 10, math.ceil(high * 10) / 10
    margin = 0.03 * (top - bottom)
    ax.set_ylim(bottom - margin, top + margin)


def _caption(study: StudyResults, chosen: Breakdown) -> str:
    split, settings, families = chosen
    setting = most_telling(study, chosen)
    found = [
        f"by {study.task.strata[family.name].label} {extremes(known, family.metric)}"
        for family in families[:2]
        if (known := _known(study, split, setting, family))
    ]
    several = max(len(setting.runs) for setting in settings) > 1
    parts = (
        [
            words.sentence(
                f"{study.short_name(setting)}: {words.metric(families[0].metric)} {'; '.join(found)}"
            )
        ]
        if found
        else []
    )
    parts.append(
        f"Mean over seeds with its 95% interval (the range with fewer than {MIN_SEEDS} seeds)."
        if several
        else "One seed."
    )
    parts.append(f"Groups of fewer than {FEWEST} examples are left out.")
    if len(settings) < len(study.available):
        parts.append(f"Shown: the {len(settings)} of {len(study.available)} settings whose errors tell most.")
    return " ".join(parts)
