"""Claims of the reports, their verdicts, and the evidence that decides them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from carryover.analysis.claims import without_bound
from carryover.analysis.evidence import NOTHING, side_of
from carryover.analysis.judges import DECIDED
from carryover.analysis.readings import CLAIM, NOT_RUN
from carryover.analysis.wording import in_short
from carryover.report import words
from carryover.report.agreement import agreement, readings_of
from carryover.report.figures.strips import strip
from carryover.report.sections import Section
from carryover.report.sections.tallies import chips
from carryover.report.sides import SIDES, sides_of
from carryover.report.tables import Row, records
from carryover.report.view import Report, StudyResults
from carryover.settings.claims import Claim

FILES = ("evidence", "evidence_timed")
LONGEST_REASON = 320  # characters
BY = words.RUNS_OF | {NOTHING: "no runs"}
OUR_OWN = "our own"  # questions that no report asks


@dataclass(frozen=True)
class Side:
    """What the runs of one side show of a claim, and why that does not decide, where it does not."""

    name: str
    made: str  # how many seeds, and the commits that trained them
    evidence: Markup
    remarks: Sequence[Markup]
    readings: Markup  # a strip of those that were run, empty for fewer than two


@dataclass(frozen=True)
class ShownClaim:
    """A claim as the page shows it.

    agrees: how far the word hangs on our reading of the report. by: whose runs the verdict rests on, as `evidence` has
    it. why: in one line, what decides it or why it is open. bound: that the bound is ours, where it is. rule: what
    decided. because: the anchor and the name of what bears on it.
    """

    study: str
    id: str
    text: str
    word: str
    agrees: str
    by: str
    why: Markup
    bound: str
    rule: str
    note: str
    place: str
    because: tuple[str, str] | None
    sides: Sequence[Side]

    @property
    def decided(self) -> bool:
        """Whether runs have decided it."""
        return self.word in DECIDED


@dataclass(frozen=True)
class Group:
    """The claims of one study, decided ones first."""

    name: str
    title: str
    report: str
    chips: Markup | None  # how many claims have each verdict
    claims: Sequence[ShownClaim]


def section(report: Report) -> Section | None:
    """The claims of all studies, and the values by which they can be filtered, each with its name."""
    groups = [
        Group(
            study.name,
            study.title,
            study.planned.report or OUR_OWN,
            chips(study.evidence(CLAIM), "word", words.VERDICTS),
            claims,
        )
        for study in report.studies
        if (claims := of_study(study))
    ]
    if not groups:
        return None
    shown = [claim for group in groups for claim in group.claims]
    filters = {
        "verdict": _same(word for word in words.VERDICTS if any(claim.word == word for claim in shown)),
        "report": _same(group.report for group in groups),
        "evidence": {by: name for by, name in BY.items() if any(claim.by == by for claim in shown)},
    }
    content = {"groups": groups, "filters": filters, "count": len(shown), "files": FILES}
    return Section("all-claims", "Claims", "claims.html", content)


def _same(values: Iterable[str]) -> dict[str, str]:
    """Values that are shown as they are."""
    return {value: value for value in values}


def of_study(study: StudyResults) -> list[ShownClaim]:
    """The claims of one study, decided ones first."""
    claims = {claim.id: claim for claim in study.planned.claims}
    sides = sides_of(study.report)
    shown = [
        _shown(study, claims[row["id"]], row, sides)
        for row in records(study.evidence(CLAIM))
        if row["id"] in claims
    ]
    return sorted(shown, key=lambda claim: not claim.decided)


def _shown(study: StudyResults, claim: Claim, row: Row, sides: Sequence[str]) -> ShownClaim:
    return ShownClaim(
        study.name, claim.id, claim.text, row["word"], agreement(study, claim, row), row["source"],
        _why(study, claim, row), claim.our_bound, _rule(row), claim.note or "",
        words.place({"report": study.planned.report, "place": claim.place or None}),
        claim.because and (f"because-{claim.because}", words.BECAUSE[claim.because]),
        [_side(study, claim, row, side) for side in sides],
    )  # fmt: skip


def _why(study: StudyResults, claim: Claim, row: Row) -> Markup:
    """What the deciding runs show; where none decide, the reason."""
    if row["word"] in DECIDED:
        shown = in_short(_evidence(claim, row, side_of(row["source"])))
        return words.sentence(study.told(words.shorten(shown, LONGEST_REASON)))
    return words.sentence(study.told(words.shorten(words.open_because(row), LONGEST_REASON)))


def _evidence(claim: Claim, row: Row, side: str) -> str:
    """What the runs of a side show. That the bound is ours is told once, beside it."""
    return without_bound(claim, words.none_if_nan(row[f"{side}_evidence"]) or "")


def _rule(row: Row) -> str:
    """The rule that decides, its p value, and whether the decision stays when all claims are counted together."""
    rule = words.none_if_nan(row["rule"])
    if not rule:
        return ""
    p, stays = words.none_if_nan(row["p"]), words.none_if_nan(row["stays"])
    text = f"rule: {rule}" + ("" if p is None else f", p {'< 0.0001' if p < 1e-4 else f'= {p:.2g}'}")
    if row["design"] not in (None, "fixed"):
        text += f", {row['design']}"
    if stays is None:
        return text
    return text + ("" if stays else "; it does not stay at a false discovery rate of 5% over all claims")


def _side(study: StudyResults, claim: Claim, row: Row, side: str) -> Side:
    evidence = study.told(_evidence(claim, row, side))
    seeds, commits = row[f"{side}_seeds"], words.none_if_nan(row["reference_commits"])
    made = words.count(int(seeds), "seed") if seeds else ""
    if made and side == "reference" and commits:
        made += f", trained by commit {commits}"
    remarks = [
        words.none_if_nan(row[f"{side}_readings"]) or "",
        words.open_because({name: row[f"{side}_{name}"] for name in ("reason", "detail")}),
    ]
    told = [words.sentence(study.told(remark)) for remark in remarks if remark]
    run = [one for one in readings_of(study.report, claim.id, row, side) if one["verdict"] != NOT_RUN]
    return Side(SIDES[side], made, evidence, told, strip(run))
