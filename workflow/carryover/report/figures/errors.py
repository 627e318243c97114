"""Error analysis: accuracy by what makes an example hard (carry chains, positions, operators, digits …)."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from carryover.metrics import PRIMARY
from carryover.report import style, words
from carryover.report.figures.looks import Look, looks
from carryover.report.tables import ends
from carryover.report.view import Setting, Split, StudyResults

MOST_SETTINGS, MOST_FAMILIES, MOST_VALUES = 5, 6, 24
MOST_TICKS = 10
FEWEST = 10  # examples of a stratum, below which its share says little
NO_ERRORS = 0.995  # where every setting has this, there is nothing to break down
SIGNS = {"negative": 0, "zero": 1, "positive": 2}


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


def draw(study: StudyResults) -> list[style.Drawn]:
    """One figure: a panel a family of strata, for the test and the settings whose errors tell most."""
    chosen = choose(study)
    if chosen is None:
        return []
    split, settings, found = chosen
    columns = 1 if len(found) == 1 else 2
    rows = -(-len(found) // columns)
    where = f" on {study.split_name(split)}" if len(study.splits) > 1 else ""
    title = f"Where the errors are{where}"
    fig = style.figure(title, 1.0 + 2.35 * rows + 0.2 * len(settings), wide=columns > 1)
    axes = list(fig.subplots(rows, columns, squeeze=False).ravel())
    drawn_as = looks(study, settings)
    for ax, family in zip(axes, found, strict=False):
        for place, setting in enumerate(settings):
            if family.ordered:
                _numbers(ax, study, setting, split, family, drawn_as[setting.label])
            else:
                offset = (place - (len(settings) - 1) / 2) * min(0.16, 0.8 / len(settings))
                _texts(ax, study, setting, split, family, offset, drawn_as[setting.label])
        style.share_axis(ax)
        ax.set_xlabel(study.task.strata[family.name])
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
    if len(study.settings) > 1:
        handles, labels = axes[0].get_legend_handles_labels()
        labels = [style.wrap(label, 56, 2) for label in labels]
        fig.legend(handles, labels, loc="outside lower left", ncols=style.legend_columns(labels))
    caption = _caption(study, split, settings, found)
    return [
        style.Drawn("errors", f"{study.name}-errors", title, caption, f"{title}. {caption}", fig, columns > 1)
    ]


def choose(study: StudyResults) -> tuple[Split, list[Setting], list[Family]] | None:
    """The test with most to tell, its settings with errors, and the families of strata that it has."""
    metric = study.metric
    splits = [split for split in study.measured_splits if families(study, split)]
    if metric is None or not splits:
        return None
    means = [study.mean(setting, split, metric) for split in splits for setting in study.available]
    if all(mean >= NO_ERRORS for mean in means) or not any(map(math.isfinite, means)):
        return None
    split = max(
        splits, key=lambda one: _telling([study.mean(setting, one, metric) for setting in study.available])
    )
    with_strata = [
        setting
        for setting in study.available
        if study.spread(setting, split, metric) and study.mean(setting, split, metric) < NO_ERRORS
    ]
    ranked = sorted(with_strata, key=lambda setting: -_telling([study.mean(setting, split, metric)]))
    keep = {setting.label for setting in ranked[:MOST_SETTINGS]}
    return (
        split,
        [setting for setting in with_strata if setting.label in keep],
        families(study, split)[:MOST_FAMILIES],
    )


def _telling(means: list[float]) -> float:
    """Most where half of the answers are right: there strata differ most."""
    known = [mean for mean in means if not math.isnan(mean)]
    return max((mean * (1 - mean) for mean in known), default=-1.0)


def families(study: StudyResults, split: Split) -> list[Family]:
    """The task's families of strata, in its order, that have at least two values of some examples each."""
    found = []
    of_split = study.strata.get(split, {})
    for name, metrics in ((name, of_split.get(name, {})) for name in study.task.strata):
        wanted = [study.metric] if study.metric else []
        metric = next((one for one in [*wanted, *PRIMARY] if one in metrics), None)
        if metric is None:
            continue
        enough = [
            stratum for stratum in metrics[metric] if _examples(study, split, metric, stratum) >= FEWEST
        ]
        if len(enough) > 1:
            found.append(_family(name, metric, enough))
    return found


def _examples(study: StudyResults, split: Split, metric: str, stratum: str) -> int:
    """How many examples a stratum has, of the setting that has most."""
    rows = (study.spread(setting, split, metric, stratum) for setting in study.available)
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


def _numbers(
    ax: Axes, study: StudyResults, setting: Setting, split: Split, family: Family, look: Look
) -> None:
    known = []
    for x, (value, stratum) in enumerate(zip(family.values, family.strata, strict=True)):
        row = study.spread(setting, split, family.metric, stratum)
        if row is not None and words.none_if_nan(row["mean"]) is not None:
            known.append((value if family.numeric else x, row))
    if not known:
        return
    at = np.array([place_of for place_of, _ in known], float)
    mean = np.array([row["mean"] for _, row in known], float)
    low, high = np.array([ends(row) for _, row in known], float).T
    ax.fill_between(at, low, high, color=look.colour, alpha=0.15, linewidth=0)
    marker = look.marker if len(known) <= 40 else None
    ax.plot(at, mean, color=look.colour, marker=marker, markersize=4.5, linestyle=look.dashes,
            linewidth=1.4, label=study.short_name(setting))  # fmt: skip


def _texts(
    ax: Axes, study: StudyResults, setting: Setting, split: Split, family: Family, offset: float, look: Look
) -> None:
    labelled = False
    for x, stratum in enumerate(family.strata):
        row = study.spread(setting, split, family.metric, stratum)
        if row is None or words.none_if_nan(row["mean"]) is None:
            continue
        ax.plot(
            [x + offset] * 2,
            ends(row),
            color=look.colour,
            linewidth=2.6,
            alpha=0.4,
        )
        ax.plot(x + offset, row["mean"], color=look.colour, marker=look.marker, markersize=5, linestyle="none",
                label=f"_{stratum}" if labelled else study.short_name(setting))  # fmt: skip
        labelled = True


def _caption(study: StudyResults, split: Split, settings: list[Setting], found: list[Family]) -> str:
    several = max(len(setting.runs) for setting in settings) > 1
    parts = [
        "Mean over seeds with its 95% interval (the range with fewer than 3 seeds)."
        if several
        else "One seed."
    ]
    family, setting = (
        found[0],
        max(settings, key=lambda one: _telling([study.mean(one, split, study.metric or "")])),
    )
    known = []
    for value, stratum in zip(family.values, family.strata, strict=True):
        row = study.spread(setting, split, family.metric, stratum)
        if row is not None and words.none_if_nan(row["mean"]) is not None:
            known.append((float(row["mean"]), value))
    if len(known) > 1:
        (worst, at_worst), (best, at_best) = min(known), max(known)
        by = f"{words.metric(family.metric)} by {study.task.strata[family.name]}"
        ends = [
            f"{share:.3g} ({f'{at:g}' if family.numeric else at})"
            for share, at in ((worst, at_worst), (best, at_best))
        ]
        parts.append(f"{study.short_name(setting)}: {by} lies between {' and '.join(ends)}.")
    parts.append(f"Groups of fewer than {FEWEST} examples are left out.")
    if len(settings) < len(study.available):
        parts.append(f"Shown: the {len(settings)} of {len(study.available)} settings whose errors tell most.")
    return " ".join(parts)
