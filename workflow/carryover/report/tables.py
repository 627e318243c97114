"""The tables of a report, read back. A missing or damaged table is empty, and is reported."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from carryover.analysis.schemas import RUNS, SCHEMAS, TIMED, with_later_columns
from carryover.analysis.wording import bounds
from carryover.data.table_files import Damaged, read_table

COLUMNS = {"runs": tuple(RUNS.names), **{name: tuple(schema.names) for name, schema in SCHEMAS.items()}}

Row = dict[str, Any]  # column → value, with the number of the row in its file under `_row`


@dataclass
class Tables:
    """Every table of a folder. `problems` has a line for each table that is missing, damaged or of another version.

    Any number on the page can be traced back to its file: a frame's index is the row number there, and stays so
    through any selection. A table of two files (TIMED) has the columns `_table` and `_row` instead.
    """

    folder: Path
    frames: dict[str, pd.DataFrame] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self.frames[name]


def read(folder: Path, without: Collection[str] = ()) -> Tables:
    """Read tables/*.parquet. A bad file raises no error: its table is empty, and `problems` has a line.

    without: large tables that are not needed; they are empty.
    """
    tables = Tables(folder)
    stored = {path.stem for path in folder.glob("*.parquet")} if folder.is_dir() else set()
    for name in sorted(COLUMNS.keys() | stored):
        columns = COLUMNS.get(name, ())
        frame, problem = (
            (_empty(columns), "") if name in without else _read(folder / f"{name}.parquet", columns)
        )
        tables.frames[name] = frame
        if problem:
            tables.problems.append(problem)
    for name, timed in TIMED.items():
        tables.frames[name] = _joined(tables.frames, (name, timed))
        del tables.frames[timed]
    return tables


def _joined(frames: Mapping[str, pd.DataFrame], names: tuple[str, ...]) -> pd.DataFrame:
    """Tables of the same columns as one, each row with the file and the number of its row there."""
    parts = [frames[name].assign(_table=name, _row=frames[name].index) for name in names]
    # An empty part has columns of no type, which would undo the types of the others.
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def records(frame: pd.DataFrame) -> list[Row]:
    """The rows of a frame, each with the number of its row in the file under `_row`."""
    # By columns: `to_dict` looks at the type of each single value.
    columns = {str(name): frame[name].to_numpy(dtype=object).tolist() for name in frame.columns}
    columns.setdefault("_row", frame.index.tolist())
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def ends(row: Row) -> tuple[float, float]:
    """What is drawn around the mean of a row of `summary`: its interval, else the range; for one run, the mean."""
    low, high = bounds(row) or ("mean", "mean")
    return float(row[low]), float(row[high])


def _empty(columns: Collection[str]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=object) for name in columns})


def _read(path: Path, columns: tuple[str, ...]) -> tuple[pd.DataFrame, str]:
    empty = _empty(columns)
    where = f"{path.parent.name}/{path.name}"
    if not path.is_file():
        return empty, f"{where}: no such table"
    try:
        frame = with_later_columns(path.stem, read_table(path)).to_pandas()
    except Damaged as damage:
        return empty, f"{where}: damaged ({damage})"
    lacking = [name for name in columns if name not in frame.columns]
    if lacking:
        return empty, f"{where}: not a table of this report, it has no column {', '.join(lacking)}"
    return frame.reset_index(drop=True), ""


def of_kind(evidence: pd.DataFrame, kind: str) -> pd.DataFrame:
    """The rows of `evidence` on claims (`claim`) or on published numbers (`published`)."""
    return evidence[evidence["kind"].astype(str) == kind]
