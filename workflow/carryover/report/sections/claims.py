"""Claims of the reports, their verdicts, and the numbers that decide them."""

from __future__ import annotations

from markupsafe import Markup

from carryover.analysis.readings import CLAIM
from carryover.report import cells, markup, words
from carryover.report.cells import Cell
from carryover.report.columns import Column, Table, table
from carryover.report.sections import Section, anchor_of
from carryover.report.tables import Row, records
from carryover.report.view import Report, StudyResults

FILE = "evidence"
COLUMNS: list[Column[Row]] = [
    Column("Verdict", lambda row: _verdict(row)),
    Column("Claim", lambda row: _claim(row), wide=True),
    Column("This run", lambda row: _side(row, "own"), wide=True),
    Column("Committed reference", lambda row: _side(row, "reference"), wide=True),
]


def section(report: Report) -> Section | None:
    """The claims of all studies."""
    rows = [row for study in report.studies for row in _rows(study)]
    if not rows:
        return None
    caption = "Claims of the reports, their verdicts, and the evidence that decides them"
    return Section(
        "all-claims",
        "Claims",
        "claims.html",
        table("claims", caption, [study_column(report), *COLUMNS], rows),
    )


def of_study(study: StudyResults) -> Table | None:
    """The claims of one study."""
    rows = _rows(study)
    return table(f"{anchor_of(study.name)}-claims", "Claims", COLUMNS, rows) if rows else None


def _rows(study: StudyResults) -> list[Row]:
    """The rows of `evidence` on a study's claims, each with the claim itself."""
    claims = {claim.id: claim for claim in study.planned.claims}
    return [
        {**row, "claim": claims[row["id"]], "report": study.planned.report}
        for row in records(study.evidence(CLAIM))
        if row["id"] in claims
    ]


def study_column(report: Report) -> Column[Row]:
    """The study that a row belongs to, by its title."""
    titles = {study.name: study.title for study in report.studies}
    return Column(
        "Study", lambda row: cells.link(anchor_of(row["study"]), titles.get(row["study"], row["study"]))
    )


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


def _verdict(row: Row) -> Cell:
    """The verdict, and whose runs gave it."""
    shown = markup.chip(row["word"], words.VERDICTS) + markup.why(words.SOURCES[row["source"]])
    return Cell(shown + markup.why(_rule(row)), row["word"])


def _claim(row: Row) -> Cell:
    """The sentence, how it is read, what bears on it, and where it stands."""
    claim = row["claim"]
    shown = Markup("<p>{}</p>").format(claim.text) + markup.why(claim.note)
    if claim.because is not None:
        shown += Markup('<p class="why">Bears on it: <a href="#because-{}">{}</a>.</p>').format(
            claim.because, words.BECAUSE[claim.because]
        )
    return Cell(shown + markup.small(words.place({"report": row["report"], "place": claim.place or None})))


def _side(row: Row, side: str) -> Cell:
    """What one side's runs show, why that does not decide, and who made them."""
    sentence = words.none_if_nan(row[f"{side}_evidence"])
    shown = Markup("<p>{}</p>").format(sentence) if sentence else Markup("")
    shown += markup.why(row[f"{side}_readings"])
    shown += markup.why(words.open_because({name: row[f"{side}_{name}"] for name in ("reason", "detail")}))
    if side == "reference" and sentence and words.none_if_nan(row["reference_commits"]):
        shown += markup.why(f"trained by commit {row['reference_commits']}")
    return Cell(shown or markup.NOTHING)
