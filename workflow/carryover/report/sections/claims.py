"""Claims of the reports, their verdicts, and the numbers that decide them."""

from __future__ import annotations

from markupsafe import Markup

from carryover.report import cells, markup, words
from carryover.report.cells import Cell
from carryover.report.columns import Column, Table, table
from carryover.report.sections import Section, anchor_of
from carryover.report.tables import Row, records
from carryover.report.view import Report, StudyResults

COLUMNS: list[Column[Row]] = [
    Column("Verdict", lambda row: cells.chip(row["verdict"], words.VERDICTS)),
    Column("Claim", lambda row: cells.text(row["text"]), wide=True),
    Column("Evidence", lambda row: _evidence(row), wide=True),
    Column("Where it stands", lambda row: cells.text(words.place(row)), middle=True),
]


def section(report: Report) -> Section | None:
    """The claims of all studies."""
    frame = report.in_order_of_studies("claims")
    if frame.empty:
        return None
    caption = "Claims of the reports and their verdicts, with the numbers that decide them"
    columns = [study_column(report), *COLUMNS]
    shown = table("claims", caption, columns, records(frame))
    return Section("all-claims", "Claims", "claims.html", shown)


def of_study(study: StudyResults) -> Table | None:
    """The claims of one study."""
    frame = study.table("claims")
    if frame.empty:
        return None
    return table(f"{anchor_of(study.name)}-claims", "Claims", COLUMNS, records(frame))


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


def _evidence(row: Row) -> Cell:
    shown = Markup("<p>{}</p>").format(row["evidence"]) if row["evidence"] else Markup("")
    shown += markup.why(row["readings"]) + markup.why(words.open_because(row))
    shown += markup.why(_rule(row)) + markup.why(row["note"])
    because = words.none_if_nan(row["because"])
    if because is not None:
        shown += Markup('<p class="why">Bears on it: <a href="#because-{}">{}</a>.</p>').format(
            because, words.BECAUSE.get(because, because)
        )
    return Cell(shown or markup.NOTHING)
