"""The tables of a report as they are read back: what is missing or damaged is empty, and said."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from carryover.analysis.tables import RUNS, SCHEMAS

COLUMNS = {"runs": tuple(RUNS.names), **{name: tuple(schema.names) for name, schema in SCHEMAS.items()}}


@dataclass
class Tables:
    """Every table of a folder; `problems` has a line for each that is missing, damaged or foreign.

    A frame's index is the row number in its file, and stays so through any selection: it is how a number on the page
    is traced back.
    """

    folder: Path
    frames: dict[str, pd.DataFrame] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self.frames[name]


def read(folder: Path) -> Tables:
    """Read tables/*.parquet. Never raises for a file's sake: a bad one is empty, with a line in `problems`."""
    tables = Tables(folder)
    found = {path.stem for path in folder.glob("*.parquet")} if folder.is_dir() else set()
    for name in sorted(COLUMNS.keys() | found):
        columns = COLUMNS.get(name, ())
        frame, problem = _read(folder / f"{name}.parquet", columns)
        tables.frames[name] = frame
        if problem:
            tables.problems.append(problem)
    return tables


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame, each with its number in the file under `_row` (unless the frame has such a column)."""
    if "_row" not in frame.columns:
        frame = frame.assign(_row=frame.index)
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def _read(path: Path, columns: tuple[str, ...]) -> tuple[pd.DataFrame, str]:
    empty = pd.DataFrame({name: pd.Series(dtype=object) for name in columns})
    where = f"{path.parent.name}/{path.name}"
    if not path.is_file():
        return empty, f"{where}: no such table"
    try:
        frame = pd.read_parquet(path)
    except (
        Exception
    ) as error:  # pyarrow raises many kinds for a damaged file, some of them bare OSError or ValueError
        return empty, f"{where}: cannot be read ({str(error).splitlines()[0][:120]})"
    lacking = [name for name in columns if name not in frame.columns]
    if lacking:
        return empty, f"{where}: not a table of this report, it has no column {', '.join(lacking)}"
    return frame.reset_index(drop=True), ""
