"""Tables of the page. Each column is declared once, with its heading and the function that makes its cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import pandas as pd

from carryover.report.cells import Cell
from carryover.report.tables import records

Row = TypeVar("Row")
MOST_ROWS = 600  # of a table on the page; tables/ has all


@dataclass(frozen=True)
class Column(Generic[Row]):
    """One column, and how its cells are laid out."""

    head: str
    cell: Callable[[Row], Cell]
    numeric: bool = False
    wide: bool = False  # holds sentences
    middle: bool = False  # holds half a sentence
    note: str = ""  # a longer explanation, below the heading


@dataclass(frozen=True)
class Table:
    """A table as the page shows it. `name` is its anchor; every cell stands under one column.

    files: the tables in the report's folder that it shows a part of, without the end of their names.
    """

    name: str
    caption: str
    columns: Sequence[Column[Any]]
    rows: list[list[Cell]]
    note: str = ""
    files: Sequence[str] = ()


def table(
    name: str,
    caption: str,
    columns: Sequence[Column[Row]],
    rows: Iterable[Row],
    note: str = "",
    files: Sequence[str] = (),
) -> Table:
    """The table that these columns make of these rows."""
    cells = [[column.cell(row) for column in columns] for row in rows]
    return Table(name, caption, columns, cells, note, files)


def of_frame(
    name: str,
    caption: str,
    columns: Sequence[Column[dict[str, Any]]],
    frame: pd.DataFrame,
    file: str,
    most: int = MOST_ROWS,
) -> Table | None:
    """The first rows of a frame as a table, or None without rows. A note says where the file tables/<file> has more."""
    if frame.empty:
        return None
    note = f"The first {most} of {len(frame):,} rows; tables/{file}.csv has all." if len(frame) > most else ""
    return table(name, caption, columns, records(frame.head(most)), note, [file])
