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
    """The content of a cell, and the value to sort it by if that differs from its text."""

    html: Markup | str
    order: str | None = None
    source: Markup | str = ""  # the attribute that says where the cell's one number comes from


EMPTY = Cell(markup.NOTHING, "")  # in place of a number; it sorts before all numbers


def number(file: str, row: Mapping[str, Any] | None, column: str, metric: str | None = None) -> Cell:
    """One number of a row of tables/<file>; `metric` decides its format, the column's name where there is none."""
    value = None if row is None else words.none_if_nan(row.get(column))
    if row is None or value is None:
        return EMPTY
    shown = shown_number(float(value), metric or column)
    return Cell(shown, markup.order(value), markup.source(file, row, column))


def spread(file: str, row: Mapping[str, Any] | None, metric: str) -> Cell:
    """A mean with its interval, sorted by the mean."""
    if row is None:
        return EMPTY
    return Cell(markup.spread(file, row, metric), markup.order(words.none_if_nan(row["mean"])))


def interval(file: str, row: Mapping[str, Any], low: str, high: str, metric: str) -> Cell:
    """The numbers of two columns, sorted by the lower one."""
    if words.absent(row[low]) and words.absent(row[high]):
        return EMPTY
    ends = (markup.figure(file, row, low, metric), markup.figure(file, row, high, metric))
    return Cell(Markup("{} to {}").format(*ends), markup.order(words.none_if_nan(row[low])))


def calculated(value: float, metric: str) -> Cell:
    """A number that was computed from several tables, and is in none of them."""
    return Cell(shown_number(float(value), metric), markup.order(float(value)))


def whole_number(content: int | None) -> Cell:
    """A number that is in no table, such as a seed."""
    return EMPTY if content is None else Cell(str(content), markup.order(content))


def text(content: Any) -> Cell:
    """Text from data, escaped, with a dash for nothing."""
    return Cell(markup.NOTHING if words.absent(content) or content == "" else escape(str(content)))


def code(content: Any) -> Cell:
    """Text from data as a program reads it."""
    return Cell(Markup("<code>{}</code>").format(content))


def yes_or_no(content: Any) -> Cell:
    """A truth, with a dash where it is not known."""
    return text(None if words.absent(content) else "yes" if content else "no")


def chip(word: str, kinds: Mapping[str, tuple[str, str]]) -> Cell:
    """A verdict as a small label, sorted by its word."""
    return Cell(markup.chip(word, kinds), word)


def link(anchor: str, shown: Any) -> Cell:
    """A link to another part of the page."""
    return Cell(Markup('<a href="#{}">{}</a>').format(anchor, shown))
