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
from carryover.report.figures.looks import Look, looks
from carryover.report.figures.settings import splits_of
from carryover.report.view import PRIMARY, Point, Split, Study

MOST_POINTS, MOST_FAMILIES, MOST_VALUES = 5, 6, 24
MOST_TICKS = 10
FEWEST = 10  # examples of a stratum, below which its share says little
NOT_HERE = ("seen", "seen_commuted")  # has a figure of its own
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

    ordered: bool = False  # numbers, or ranges of them: a line joins them

    @property
    def numeric(self) -> bool:
        """Whether every value is a single number."""
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
    drawn_as = looks(study, points)
    for ax, family in zip(axes, found, strict=False):
        for place, point in enumerate(points):
            if family.ordered:
                _numbers(ax, study, point, split, family, drawn_as[point])
            else:
                offset = (place - (len(points) - 1) / 2) * min(0.16, 0.8 / len(points))
                _texts(ax, study, point, split, family, offset, drawn_as[point])
        style.share_axis(ax)
        ax.set_xlabel(words.stratum(family.name, study.task))
        ax.set_ylabel(words.metric(family.metric))
        if family.numeric:
            ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=2))
        else:
            # A text as a tick is a category, also where it looks like a formula.
            names = [style.wrap(str(value), 14, 2) for value in family.values]
            places = list(range(len(names)))
            if family.ordered:  # not every one has room for its name
                places = places[:: -(-len(places) // MOST_TICKS)]
            crowded = sum(len(names[place]) for place in places) > 55
            ax.set_xticks(places, [names[place] for place in places], rotation=90 if crowded else 0)
            ax.grid(axis="x", visible=family.ordered)
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
    means = [study.mean(point, split, metric) for split in splits for point in study.available]
    if all(mean >= NO_ERRORS for mean in means) or not any(map(math.isfinite, means)):
        return None
    split = max(
        splits, key=lambda one: _telling([study.mean(point, one, metric) for point in study.available])
    )
    with_strata = [
        point
        for point in study.available
        if study.spread(point, split, metric) and study.mean(point, split, metric) < NO_ERRORS
    ]
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
    """The families of strata that a test split was broken down by, with at least two values of some examples each."""
    found = []
    for name, metrics in study.strata.get(split, {}).items():
        wanted = [study.metric] if study.metric else []
        metric = next((one for one in [*wanted, *PRIMARY] if one in metrics), None)
        if name in NOT_HERE or metric is None:
            continue
        enough = [
            stratum for stratum in metrics[metric] if _examples(study, split, metric, stratum) >= FEWEST
        ]
        if len(enough) > 1:
            found.append(_family(name, metric, enough))
    order = {name: place for place, name in enumerate(FIRST)}
    return sorted(found, key=lambda family: order.get(family.name, len(FIRST)))


def _examples(study: Study, split: Split, metric: str, stratum: str) -> int:
    """How many examples a stratum has, of the setting that has most."""
    rows = (study.spread(point, split, metric, stratum) for point in study.available)
    return max((int(row["n"]) for row in rows if row is not None), default=0)


def _family(name: str, metric: str, strata: list[str]) -> Family:
    """The strata in the order of their numbers where all are numbers or ranges (`7`, `21-50`), else by name."""
    texts = {stratum: stratum.partition("=")[2] for stratum in strata}
    lowest = {stratum: _lowest(text) for stratum, text in texts.items()}
    if all(low is not None for low in lowest.values()):
        ordered = sorted(strata, key=lambda stratum: lowest[stratum] or 0)
        single = all(text.isdigit() for text in texts.values())
        values = [float(texts[stratum]) if single else texts[stratum] for stratum in ordered]
        return Family(name, metric, tuple(values), tuple(ordered), ordered=True)
    named = sorted(strata, key=lambda stratum: (SIGNS.get(texts[stratum], 0), texts[stratum]))[:MOST_VALUES]
    return Family(name, metric, tuple(texts[stratum] for stratum in named), tuple(named))


def _lowest(text: str) -> int | None:
    """The lower end of `7`, `21-50` or `above 512`; None of what is no number or range, such as `2-1` or `+-`."""
    found = re.fullmatch(r"(?:above )?(\d+)(?:-(\d+))?", text)
    if found is None or (found[2] is not None and int(found[2]) <= int(found[1])):
        return None
    return int(found[1])


def _numbers(ax: Axes, study: Study, point: Point, split: Split, family: Family, look: Look) -> None:
    known = []
    for x, (value, stratum) in enumerate(zip(family.values, family.strata, strict=True)):
        row = study.spread(point, split, family.metric, stratum)
        if row is not None and words.none_if_nan(row["mean"]) is not None:
            known.append((value if family.numeric else x, row))
    if not known:
        return
    at = np.array([place_of for place_of, _ in known], float)
    mean, low, high = (
        np.array([_bound(row, key) for _, row in known], float) for key in ("mean", "low", "high")
    )
    ax.fill_between(at, low, high, color=look.colour, alpha=0.15, linewidth=0)
    marker = look.marker if len(known) <= 40 else None
    ax.plot(at, mean, color=look.colour, marker=marker, markersize=4.5, linestyle=look.dashes,
            linewidth=1.4, label=point.name)  # fmt: skip


def _texts(
    ax: Axes, study: Study, point: Point, split: Split, family: Family, offset: float, look: Look
) -> None:
    labelled = False
    for x, stratum in enumerate(family.strata):
        row = study.spread(point, split, family.metric, stratum)
        if row is None or words.none_if_nan(row["mean"]) is None:
            continue
        ax.plot(
            [x + offset] * 2,
            [_bound(row, "low"), _bound(row, "high")],
            color=look.colour,
            linewidth=2.6,
            alpha=0.4,
        )
        ax.plot(x + offset, row["mean"], color=look.colour, marker=look.marker, markersize=5, linestyle="none",
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
    family, point = (
        found[0],
        max(points, key=lambda one: _telling([study.mean(one, split, study.metric or "")])),
    )
    known = []
    for value, stratum in zip(family.values, family.strata, strict=True):
        row = study.spread(point, split, family.metric, stratum)
        if row is not None and words.none_if_nan(row["mean"]) is not None:
            known.append((float(row["mean"]), value))
    if len(known) > 1:
        (worst, at_worst), (best, at_best) = min(known), max(known)
        by = f"{words.metric(family.metric)} by {words.stratum(family.name, study.task)}"
        ends = [
            f"{share:.3g} ({f'{at:g}' if family.numeric else at})"
            for share, at in ((worst, at_worst), (best, at_best))
        ]
        parts.append(f"{point.name}: {by} lies between {' and '.join(ends)}.")
    parts.append(f"Groups of fewer than {FEWEST} examples are left out.")
    if len(points) < len(study.available):
        parts.append(f"Shown: the {len(points)} of {len(study.available)} settings whose errors tell most.")
    return " ".join(parts)
