"""Seen against unseen test examples of a study, like with like."""

from __future__ import annotations

from typing import Any, NamedTuple

from markupsafe import Markup

from carryover.report import cells, markup, words
from carryover.report.cells import Cell
from carryover.report.columns import Column, Table, table
from carryover.report.sections import anchor_of
from carryover.report.tables import Row, records
from carryover.report.view import Setting, Split, StudyResults

FILE = "seen"
NOT_COMPARED = "not told: evaluated before the two were compared like with like"


class Pair(NamedTuple):
    """A setting and a test that has seen and unseen examples, with its row of `seen`, if there is one."""

    setting: Setting
    split: Split
    row: Row


def of_study(study: StudyResults) -> Table | None:
    """A row a setting and test that has seen and unseen examples."""
    rows = pairs(study)
    within = study.task.seen_within
    if not rows or within is None:
        return None
    return table(
        anchor_of(study.name, "seen"),
        f"Seen and unseen test examples of “{study.title}”, compared within equal {within.label}",
        _columns(study, within.label),
        rows,
        "Training has some examples more often than others, such as short ones, which are also easier. Like with like "
        f"compares examples of equal {within.label}; only those that have a counterpart of the other kind count.",
        [FILE],
    )


def pairs(study: StudyResults) -> list[Pair]:
    """The settings and tests that have seen and unseen examples; those without a row of `seen` have an empty one."""
    known = {(row["point"], row["suite"], row["split"]): row for row in records(study.table(FILE))}
    return [
        Pair(setting, split, known.get((setting.label, *split), {}))
        for split in study.measured_splits
        for setting in study.available
        if all(study.spread(setting, split, study.metric or "", f"seen={kind}") for kind in ("yes", "no"))
    ]


def reading(row: Row, label: str) -> str:
    """What a row of `seen` says, in words. label: what examples are compared within."""
    if not row:
        return NOT_COMPARED
    if not row["values"]:
        return f"cannot be told apart from the {label}: none has seen and unseen examples"
    if words.absent(row["low"]):
        return "not decided: fewer than 3 seeds"
    decided = words.none_if_nan(row["decided"])
    if decided is None:
        return "no difference found"
    return (
        "seen ones are answered better, as from memory"
        if decided == "better"
        else "seen ones are answered worse"
    )


def _columns(study: StudyResults, label: str) -> list[Column[Pair]]:
    def number(column: str, metric: str = "rows") -> Any:
        return lambda pair: cells.number(FILE, pair.row or None, column, metric)

    return [
        Column("Setting", lambda pair: Cell(study.titled_setting(pair.setting.label))),
        Column("Test", lambda pair: Cell(study.titled_split(pair.split))),
        Column("Seen", number("seen_rows"), numeric=True, note="test examples"),
        Column("Seen, compared", number("seen_compared"), numeric=True, note="with unseen counterparts"),
        Column("Unseen", number("unseen_rows"), numeric=True, note="test examples"),
        Column("Unseen, compared", number("unseen_compared"), numeric=True, note="with seen counterparts"),
        Column("All seen − all unseen", number("crude", "gap"), numeric=True),
        Column("Like with like", _difference, numeric=True),
        Column("Seeds", number("seeds"), numeric=True),
        Column("What it says", lambda pair: cells.text(reading(pair.row, label)), middle=True),
    ]


def _difference(pair: Pair) -> Cell:
    """Seen minus unseen, with its interval."""
    if not pair.row or words.absent(pair.row["difference"]):
        return cells.EMPTY
    html = markup.figure(FILE, pair.row, "difference", "gap")
    if not words.absent(pair.row["low"]):
        ends = (markup.figure(FILE, pair.row, end, "gap") for end in ("low", "high"))
        html += Markup(' <span class="interval">[{}, {}]</span>').format(*ends)
    return Cell(html)
