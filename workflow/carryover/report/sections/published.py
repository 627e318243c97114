"""Published numbers beside the spread of ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

from carryover.analysis.readings import PUBLISHED
from carryover.analysis.schemas import SPREAD
from carryover.report import cells, markup, words
from carryover.report.cells import Cell
from carryover.report.columns import Column, Table, table
from carryover.report.sections import Section, anchor_of
from carryover.report.sections.claims import study_column
from carryover.report.tables import Row, records
from carryover.report.view import Report, StudyResults

FILE = "published"
OURS = (*SPREAD, "seeds", "readings")


def section(report: Report, figures: Sequence[Mapping[str, Any]]) -> Section | None:
    """The published numbers of all studies, with a figure for each report."""
    rows = [row for study in report.studies for row in _rows(study)]
    if not rows:
        return None
    columns = [study_column(report), *_columns(report.by_name)]
    shown = table("published", "Published numbers beside ours", columns, rows)
    content = {"table": shown, "figures": figures}
    return Section("all-published", "Published numbers", "published.html", content)


def of_study(study: StudyResults) -> Table | None:
    """The published numbers of one study."""
    rows = _rows(study)
    if not rows:
        return None
    name = f"{anchor_of(study.name)}-published"
    return table(name, "Published numbers beside ours", _columns({study.name: study}), rows)


def _rows(study: StudyResults) -> list[Row]:
    """The rows of `evidence` on a study's published numbers, each with this report's own row of `published`.

    A setting that only the reference has takes what was printed from another row of its number, and no value of ours.
    """
    own = {(row["id"], words.none_if_nan(row["point"])): row for row in records(study.table(FILE))}
    printed = {row["id"]: row for row in own.values()}
    rows = []
    for evidence in records(study.evidence(PUBLISHED)):
        label = words.none_if_nan(evidence["point"])
        row = own.get((evidence["id"], label))
        if row is None:
            row = printed[evidence["id"]] | dict.fromkeys(OURS) | {"point": label}
        rows.append({**row, "evidence": evidence})
    return rows


def _columns(studies: Mapping[str, StudyResults]) -> list[Column[Row]]:
    return [
        Column("Verdict", lambda row: _verdict(row["evidence"])),
        Column("Number", lambda row: _what(row, studies.get(row["study"])), wide=True),
        Column("Published", lambda row: _printed(row), numeric=True),
        Column(
            "Our mean [95% interval]",
            lambda row: cells.spread(FILE, row, row["metric"]),
            numeric=True,
        ),
        Column(
            "One further run, or as many as printed (95%)",
            lambda row: cells.interval(FILE, row, "prediction_low", "prediction_high", row["metric"]),
            numeric=True,
        ),
        Column(
            "Range of our runs",
            lambda row: cells.interval(FILE, row, "minimum", "maximum", row["metric"]),
            numeric=True,
        ),
        Column("Seeds", lambda row: cells.number(FILE, row, "seeds"), numeric=True),
        Column(
            "Reference: mean",
            lambda row: cells.number("evidence", row["evidence"], "reference_mean", row["metric"]),
            numeric=True,
        ),
        Column(
            "Reference: one further run (95%)",
            lambda row: cells.interval(
                "evidence",
                row["evidence"],
                "reference_prediction_low",
                "reference_prediction_high",
                row["metric"],
            ),
            numeric=True,
        ),
        Column(
            "Reference: seeds",
            lambda row: cells.number("evidence", row["evidence"], "reference_seeds"),
            numeric=True,
        ),
    ]


def _verdict(row: Row) -> Cell:
    """Whether the number lies inside our spread, and whose runs say so."""
    shown = markup.chip(row["word"], words.PUBLISHED) + markup.why(words.SOURCES[row["source"]])
    return Cell(shown, row["word"])


def _what(row: Row, study: StudyResults | None) -> Cell:
    """The setting, the metric and the test of a number; below it why it is not tested, and where it stands."""
    label = words.none_if_nan(row["point"]) or ""
    setting = study.name_of(label) if study else label
    what = words.metric(row["metric"]) + _measured_on(row, study)
    return Cell(
        escape(f"{setting}: {what}" if setting else what)
        + markup.why(row["readings"])
        + markup.why(words.open_because(row["evidence"]))
        + markup.why(row["note"])
        + markup.small(words.place(row))
    )


def _measured_on(row: Row, study: StudyResults | None) -> str:
    where = ""
    if words.none_if_nan(row["suite"]):
        split = (str(row["suite"]), str(row["split"]))
        where = f" on {study.split_name(split) if study else '/'.join(split)}"
    if words.none_if_nan(row["stratum"]) not in (None, "all"):
        where += f", {row['stratum']}"
    if not words.absent(row["at_step"]):
        where += f" at step {int(row['at_step']):,}"
    if words.none_if_nan(row["statistic"]):
        where += f", {row['statistic']} of {int(row['of'])} runs"
    return where


def _printed(row: Row) -> Cell:
    """The number, or the bounds, that the report prints."""
    value, low, high = (
        words.none_if_nan(row[name]) for name in ("published", "published_low", "published_high")
    )
    if value is not None:
        # As the report prints it: its digits say how exact it is.
        shown = f"{value:,.0f}" if value == int(value) and abs(value) >= 10 else f"{value:.10g}"
        source = markup.source(FILE, row, "published")
        return Cell(Markup("<span {}>{}</span>").format(source, shown), markup.order(value))
    ends = [markup.figure(FILE, row, f"published_{end}", row["metric"]) for end in ("low", "high")]
    if low is None:
        return Cell(Markup("at most ") + ends[1], markup.order(high))
    if high is None:
        return Cell(Markup("at least ") + ends[0], markup.order(low))
    return Cell(Markup("{} to {}").format(*ends), markup.order(low))
