"""Published numbers beside the spread of ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup

from carryover.analysis.evidence import side_of
from carryover.analysis.published import INSIDE
from carryover.analysis.readings import PUBLISHED
from carryover.analysis.schemas import SPREAD
from carryover.analysis.wording import number
from carryover.metrics import SHARE, value_range
from carryover.report import cells, markup, words
from carryover.report.cells import EMPTY, Cell
from carryover.report.columns import Column, Table, table
from carryover.report.number_title import number_title
from carryover.report.sections import Section, anchor_of
from carryover.report.sections.claims import FILES, OUR_OWN
from carryover.report.sections.tallies import chips
from carryover.report.sides import SIDES, sides_of
from carryover.report.tables import Row, records
from carryover.report.view import Report, StudyResults

FILE = "published"
WIDE_SHARE = 0.1  # an interval of a share is wide from here on
WIDE_PART = 0.5  # that of any other metric, as a part of the mean
OURS = (*SPREAD, "seeds", "readings")


def section(report: Report, figures: Sequence[Mapping[str, Any]]) -> Section | None:
    """How the published numbers of each report fared in one line, which unfolds into its studies; and a figure."""
    groups: dict[str, list[StudyResults]] = {}
    for study in report.studies:
        if len(study.evidence(PUBLISHED)):
            groups.setdefault(study.planned.report or OUR_OWN, []).append(study)
    if not groups:
        return None
    drawn = {entry["name"]: entry for entry in figures}
    shown = []
    for name, studies in groups.items():
        entry = drawn.pop(f"{studies[0].planned.report or 'own'}-published", None)
        shown.append({**_of_report(name, studies), "figure": entry})
    content = {"reports": shown, "figures": list(drawn.values())}
    return Section("all-published", "Published numbers", "published.html", content)


def chips_of(study: StudyResults) -> Markup | None:
    """How the published numbers of one study fared; None without any."""
    return chips(study.evidence(PUBLISHED), "word", words.PUBLISHED)


def _of_report(name: str, studies: Sequence[StudyResults]) -> dict[str, Any]:
    rows = pd.concat([study.evidence(PUBLISHED) for study in studies])
    return {
        "name": name,
        "count": len(rows),
        "chips": chips(rows, "word", words.PUBLISHED),
        "studies": [
            {"study": study.name, "title": study.title, "chips": chips_of(study)} for study in studies
        ],
    }


def of_study(study: StudyResults) -> Table | None:
    """The published numbers of one study."""
    rows = _rows(study)
    if not rows:
        return None
    name = anchor_of(study.name, "published")
    caption = "Published numbers beside ours"
    return table(name, caption, _columns(study), rows, files=["published", "published_timed", *FILES])


def _rows(study: StudyResults) -> list[Row]:
    """The rows of `evidence` on a study's published numbers, each with this report's own row of `published`.

    A setting that only the reference has takes what was printed from another row of its number, and no value of ours.
    Where the table `published` is missing, there are none.
    """
    own = {(row["id"], words.none_if_nan(row["point"])): row for row in records(study.table(FILE))}
    printed = {row["id"]: row for row in own.values()}
    rows = []
    for evidence in records(study.evidence(PUBLISHED)) if printed else []:
        label = words.none_if_nan(evidence["point"])
        row = own.get((evidence["id"], label))
        if row is None:
            row = printed[evidence["id"]] | dict.fromkeys(OURS) | {"point": label}
        rows.append({**row, "evidence": evidence})
    return rows


def _columns(study: StudyResults) -> list[Column[Row]]:
    own_note = "mean [95% interval]; one further run, or as many as printed; range"
    of_sides = {
        "own": Column(SIDES["own"], _ours, numeric=True, note=own_note),
        "reference": Column(SIDES["reference"], _reference, numeric=True, note="mean; one further run (95%)"),
    }
    return [
        Column("Verdict", _verdict),
        Column("Number", lambda row: _what(row, study), wide=True),
        Column("Published", _printed, numeric=True),
        *(of_sides[side] for side in sides_of(study.report)),
    ]


def _ours(row: Row) -> Cell:
    """The spread of our runs: mean, where one further run would lie, range, and how many there are."""
    mean = cells.spread(FILE, row, row["metric"])
    further = cells.interval(FILE, row, "prediction_low", "prediction_high", row["metric"])
    extent = cells.interval(FILE, row, "minimum", "maximum", row["metric"])
    if not row["evidence"]["own_seeds"]:
        return EMPTY
    return _stacked(mean, {"further run": further, "range": extent}, FILE, row, "seeds")


def _reference(row: Row) -> Cell:
    """The same of the committed reference."""
    evidence, metric = row["evidence"], row["metric"]
    mean = Cell(markup.figure("evidence", evidence, "reference_mean", metric))
    ends = ("reference_prediction_low", "reference_prediction_high")
    further = cells.interval("evidence", evidence, *ends, metric)
    return _stacked(mean, {"further run": further}, "evidence", evidence, "reference_seeds")


def _stacked(mean: Cell, others: Mapping[str, Cell], file: str, row: Row, seeds: str) -> Cell:
    """A mean with what else is known below it; a dash where there are no seeds."""
    if not words.none_if_nan(row[seeds]):
        return EMPTY
    lines = [
        Markup('<span class="interval">{} {}</span>').format(name, cell.html)
        for name, cell in others.items()
        if cell is not EMPTY
    ]
    count = Markup('<span class="interval">{} {}</span>').format(
        markup.figure(file, row, seeds), "seed" if row[seeds] == 1 else "seeds"
    )
    return Cell(Markup(" ").join([mean.html, *lines, count]))


def _verdict(row: Row) -> Cell:
    """Whether the number lies inside our spread, how wide that is, and whose runs say so."""
    evidence = row["evidence"]
    shown = markup.chip(evidence["word"], words.PUBLISHED) + markup.why(words.SOURCES[evidence["source"]])
    return Cell(shown + markup.why(_width(evidence, row["metric"])))


def _width(evidence: Row, metric: str) -> str:
    """How wide the interval is that a published number lies in, and what that means where it is wide."""
    if evidence["word"] != INSIDE:
        return ""
    side = side_of(evidence["source"])
    mean, low, high = (
        float(evidence[f"{side}_{name}"]) for name in ("mean", "prediction_low", "prediction_high")
    )
    width = high - low
    shown = f"the interval is {number(width, metric)} wide"
    wide = width > (WIDE_SHARE if value_range(metric) == SHARE else WIDE_PART * abs(mean))
    return f"{shown}: the number cannot be excluded, which says little" if wide else shown


def _what(row: Row, study: StudyResults) -> Cell:
    """The setting, the metric and the test of a number; below it why it is not tested, and where it stands."""
    return Cell(
        number_title(row, study)
        + markup.why(row["readings"], study.told)
        + markup.why(words.open_because(row["evidence"]), study.told)
        + markup.why(row["note"])
        + markup.small(words.place(row))
    )


def _printed(row: Row) -> Cell:
    """The number, or the bounds, that the report prints."""
    value, low, high = (
        words.none_if_nan(row[name]) for name in ("published", "published_low", "published_high")
    )
    if value is not None:
        # As the report prints it: its digits say how exact it is.
        shown = f"{value:,.0f}" if value == int(value) and abs(value) >= 10 else f"{value:.10g}"
        source = markup.source(FILE, row, "published")
        return Cell(Markup("<span {}>{}</span>").format(source, shown))
    ends = [markup.figure(FILE, row, f"published_{end}", row["metric"]) for end in ("low", "high")]
    if low is None:
        return Cell(Markup("at most ") + ends[1])
    if high is None:
        return Cell(Markup("at least ") + ends[0])
    return Cell(Markup("{} to {}").format(*ends))
