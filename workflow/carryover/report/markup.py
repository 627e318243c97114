"""Numbers and verdicts as HTML. Each number carries its source.

`data-from="summary:17:mean"` on a number means row 17 (from 0) and column `mean` of tables/summary.parquet;
`data-count` and `data-sum` say which rows were counted, and which column was added up.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from markupsafe import Markup, escape

from carryover.analysis.wording import bounds, number
from carryover.report import words

NOTHING = Markup('<span class="none">–</span>')


def source(table: str, row: Mapping[str, Any], column: str) -> Markup:
    """The attribute that says where a number comes from.

    `row` has its number in the file under `_row`; where two files make one table, it has the file under `_table`.
    """
    # `%` takes less time than `format`, and a page has thousands of numbers.
    return Markup('data-from="%s:%s:%s"') % (row.get("_table", table), row["_row"], column)


def figure(
    table: str, row: Mapping[str, Any], column: str, metric: str | None = None, brief: bool = False
) -> Markup:
    """One number of a table's row, or a dash. `metric` decides its format; without one, it is the column's name."""
    value = words.none_if_nan(row.get(column))
    if value is None:
        return NOTHING
    shown = (words.brief if brief else number)(float(value), metric or column)
    return Markup("<span %s>%s</span>") % (source(table, row, column), shown)


def spread(table: str, row: Mapping[str, Any], metric: str, brief: bool = False) -> Markup:
    """Mean with interval; the range where there are too few seeds for one; a single number of a single run."""
    html, shown = figure(table, row, "mean", metric, brief), bounds(row)
    if shown is None:
        return html
    form = "[{}, {}]" if shown == ("low", "high") else "({}–{})"
    ends = (figure(table, row, end, metric, brief) for end in shown)
    return html + Markup(f' <span class="interval">{form}</span>').format(*ends)


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


def why(content: Any, told: Callable[[str], Markup] = escape) -> Markup:
    """A remark as a sentence of its own, in small print; nothing where there is none. `told` makes HTML of it."""
    return small("" if words.absent(content) or content == "" else words.sentence(told(str(content))))


def small(content: str) -> Markup:
    """Small print as it is written; nothing where there is none."""
    return Markup('<p class="why">{}</p>').format(content) if content else Markup("")
