"""Error analysis: accuracy by what makes an example hard (carry chains, positions, operators, digits …)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from carryover.report import style, words
from carryover.report.figures.settings import splits_of
from carryover.report.view import PRIMARY, Point, Split, Study

MOST_POINTS, MOST_FAMILIES, MOST_VALUES = 5, 6, 24
NOT_HERE = ("seen",)  # has a figure of its own
# Families in the order in which a reader asks for them; others follow.
NO_ERRORS = 0.995  # where every setting has this, there is nothing to break down
SIGNS = {"negative": 0, "zero": 1, "positive": 2}
FIRST = ("longest_carry", "position", "operators", "digits", "sign", "carries", "component")


@dataclass(frozen=True)
class Family:
    """One way to break a test down. values: the strata's values as numbers where all are, else as text."""

    name: str
    metric: str
    values: tuple[Any, ...]
    strata: tuple[str, ...]

    @property
    def numeric(self) -> bool:
        return all(isinstance(value, float) for value in self.values)


def draw(study: Study) -> list[style.Drawn]:
    """One figure: a panel a family of strata, for the test and the settings whose errors tell most."""
    chosen = choose(study)
    if chosen is None:
        return []
    split, points, found = chosen
    columns = 1 if len(found) == 1 else 2
    rows = -(-len(found) // columns)
    where = f" on {study.split_name(split)}" if len(study.splits) > 1 else ""
    title = f"Where the errors are{where}"
    fig = style.figure(title, 1.0 + 2.35 * rows + 0.2 * len(points), wide=columns > 1)
    axes = list(fig.subplots(rows, columns, squeeze=False).ravel())
    colours = style.colours(len(points), ordered=False)
    for ax, family in zip(axes, found, strict=False):
        for place, (point, colour) in enumerate(zip(points, colours, strict=True)):
            (_numbers if family.numeric else _texts)(
                ax, study, point, split, family, place, len(points), colour
            )
        style.share_axis(ax)
        ax.set_xlabel(words.stratum(family.name))
        ax.set_ylabel(words.metric(family.metric))
        if family.numeric:
            ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=2))
        else:
            # A text as a tick is a category, also where it looks like a formula.
            names = [style.wrap(str(value), 14, 2) for value in family.values]
            crowded = len(names) > 8 or sum(map(len, names)) > 55
            ax.set_xticks(range(len(names)), names, rotation=90 if crowded else 0)
            ax.grid(axis="x", visible=False)
    style.hide_unused(axes, len(found))
    if len(study.points) > 1:
        handles, labels = axes[0].get_legend_handles_labels()
        labels = [style.wrap(label, 56, 2) for label in labels]
        fig.legend(handles, labels, loc="outside lower left", ncols=style.legend_columns(labels))
    caption = _caption(study, split, points, found)
    return [
        style.Drawn("errors", f"{study.name}-errors", title, caption, f"{title}. {caption}", fig, columns > 1)
    ]


def choose(study: Study) -> tuple[Split, list[Point], list[Family]] | None:
    """The test with most to tell, its settings with errors, and the families of strata that it has."""
    metric = study.metric
    splits = [split for split in splits_of(study) if families(study, split)]
    if metric is None or not splits:
        return None
    if all(study.mean(point, split, metric) >= NO_ERRORS for split in splits for point in study.available):
        return None
    split = max(
        splits, key=lambda one: _telling([study.mean(point, one, metric) for point in study.available])
    )
    with_strata = [point for point in study.available if study.spread(point, split, metric)]
    ranked = sorted(with_strata, key=lambda point: -_telling([study.mean(point, split, metric)]))
    keep = {point.label for point in ranked[:MOST_POINTS]}
    return (
        split,
        [point for point in with_strata if point.label in keep],
        families(study, split)[:MOST_FAMILIES],
    )


def _telling(means: list[float]) -> float:
    """Most where half of the answers are right: there strata differ most."""
    known = [mean for mean in means if not math.isnan(mean)]
    return max((mean * (1 - mean) for mean in known), default=-1.0)


def families(study: Study, split: Split) -> list[Family]:
    """The families of strata that a test split was broken down by, with at least two values each."""
    found = []
    for name, metrics in study.strata.get(split, {}).items():
        wanted = [study.metric] if study.metric else []
        metric = next((one for one in [*wanted, *PRIMARY] if one in metrics), None)
        if name not in NOT_HERE and metric is not None and len(metrics[metric]) > 1:
            found.append(_family(name, metric, metrics[metric]))
    order = {name: place for place, name in enumerate(FIRST)}
    return sorted(found, key=lambda family: order.get(family.name, len(FIRST)))


