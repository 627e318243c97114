"""Numbers, verdicts and tables as HTML, each number with the place that it comes from.

`data-from="summary:17:mean"` on a number means row 17 (from 0) and column `mean` of tables/summary.parquet;
`data-count` and `data-sum` say which rows were counted, and which column was added up.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup, escape

from carryover.analysis.wording import number
from carryover.report import words

NOTHING = Markup('<span class="none">–</span>')


@dataclass(frozen=True)
class Head:
    """A column: its title, whether its cells are numbers, and a longer explanation."""

    text: str
    numeric: bool = False
    wide: bool = False  # holds sentences
    middle: bool = False  # holds half a sentence
    note: str = ""


@dataclass(frozen=True)
class Cell:
    """What a cell shows, and what it is sorted by where that differs from its text."""

    html: Markup | str
    order: str | None = None
    source: Markup | str = ""  # the attribute that says where the cell's one number comes from


@dataclass
class Table:
    """A table of the page. `name` is its anchor; every cell stands under one head."""

    name: str
    caption: str
    heads: list[Head]
    rows: list[list[Cell]] = field(default_factory=list)
    note: str = ""


def source(table: str, row: Mapping[str, Any], column: str) -> Markup:
    """The attribute that says where a number comes from; `row` has its number under `_row`."""
    return Markup('data-from="{}:{}:{}"').format(table, row["_row"], column)


def figure(
    table: str, row: Mapping[str, Any], column: str, metric: str | None = None, brief: bool = False
) -> Markup:
    """One number of a table's row, or a dash. `metric` decides its format; without one, it is the column's name."""
    value = words.none_if_nan(row.get(column))
    if value is None:
        return NOTHING
    shown = (words.brief if brief else number)(float(value), metric or column)
    return Markup("<span {}>{}</span>").format(source(table, row, column), shown)


def spread(table: str, row: Mapping[str, Any], metric: str, brief: bool = False) -> Markup:
    """Mean with interval; the range where there are too few seeds for one; a single number of a single run."""
    html = figure(table, row, "mean", metric, brief)
    if words.none_if_nan(row["low"]) is not None and words.none_if_nan(row["high"]) is not None:
        low, high = (figure(table, row, name, metric, brief) for name in ("low", "high"))
        return html + Markup(' <span class="interval">[{}, {}]</span>').format(low, high)
    if int(row["seeds"] or 0) > 1 and words.none_if_nan(row["minimum"]) is not None:
        low, high = (figure(table, row, name, metric, brief) for name in ("minimum", "maximum"))
        return html + Markup(' <span class="interval">({}–{})</span>').format(low, high)
    return html


def cell(table: str, row: Mapping[str, Any], column: str, metric: str | None = None) -> Cell:
    """A cell of one number."""
    value = words.none_if_nan(row.get(column))
    if value is None:
        return Cell(NOTHING, "")
    return Cell(number(float(value), metric or column), order(value), source(table, row, column))


def spread_cell(table: str, row: Mapping[str, Any] | None, metric: str) -> Cell:
    """A cell of a mean with its interval, sorted by the mean."""
    if row is None:
        return Cell(NOTHING, "")
    return Cell(spread(table, row, metric), order(words.none_if_nan(row["mean"])))


def order(value: Any) -> str:
    """What a numeric cell is sorted by; nothing sorts before every number."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    return f"{float(value):.7g}"


def count(number_of: int, table: str, where: Mapping[str, Any], distinct: list[str] | None = None) -> Markup:
    """A number of rows of a table, with what was counted."""
    rule = {"table": table, "where": dict(where), **({"distinct": distinct} if distinct else {})}
    return Markup("<span data-count='{}'>{}</span>").format(
        json.dumps(rule, sort_keys=True), f"{number_of:,}"
    )


def chip(word: str, kinds: Mapping[str, tuple[str, str]]) -> Markup:
    """A verdict as a small label: sign and word, never colour alone."""
    sign, name = kinds.get(word, ("", "none"))
    return Markup('<span class="chip {}"><span aria-hidden="true">{}</span> {}</span>').format(
        name, sign, word
    )


def text(content: Any) -> Cell:
    """A cell of text from data, escaped, with a dash for nothing."""
    return Cell(NOTHING if words.absent(content) or content == "" else escape(str(content)))
