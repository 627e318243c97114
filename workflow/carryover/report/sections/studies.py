"""The studies, one after the other, each with its answer, figures, tables and settings."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from carryover.planning.sweep import flat
from carryover.report import words
from carryover.report.answer import answer
from carryover.report.columns import Table
from carryover.report.figures import KINDS
from carryover.report.parts import Failed, Parts
from carryover.report.sections import (
    Section,
    all_numbers,
    anchor_of,
    claims,
    comparisons,
    mixture,
    published,
    seen,
    settings,
    strata,
    wrong_answers,
)
from carryover.report.view import Report, StudyResults

# Tables that are folded away: what unfolds them, and what makes them.
FOLDED = (
    ("Wrong answers", wrong_answers.labels_of_study),
    ("Where the errors are, in numbers", strata.of_study),
    ("The mixture account in numbers", mixture.of_study),
    ("Seen and unseen examples, like with like", seen.of_study),
    ("Settings compared", comparisons.of_study),
    ("All numbers", all_numbers.of_study),
)


def section(report: Report, figures: Sequence[Mapping[str, Any]], parts: Parts) -> Section:
    """Every study, with those of the figures that are its own."""
    content = [_study(study, figures, parts) for study in report.studies]
    listed = [(anchor_of(study.name), study.title) for study in report.studies]
    return Section("studies", "Studies", "studies.html", content, listed)


def _study(study: StudyResults, figures: Sequence[Mapping[str, Any]], parts: Parts) -> dict[str, Any]:
    drawn = [entry for entry in figures if entry["study"] == study.name]
    drawn.sort(key=lambda entry: KINDS.index(entry["kind"]) if entry["kind"] in KINDS else len(KINDS))

    def table(name: str, make: Callable[[StudyResults], Table | None]) -> Table | Failed | None:
        return parts.make(f"table {name} of study {study.name}", partial(make, study))

    folded = ((summary, table(summary.lower(), make)) for summary, make in FOLDED)
    return {
        "anchor": anchor_of(study.name),
        "study": study,
        "answer": parts.make(f"answer of study {study.name}", partial(answer, study)),
        "as_published": sum(setting.as_published for setting in study.settings),
        "missing": len(study.settings) - len(study.available),
        "narrow": [entry for entry in drawn if not entry["wide"]],
        "wide": [entry for entry in drawn if entry["wide"]],
        "claims": table("claims", claims.of_study),
        "settings": table("settings", settings.of_study),
        "published": table("published", published.of_study),
        "wrong": parts.make(f"wrong answers of study {study.name}", partial(wrong_answers.of_study, study)),
        "folded": [(summary, one) for summary, one in folded if one],
        "base": _base(study),
        "command": _command(study),
    }


def _base(study: StudyResults) -> dict[str, str]:
    """Dotted path → value of every setting that the study gives before any sweep."""
    values = flat(study.planned.base.complete())
    return {path: words.value(value) for path, value in values.items() if value is not None}


def _command(study: StudyResults) -> str:
    """The command that runs this study alone."""
    scale = study.report.plan.scale
    config = "" if scale == "quick" else f" --configfile config/{scale}.yaml"
    only = shlex.quote(f"only=[{study.name}]")
    return f"snakemake --cores all{config} --config name={shlex.quote(study.name)} {only}"
