"""CSV files whose cells a spreadsheet shows and does not run."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

_FORMULA = r"^[=+\-@\t\r]"
_NUMBER = r"^[+-]?[0-9]+(\.[0-9]+)?$"


def write_csv(table: pa.Table, path: Path) -> None:
    """Write a table as CSV. Text that a spreadsheet would take for a formula gets an apostrophe in front."""
    for number, column in enumerate(table.schema):
        if pa.types.is_string(column.type):
            table = table.set_column(number, column, _as_text(table.column(number)))
    pyarrow.csv.write_csv(table, path)


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Cells that begin with = + - @, a tab or a carriage return, numbers apart, with an apostrophe in front."""
    is_formula = pc.and_(
        pc.match_substring_regex(column, _FORMULA), pc.invert(pc.match_substring_regex(column, _NUMBER))
    )
    return pc.if_else(is_formula, pc.binary_join_element_wise("'", column, ""), column)
