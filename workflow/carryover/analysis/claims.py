"""Claims of the reports and their verdicts, each with the numbers that decide it.

Runs with other settings than the published ones decide nothing, but their numbers are shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from carryover.analysis import wording
from carryover.analysis.judges import INCONCLUSIVE, JUDGES, NOT_TESTED, REFUTED, SUPPORTED, Finding, Reason
from carryover.analysis.quantities import ALONE_NOTE, Results, decides
from carryover.analysis.statistics import MIN_SEEDS
from carryover.metrics import TIMED
from carryover.planning.plan import PlannedStudy, Setting
from carryover.settings.claims import ClaimBase

__all__ = ["INCONCLUSIVE", "NOT_TESTED", "REFUTED", "SUPPORTED", "is_timed", "judge", "verdicts"]


def verdicts(results: Results) -> list[dict[str, Any]]:
    """One row of the table `claims` for each claim of the plan."""
    return [_row(results, study, claim) for study in results.plan.studies for claim in study.claims]


def _row(results: Results, study: PlannedStudy, claim: ClaimBase) -> dict[str, Any]:
    finding = judge(results, study, claim)
    return {
        "study": study.name,
        "id": claim.id,
        "report": study.report,
        "place": claim.place,
        "text": claim.text,
        "kind": claim.kind,  # type: ignore[attr-defined]  # every kind has one
        "verdict": finding.verdict,
        "evidence": finding.evidence,
        "reason": finding.reason or "",
        "detail": finding.detail,
        "because": claim.because,
        "note": claim.note,
        "timed": is_timed(claim),
    }


def is_timed(claim: ClaimBase) -> bool:
    """Whether a claim is about measured time. Times differ from call to call, unlike all other results."""
    return any(quantity.metric in TIMED for _, quantity in claim.quantities())


def judge(results: Results, study: PlannedStudy, claim: ClaimBase) -> Finding:
    """The verdict on one claim of a study."""
    metric = claim.quantities()[0][1].metric
    selected = [at for _, at in claim.selectors()]
    sides = [results.select(study, at) for at in selected]
    for at, settings in zip(selected, sides, strict=True):
        if not settings:
            return Finding(NOT_TESTED, "", Reason.NO_SUCH_RUN, f"no run here has {wording.setting_name(at)}")
    deciding = [[setting for setting in settings if decides(setting, metric)] for settings in sides]
    can_decide = all(deciding)
    runs = [_runs_of(settings) for settings in (deciding if can_decide else sides)]
    available = [results.available(side) for side in runs]
    missing = sum(map(len, runs)) - sum(map(len, available))
    if not all(available):
        return Finding(NOT_TESTED, "", Reason.NO_SUCH_RUN, "no run of one side has results")
    if is_timed(claim):
        available = [results.alone(side) for side in available]
        together = [run for side in available for run in side]
        if min(map(len, available)) < MIN_SEEDS:
            detail = f"{ALONE_NOTE}; {len(together)} of {sum(map(len, runs))} were"
            return Finding(NOT_TESTED, "", Reason.NOT_ALONE, detail)
        if not results.same_machine(together):
            return Finding(NOT_TESTED, "", Reason.NOT_ALONE, "times on different machines do not compare")
    finding = JUDGES[type(claim)](results, claim, available)
    if not can_decide:
        differs = sorted({path for settings in sides for setting in settings for path in setting.differs})
        detail = f"the runs here differ from the published settings in {', '.join(differs)}"
        return Finding(NOT_TESTED, f"At this scale: {finding.evidence}", Reason.OTHER_SETTINGS, detail)
    if missing:
        note = f"{wording.runs(missing)} not available"
        finding = replace(finding, detail=f"{finding.detail}; {note}" if finding.detail else note)
    return finding


def _runs_of(settings: Sequence[Setting]) -> list[str]:
    return list(dict.fromkeys(run for setting in settings for run in setting.runs))