def _family(name: str, metric: str, strata: list[str]) -> Family:
    """The strata in the order of their numbers where all start with one (`7`, `21-50`), else by name."""
    texts = {stratum: stratum.partition("=")[2] for stratum in strata}
    numbers = {stratum: _number(text) for stratum, text in texts.items()}
    if all(number is not None for number in numbers.values()):
        ordered = sorted(strata, key=lambda stratum: numbers[stratum] or 0.0)
        return Family(name, metric, tuple(numbers[stratum] for stratum in ordered), tuple(ordered))
    leading = {stratum: re.match(r"\d+", text) for stratum, text in texts.items()}
    ranges = all(leading.values()) and not any(text.count("-") > 1 for text in texts.values())
    ordered = sorted(
        strata,
        key=lambda stratum: (
            int(leading[stratum].group()) if ranges else SIGNS.get(texts[stratum], 0),  # type: ignore[union-attr]
            texts[stratum],
        ),
    )[:MOST_VALUES]
    return Family(name, metric, tuple(texts[stratum] for stratum in ordered), tuple(ordered))


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _numbers(
    ax: Axes, study: Study, point: Point, split: Split, family: Family, place: int, count: int, colour: str
) -> None:
    rows = [(value, study.spread(point, split, family.metric, stratum))
            for value, stratum in zip(family.values, family.strata, strict=True)]  # fmt: skip
    known = [
        (value, row) for value, row in rows if row is not None and words.none_if_nan(row["mean"]) is not None
    ]
    if not known:
        return
    x = np.array([value for value, _ in known], float)
    mean, low, high = (
        np.array([_bound(row, key) for _, row in known], float) for key in ("mean", "low", "high")
    )
    ax.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0)
    marker = style.MARKERS[place] if len(known) <= 40 else None
    ax.plot(x, mean, color=colour, marker=marker, markersize=4.5, linestyle=style.DASHES[place],
            linewidth=1.4, label=point.name)  # fmt: skip


def _texts(
    ax: Axes, study: Study, point: Point, split: Split, family: Family, place: int, count: int, colour: str
) -> None:
    offset = (place - (count - 1) / 2) * min(0.16, 0.8 / count)
    labelled = False
    for x, stratum in enumerate(family.strata):
        row = study.spread(point, split, family.metric, stratum)
        if row is None or words.none_if_nan(row["mean"]) is None:
            continue
        ax.plot(
            [x + offset] * 2,
            [_bound(row, "low"), _bound(row, "high")],
            color=colour,
            linewidth=2.6,
            alpha=0.4,
        )
        ax.plot(x + offset, row["mean"], color=colour, marker=style.MARKERS[place], markersize=5, linestyle="none",
                label=f"_{stratum}" if labelled else point.name)  # fmt: skip
        labelled = True


def _bound(row: dict[str, Any], key: str) -> float:
    """Mean, or an end of its interval; the range where there is no interval."""
    fallback = {"low": "minimum", "high": "maximum", "mean": "mean"}[key]
    value = words.none_if_nan(row[key])
    return float(value if value is not None else row[fallback])


def _caption(study: Study, split: Split, points: list[Point], found: list[Family]) -> str:
    several = max(len(point.runs) for point in points) > 1
    parts = [
        "Mean over seeds with its 95% interval (the range with fewer than 3 seeds)."
        if several
        else "One seed."
    ]
    family, point = found[0], points[0]
    known = []
    for value, stratum in zip(family.values, family.strata, strict=True):
        row = study.spread(point, split, family.metric, stratum)
        if row is not None and words.none_if_nan(row["mean"]) is not None:
            known.append((float(row["mean"]), value))
    if len(known) > 1:
        (worst, at_worst), (best, at_best) = min(known), max(known)
        parts.append(
            f"{point.name}: {words.metric(family.metric)} by {words.stratum(family.name)} lies between "
            f"{worst:.3g} (at {at_worst:g}) and {best:.3g} (at {at_best:g})."
            if family.numeric
            else f"{point.name}: {words.metric(family.metric)} by {words.stratum(family.name)} lies between "
            f"{worst:.3g} ({at_worst}) and {best:.3g} ({at_best})."
        )
    if len(points) < len(study.available):
        parts.append(f"Shown: the {len(points)} of {len(study.available)} settings whose errors tell most.")
    return " ".join(parts)
