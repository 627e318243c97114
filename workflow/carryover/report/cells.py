"""Cells of tables: numbers with their source, intervals, text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from carryover.analysis.wording import number as shown_number
from carryover.report import markup, words


@dataclass(frozen=True)
class Cell:
    """The content of a cell."""

    html: Markup | str
    source: Markup | str = ""  # the attribute that says where the cell's one number comes from


EMPTY = Cell(markup.NOTHING)  # in place of a number


def number(file: str, row: Mapping[str, Any] | None, column: str, metric: str | None = None) -> Cell:
    """One number of a row of tables/<file>; `metric` decides its format, the column's name where there is none."""
    value = None if row is None else words.none_if_nan(row.get(column))
    if row is None or value is None:
        return EMPTY
    shown = shown_number(float(value), metric or column)
    return Cell(shown, markup.source(file, row, column))


def spread(file: str, row: Mapping[str, Any] | None, metric: str) -> Cell:
    """A mean with its interval."""
    if row is None:
        return EMPTY
    return Cell(markup.spread(file, row, metric))


def interval(file: str, row: Mapping[str, Any], low: str, high: str, metric: str) -> Cell:
    """The numbers of two columns, or the one number that both are."""
    if words.absent(row[low]) and words.absent(row[high]):
        return EMPTY
    ends = (markup.figure(file, row, low, metric), markup.figure(file, row, high, metric))
    if row[low] == row[high]:
        return Cell(ends[0])
    return Cell(Markup("{} to {}").format(*ends))


def calculated(value: float, metric: str) -> Cell:
    """A number that was computed from several tables, and is in none of them."""
    return Cell(shown_number(float(value), metric))


def whole_number(content: int | None) -> Cell:
    """A number that is in no table, such as a seed."""
    return EMPTY if content is None else Cell(str(content))


def text(content: Any) -> Cell:
    """Text from data, escaped, with a dash for nothing."""
    return Cell(markup.NOTHING if words.absent(content) or content == "" else escape(str(content)))


def code(content: Any) -> Cell:
    """Text from data as a program reads it."""
    return Cell(Markup("<code>{}</code>").format(content))


def yes_or_no(content: Any) -> Cell:
    """A truth, with a dash where it is not known."""
    return text(None if words.absent(content) else "yes" if content else "no")
