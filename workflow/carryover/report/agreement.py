"""How far a verdict hangs on our reading of the report: it holds as we read it, or in so many readings."""

from __future__ import annotations

from collections.abc import Sequence

from carryover.analysis.evidence import side_of
from carryover.analysis.judges import NOT_TESTED, REFUTED, SUPPORTED
from carryover.analysis.readings import CLAIM, NOT_RUN
from carryover.report.tables import Row
from carryover.report.view import Report, StudyResults
from carryover.settings.claims import ClaimBase
from carryover.settings.texts import METRIC

AS_WE_READ_IT = "as we read it"


def agreement(study: StudyResults, claim: ClaimBase, row: Row) -> str:
    """What stands beside the word of a row of `evidence`. Empty where the claim is open, or nothing was filled in."""
    return _told(study, claim, row["word"], readings_of(study.report, claim.id, row, side_of(row["source"])))


def of_verdict(study: StudyResults, claim: ClaimBase, verdict: str) -> str:
    """The same of a verdict by the runs of the report itself."""
    return _told(study, claim, verdict, study.report.readings.get((study.name, CLAIM, claim.id), []))


def readings_of(report: Report, claim: str, row: Row, side: str) -> list[Row]:
    """The readings of a claim for one side of a row of `evidence`, the study's own first; none without runs.

    A report of reference results alone has them as its own.
    """
    if not row[f"{side}_seeds"]:
        return []
    of = report if side == "own" else report.reference or report
    return of.readings.get((row["study"], CLAIM, claim), [])


def _told(study: StudyResults, claim: ClaimBase, word: str, readings: Sequence[Row]) -> str:
    """`as we read it`, `in both readings`, `in 3 of 4 readings`, or nothing."""
    if word not in (SUPPORTED, REFUTED):
        return ""
    known = [row["verdict"] for row in readings if row["verdict"] not in (NOT_RUN, NOT_TESTED)]
    if len(known) < 2:
        return AS_WE_READ_IT if _leaves_open(study, claim) else ""
    same, count = known.count(word), len(known)
    which = f"{same} of {count}" if same < count else "both" if count == 2 else f"all {count}"
    return f"in {which} readings" + (" that were run" if count < len(readings) else "")


def _leaves_open(study: StudyResults, claim: ClaimBase) -> bool:
    """Whether the claim needed a bound of ours, or a value of a setting that it does not name itself."""
    named = {path for _, at in claim.selectors() for path in at}
    return bool(claim.report_says) or bool(set(study.planned.unstated) - named - {METRIC})
