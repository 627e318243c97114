"""One study: question, answer, the figure that shows it, claims, published numbers; the rest is folded."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from markupsafe import Markup

from carryover.analysis.setting_titles import path_name, value_text
from carryover.planning.sweep import flat
from carryover.report.answer import answer, measure
from carryover.report.columns import Table
from carryover.report.figures import KINDS
from carryover.report.parts import Failed, Parts
from carryover.report.sections import (
    Section,
    all_numbers,
    anchor_of,
    claims,
    comparisons,
    costs,
    mixture,
    overlap,
    published,
    runs,
    seen,
    settings,
    strata,
    wrong_answers,
)
from carryover.report.titles import titled
from carryover.report.view import Report, StudyResults

# The kinds of figures that may show a study's answer, the most telling first. One of them does that shows the metric in
# which the answer is told.
LEADING = ("extrapolation", "transfer", "settings", "curves")
MOST_PUBLISHED = 12  # rows of published numbers; more are folded, below a line that counts them
# Tables that are folded away: what unfolds them, and what makes them.
FOLDED = (
    ("Wrong answers", wrong_answers.labels_of_study),
    ("Where the errors are, in numbers", strata.of_study),
    ("The mixture account in numbers", mixture.of_study),
    ("Seen and unseen examples, like with like", seen.of_study),
    ("Overlap of test and training data", overlap.of_study),
    ("Settings compared", comparisons.of_study),
    ("All numbers", all_numbers.of_study),
    ("Costs", costs.of_study),
    ("Every run", runs.of_study),
)

Figure = Mapping[str, Any]


def section(study: StudyResults, figures: Sequence[Figure], parts: Parts) -> Section:
    """A study, with those of the figures that are its own."""

    def part(what: str, make: Callable[[StudyResults], Any]) -> Any:
        return parts.make(f"{what} of study {study.name}", partial(make, study))

    def table(name: str, make: Callable[[StudyResults], Table | None]) -> Table | Failed | None:
        found: Table | Failed | None = part(f"table {name}", make)
        return found

    told = part("answer", answer)
    told_in = None if isinstance(told, Failed) else measure(study)
    lead, others = _apart(told_in, [entry for entry in figures if entry["study"] == study.name])
    folded = [(summary, table(summary.lower(), make)) for summary, make in FOLDED]
    content = {
        "anchor": anchor_of(study.name),
        "study": study,
        "answer": told,
        "as_published": sum(setting.as_published for setting in study.settings),
        "missing": len(study.settings) - len(study.available),
        "lead": lead,
        "narrow": [entry for entry in others if not entry["wide"]],
        "wide": [entry for entry in others if entry["wide"]],
        "claims": part("claims", claims.of_study),
        "claim_files": claims.FILES,
        "settings": table("settings", settings.of_study),
        "published": table("published", published.of_study),
        "published_chips": part("published numbers", published.chips_of),
        "most_published": MOST_PUBLISHED,
        "wrong": part("wrong answers", wrong_answers.of_study),
        "wrong_labels": _first_rows(dict(folded)["Wrong answers"]),
        "folded": [(summary, one) for summary, one in folded if one],
        "base": _base(study),
        "swept": [_path(path) for path in study.planned.swept],
        "unstated": [_path(path) for path in study.planned.unstated],
        "command": _command(study),
        **_neighbours(study.report, study),
    }
    return Section(anchor_of(study.name), study.title, "study.html", content)


def _apart(told_in: str | None, figures: list[Figure]) -> tuple[Figure | None, list[Figure]]:
    """The figure that shows the answer, and the others in the order of their kinds."""
    drawn = [entry for entry in figures if not {"failed", "nothing"} & entry.keys()]
    fitting = [
        entry for entry in drawn if entry["kind"] in LEADING and told_in in (None, *entry.get("measures", ()))
    ]
    lead = min(fitting, key=lambda entry: LEADING.index(entry["kind"]), default=None)
    others = [entry for entry in figures if entry is not lead]
    return lead, sorted(others, key=lambda entry: KINDS.index(entry["kind"]))


def _first_rows(one: Table | Failed | None) -> Table | None:
    """A table of some wrong labels, which stands before all of them unfold."""
    if not isinstance(one, Table):
        return None
    rows = one.rows[: wrong_answers.SHOWN]
    return replace(one, name=f"{one.name}-first", caption="Some wrong answers", rows=rows, note="", files=())


def _neighbours(report: Report, study: StudyResults) -> dict[str, StudyResults | None]:
    """The study before this one, and the one after it."""
    around = [None, *report.studies, None]
    place = around.index(study)
    return {"before": around[place - 1], "after": around[place + 1]}


def _base(study: StudyResults) -> list[tuple[Markup, str]]:
    """Every setting that the study gives before any sweep, with its value."""
    values = flat(study.planned.base.complete())
    return [(_path(path), value_text(value)) for path, value in values.items() if value is not None]


def _path(path: str) -> Markup:
    """A dotted path as a reader calls it."""
    return titled(path_name(path), path)


def _command(study: StudyResults) -> str:
    """The command that runs this study alone."""
    scale = study.report.plan.scale
    config = "" if scale == "quick" else f" --configfile config/{scale}.yaml"
    only = shlex.quote(f"only=[{study.name}]")
    return f"snakemake --cores all{config} --config name={shlex.quote(study.name)} {only}"
