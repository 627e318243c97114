"""The first screen: what was asked, what was found, how sure it is, and at what scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from carryover.analysis.evidence import REFERENCE, THIS_RUN
from carryover.analysis.judges import DECIDED, NOT_TESTED
from carryover.analysis.readings import CLAIM, PUBLISHED
from carryover.analysis.shares import sizes
from carryover.analysis.statistics import MIN_SEEDS
from carryover.analysis.surprising import Kind, surprising
from carryover.report import markup, words
from carryover.report.agreement import agreement
from carryover.report.sections import Section
from carryover.report.sections.mixture import PART as MIXTURE_TABLE
from carryover.report.sections.tallies import tally
from carryover.report.tables import records
from carryover.report.view import Report

MOST_FINDINGS = 3  # of each of them


def section(report: Report, figures: Sequence[Mapping[str, Any]]) -> Section:
    """The headline figures, counts, each with its source, and some claims that were decided."""
    claims, published = report.evidence(CLAIM), report.evidence(PUBLISHED)
    decided = claims[claims["word"].isin(DECIDED)]
    not_tested = int((claims["word"] == NOT_TESTED).sum())
    content = {
        "figures": figures,
        "name": report.plan.name,
        "scale": report.plan.scale,
        "studies": len(report.studies),
        "tasks": words.listed(list(dict.fromkeys(study.task.label for study in report.studies))),
        "sources": list(
            dict.fromkeys(study.planned.report for study in report.studies if study.planned.report)
        ),
        "verdicts": tally(claims, "word", words.VERDICTS),
        "claims": len(claims),
        "decided": len(decided),
        "not_tested": not_tested,
        "tested_and_open": len(claims) - len(decided) - not_tested,
        "by_this_run": int((decided["source"] == THIS_RUN).sum()),
        "by_reference": int((decided["source"] == REFERENCE).sum()),
        "stays": int((decided["stays"] == True).sum()),  # noqa: E712  # null where nothing is decided
        "own_claims": sum(len(study.planned.claims) for study in report.studies if not study.planned.report),
        "findings": _findings(report, decided),
        "surprising": [
            (
                report.by_name[one.study].told(one.text),
                one.study,
                MIXTURE_TABLE if one.kind is Kind.MIXTURE else "",
            )
            for one in surprising(report.tables.frames)
            if one.study in report.by_name
        ],
        "words": tally(published, "word", words.PUBLISHED),
        "published": len(published),
        "many": MIN_SEEDS,
        "many_runs": sizes(0.5)[0],
        **_runs(report),
        **_settings(report),
    }
    return Section("top", "In short", "first_screen.html", content)


def _runs(report: Report) -> dict[str, Any]:
    runs = report.tables["runs"]
    statuses = runs["status"].astype(str).value_counts()
    return {
        "runs": markup.count(len(runs), "runs", {}),
        "planned_runs": len(report.plan.runs),
        "missing": len(report.plan.runs) - len(runs),
        "statuses": [
            (
                markup.count(int(count), "runs", {"status": status}),
                words.STATUSES.get(str(status), str(status)),
            )
            for status, count in statuses.items()
        ],
    }


def _settings(report: Report) -> dict[str, Any]:
    points = report.tables["points"]
    keys = ["study", "point"]
    each_once = points.drop_duplicates(keys)
    as_published = int(each_once["as_published"].astype(bool).sum())
    available = points[points["run"].isin(list(report.runs))]
    seeds = available.groupby(keys, observed=True)["run"].nunique()
    return {
        "settings": markup.count(len(each_once), "points", {}, keys),
        "as_published": markup.count(as_published, "points", {"as_published": True}, keys),
        "seeds": words.span(int(seeds.min()), int(seeds.max())) if len(seeds) else "no",
        "few_seeds": int((seeds < MIN_SEEDS).sum()),
    }


def _findings(report: Report, decided: pd.DataFrame) -> list[dict[str, str]]:
    """Some claims that were decided, refuted ones first. The studies take turns."""
    # Claims about the number of weights are left out: it is counted, and not a finding. So are those that rest on a
    # bound of ours: one line has no room to say so.
    counted = {(study.name, claim) for study in report.studies for claim in study.claims_of_parameters}
    claims = {(study.name, claim.id): claim for study in report.studies for claim in study.planned.claims}
    shown = {key for key, claim in claims.items() if key not in counted and not claim.report_says}
    decided = decided[[(row.study, row.id) in shown for row in decided.itertuples()]]
    if decided.empty:
        return []
    turn = decided.groupby(["word", "study"], sort=False, observed=True).cumcount()
    decided = decided.assign(turn=turn).sort_values("turn", kind="stable")
    chosen = pd.concat([decided[decided["word"] == word].head(MOST_FINDINGS) for word in DECIDED])
    return [
        {
            "verdict": row["word"],
            "agrees": agreement(report.by_name[row["study"]], claims[row["study"], row["id"]], row),
            "sign": words.VERDICTS[row["word"]][0],
            "kind": words.VERDICTS[row["word"]][1],
            "study": row["study"],
            "claim": row["id"],
            "text": claims[row["study"], row["id"]].text,
        }
        for row in records(chosen)
    ]
