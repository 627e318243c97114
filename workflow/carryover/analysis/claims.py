"""Claims of the reports and their verdicts, each with the numbers that decide it.

Runs with other settings than the published ones decide nothing, but their numbers are shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Any, TypeVar

from carryover.analysis import wording
from carryover.analysis.designs import FIXED, Design, designs
from carryover.analysis.false_discovery import with_false_discovery
from carryover.analysis.judges import INCONCLUSIVE, JUDGES, NOT_TESTED, REFUTED, SUPPORTED, Finding, Reason
from carryover.analysis.judges.finding import too_few
from carryover.analysis.quantities import ALONE_NOTE, Results, decides
from carryover.analysis.statistics import MIN_SEEDS
from carryover.metrics import TIMED
from carryover.planning.plan import PlannedStudy, Setting
from carryover.settings.claims import ClaimBase

T = TypeVar("T")  # a run

__all__ = ["INCONCLUSIVE", "NOT_TESTED", "REFUTED", "SUPPORTED", "is_timed", "judge", "verdicts"]


def verdicts(results: Results) -> list[dict[str, Any]]:
    """One row of the table `claims` for each claim of the plan."""
    return with_false_discovery(
        [_row(results, study, claim) for study in results.plan.studies for claim in study.claims]
    )


def _row(results: Results, study: PlannedStudy, claim: ClaimBase) -> dict[str, Any]:
    finding, design = judge(results, study, claim)
    return {
        "study": study.name,
        "id": claim.id,
        "report": study.report,
        "place": claim.place,
        "text": claim.text,
        "kind": claim.kind,  # type: ignore[attr-defined]  # every kind has one
        "verdict": finding.verdict,
        "evidence": _with_bound(claim, finding),
        "reason": finding.reason or "",
        "detail": finding.detail,
        "rule": finding.rule if finding.verdict != NOT_TESTED else "",
        "design": str(design),
        "p": finding.p,
        "because": claim.because,
        "note": claim.note,
        "timed": is_timed(claim),
    }


def _with_bound(claim: ClaimBase, finding: Finding) -> str:
    """The numbers that decide, and that they are held against a bound of ours, where they are."""
    if finding.verdict == NOT_TESTED or not finding.evidence:
        return finding.evidence
    return " ".join(filter(None, (finding.evidence, claim.our_bound)))


def without_bound(claim: ClaimBase, evidence: str) -> str:
    """The numbers alone, where the bound is told beside them."""
    return evidence.removesuffix(claim.our_bound).rstrip()


def is_timed(claim: ClaimBase) -> bool:
    """Whether a claim is about measured time. Times differ from call to call, unlike all other results."""
    return any(quantity.metric in TIMED for _, quantity in claim.quantities())


def judge(results: Results, study: PlannedStudy, claim: ClaimBase) -> tuple[Finding, Design]:
    """The verdict on one claim of a study, and at which look of its design it was reached."""
    sides, can_decide = sides_of(results, study, claim)
    for (_, at), settings in zip(claim.selectors(), sides, strict=True):
        if not settings:
            detail = f"no run here has {wording.setting_name(at)}"
            return Finding(NOT_TESTED, "", Reason.NO_SUCH_RUN, detail), FIXED
    planned = sum(len(setting.runs) for settings in sides for setting in settings)
    available = [[results.available(setting.runs) for setting in settings] for settings in sides]
    missing = planned - _count(available)
    if not all(any(side) for side in available):
        return Finding(NOT_TESTED, "", Reason.NO_SUCH_RUN, "no run of one side has results"), FIXED
    if is_timed(claim):
        alone = [[results.alone(runs) for runs in side] for side in available]
        if min(sum(map(len, side)) for side in alone) < MIN_SEEDS:
            detail = f"{ALONE_NOTE}; {_count(alone)} of {planned} were"
        elif not results.same_machine(run for side in alone for runs in side for run in runs):
            detail = "times on different machines do not compare"
        else:
            detail = ""
        if detail:
            shown = _at_looks(results, study, claim, available)[0].evidence
            return Finding(NOT_TESTED, f"Beside other work: {shown}", Reason.NOT_ALONE, detail), FIXED
        available = alone
    finding, design = _at_looks(results, study, claim, available)
    if not can_decide:
        differs = sorted({path for settings in sides for setting in settings for path in setting.differs})
        detail = f"the runs here differ from the published settings in {', '.join(differs)}"
        return Finding(
            NOT_TESTED, f"At this scale: {finding.evidence}", Reason.OTHER_SETTINGS, detail
        ), design
    if missing:
        note = f"{wording.runs(missing)} not available"
        finding = replace(finding, detail=f"{finding.detail}; {note}" if finding.detail else note)
    return finding, design


def sides_of(results: Results, study: PlannedStudy, claim: ClaimBase) -> tuple[list[list[Setting]], bool]:
    """The settings of each side of a claim, and whether they may decide.

    Those that may are taken alone, where every side has such.
    """
    metric = claim.quantities()[0][1].metric
    sides = [results.select(study, at) for _, at in claim.selectors()]
    deciding = [[setting for setting in settings if decides(setting, metric)] for settings in sides]
    return (deciding, True) if all(deciding) else (sides, False)


def _at_looks(
    results: Results, study: PlannedStudy, claim: ClaimBase, sides: list[list[list[str]]]
) -> tuple[Finding, Design]:
    """The finding at the first look that decides, else at the last one; later runs are not used.

    sides: of each side the settings, of each setting its runs in the order of seeds.
    """
    judge = JUDGES[type(claim)]
    seeds = min(len(runs) for side in sides for runs in side)
    looks = designs(study.look_at, seeds)
    if not looks:
        shown = judge(results, claim, [in_order_of_seeds(side) for side in sides], FIXED).evidence
        return too_few(shown, seeds, study.look_at[0]), Design(study.look_at)
    for design in looks:
        taken = design.look_at[design.look] if design.look_at else None
        finding = judge(results, claim, [in_order_of_seeds(side, taken) for side in sides], design)
        if finding.decided:
            break
    return finding, design


def in_order_of_seeds(side: Sequence[Sequence[T]], most: int | None = None) -> list[T]:
    """The runs of a side, each once: the first seed of every setting, then the second, and so on up to `most`."""
    rounds = zip_longest(*(runs[:most] for runs in side))
    return list(dict.fromkeys(run for one in rounds for run in one if run is not None))


def _count(sides: Sequence[Sequence[Sequence[str]]]) -> int:
    return sum(len(runs) for side in sides for runs in side)


def available_sides(results: Results, study: PlannedStudy, claim: ClaimBase) -> list[list[str]]:
    """The runs with results of each side of a claim; only those that may decide, where every side has such."""
    sides, _ = sides_of(results, study, claim)
    return [
        in_order_of_seeds([results.available(setting.runs) for setting in settings]) for settings in sides
    ]
