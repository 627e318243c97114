"""The tables of a report: their columns, and how they are written and read.

The same content gives the same bytes: columns and types are fixed, rows are in the order of the plan, and no metadata
of libraries is kept. Measured times are kept in files of their own, because they differ between any two calls.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from carryover.analysis.csv_files import write_csv
from carryover.analysis.latex import as_latex
from carryover.analysis.schemas import RUNS, SCHEMAS, TIMED, with_later_columns
from carryover.data.files import atomic_path
from carryover.data.table_files import Damaged, read_table, write_table
from carryover.errors import UserError
from carryover.planning.sweep import flat


def runs_table(rows: list[dict[str, Any]], settings: Sequence[Mapping[str, Any]]) -> pa.Table:
    """`runs`: fixed columns from `rows`, then one column for each setting of any run, by dotted path."""
    table = pa.Table.from_pylist(rows, schema=RUNS)
    dotted = [flat(one) for one in settings]
    for path in sorted({path for one in dotted for path in one} - {"seed"}):
        table = table.append_column(path, _setting_column([one.get(path) for one in dotted]))
    return table


def _setting_column(values: list[Any]) -> pa.Array:
    """One setting over all runs in the narrowest type that holds it; mixed or very large values as text."""
    known = [value for value in values if value is not None]
    if all(isinstance(value, bool) for value in known):
        return pa.array(values, pa.bool_())
    whole = all(isinstance(value, int) and not isinstance(value, bool) for value in known)
    if whole and all(abs(value) < 2**63 for value in known):
        return pa.array(values, pa.int64())
    if all(
        isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**53
        for value in known
    ):
        return pa.array([None if value is None else float(value) for value in values], pa.float64())
    return pa.array([_text(value) for value in values], pa.string())


def _text(value: Any) -> str | None:
    return (
        value
        if value is None or isinstance(value, str)
        else json.dumps(value, sort_keys=True, ensure_ascii=False)
    )


def as_table(name: str, rows: Iterable[Mapping[str, Any]] | pd.DataFrame) -> pa.Table:
    """Rows or a data frame as the table of this name.

    Columns that they lack are null, and so is NaN. Columns that the table does not have are left out.
    """
    schema = SCHEMAS[name]
    if isinstance(rows, pd.DataFrame):
        return pa.Table.from_pandas(
            rows.reindex(columns=schema.names), schema=schema, preserve_index=False
        ).replace_schema_metadata(None)
    return pa.Table.from_pylist(list(rows), schema=schema)


def frame(table: pa.Table) -> pd.DataFrame:
    """A table as a data frame; text is dictionary-encoded, so that grouping hundreds of thousands of rows is fast."""
    return table.to_pandas(strings_to_categorical=table.num_rows > 10_000)


def apart(name: str, rows: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Rows of one table by the file that they go to. Rows about measured time (`timed`) have a file of their own."""
    return {
        name: [row for row in rows if not row["timed"]],
        TIMED[name]: [row for row in rows if row["timed"]],
    }


def write(tables: Mapping[str, pa.Table], folder: Path, csv_rows: int | None = None) -> None:
    """Write each table as `<name>.parquet` and `<name>.csv`, and those for papers as `<name>.tex`.

    Tables of more than `csv_rows` rows get no CSV.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        write_table(folder / f"{name}.parquet", table, write_statistics=False)
        if csv_rows is None or table.num_rows <= csv_rows:
            with atomic_path(folder / f"{name}.csv") as path:
                write_csv(table, path)
        else:
            (folder / f"{name}.csv").unlink(missing_ok=True)
        text = as_latex(name, table)
        if text is not None:
            with atomic_path(folder / f"{name}.tex") as path:
                path.write_text(text, encoding="utf-8")


def read(folder: Path, name: str) -> pa.Table:
    """One table of a folder. Raises UserError where it is missing, damaged or of another version."""
    path = folder / f"{name}.parquet"
    try:
        table = with_later_columns(name, read_table(path))
    except FileNotFoundError:
        raise UserError(f"{path}: no such table; give the folder that `carryover aggregate` wrote") from None
    except Damaged as damage:
        raise UserError(f"{path}: damaged ({damage}); aggregate again") from None
    wanted = RUNS if name == "runs" else SCHEMAS.get(name, pa.schema([]))
    lacking = [column for column in wanted.names if column not in table.column_names]
    if lacking:
        raise UserError(f"{path}: it has no column {lacking[0]!r}; another version made it, aggregate again")
    return table
