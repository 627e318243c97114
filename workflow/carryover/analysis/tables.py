"""The tables of a report: their columns, and how they are written and read.

The same content gives the same bytes: columns and types are fixed, row order follows the plan, and no library
metadata is kept. What was measured in time (MEASURED) is kept apart, since no two runs of a workflow agree in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from carryover.analysis.latex import as_latex
from carryover.data.files import atomic_path
from carryover.errors import UserError
from carryover.planning.sweep import flat

MEASURED = ("costs", "costs_summary", "claims_timed", "published_timed")

_TYPES = {"s": pa.string(), "i": pa.int64(), "f": pa.float64(), "b": pa.bool_()}


def _schema(**columns: str) -> pa.Schema:
    return pa.schema([pa.field(name, _TYPES[kind]) for name, kind in columns.items()])


_SPREAD = {
    "mean": "f",
    "low": "f",
    "high": "f",
    "prediction_low": "f",
    "prediction_high": "f",
    "minimum": "f",
    "maximum": "f",
}
_CLAIMS = _schema(
    study="s",
    id="s",
    report="s",
    place="s",
    text="s",
    kind="s",
    verdict="s",
    evidence="s",
    reason="s",
    because="s",
    note="s",
)
_PUBLISHED = _schema(
    study="s",
    id="s",
    report="s",
    place="s",
    point="s",
    suite="s",
    split="s",
    stratum="s",
    metric="s",
    at_step="i",
    published="f",
    published_low="f",
    published_high="f",
    **_SPREAD,
    seeds="i",
    word="s",
    reason="s",
    note="s",
)

# Every table but `runs`, which has RUNS and then settings columns that depend on the plan.
SCHEMAS: dict[str, pa.Schema] = {
    "datasets": _schema(dataset="s", task="s", split="s", rows="i", digest="s"),
    "points": _schema(
        study="s", point="s", values="s", run="s", evaluation="s", seed="i", as_published="b", differs="s"
    ),
    "metrics": _schema(run="s", suite="s", split="s", stratum="s", metric="s", value="f", n="i"),
    "history": _schema(run="s", step="i", epoch="f", examples="i", split="s", metric="s", value="f"),
    "costs": _schema(
        run="s",
        stage="s",
        seconds="f",
        cpu_seconds="f",
        peak_memory_mb="f",
        device="s",
        host="s",
        device_name="s",
        device_memory_mb="f",
        examples_per_second="f",
        seconds_per_step="f",
        seconds_per_epoch="f",
        threads="i",
        alone="b",
    ),
    "overlap": _schema(
        dataset="s",
        run="s",
        suite="s",
        split="s",
        rows="i",
        shared="i",
        shared_commuted="i",
        share="f",
        share_commuted="f",
        coverage="f",
    ),
    "examples": _schema(run="s", suite="s", split="s", index="i", question="s", answer="s", prediction="s"),
    "summary": _schema(
        study="s",
        point="s",
        suite="s",
        split="s",
        stratum="s",
        metric="s",
        **_SPREAD,
        sd="f",
        seeds="i",
        n="i",
    ),
    "curves": _schema(
        study="s", point="s", split="s", metric="s", step="i", **_SPREAD, sd="f", seeds="i", ended="i"
    ),
    "solved": _schema(
        study="s",
        point="s",
        seeds="i",
        solved="i",
        share="f",
        low="f",
        high="f",
        median_steps="f",
        diverged="i",
    ),
    "comparisons": _schema(
        study="s",
        suite="s",
        split="s",
        metric="s",
        a="s",
        b="s",
        difference="f",
        low="f",
        high="f",
        probability="f",
        probability_low="f",
        probability_high="f",
        decided="s",
        method="s",
        seeds_a="i",
        seeds_b="i",
    ),
    "horizon": _schema(
        study="s",
        point="s",
        suite="s",
        horizon="i",
        shortest_tested="i",
        longest_tested="i",
        lengths="i",
        seeds="i",
    ),
    "mixture": _schema(
        run="s",
        suite="s",
        split="s",
        component="s",
        weight="f",
        accuracy="f",
        rows="i",
        source="s",
        predicted="f",
        predicted_low="f",
        predicted_high="f",
        measured="f",
        explained="b",
    ),
    "published": _PUBLISHED,
    "published_timed": _PUBLISHED,
    "claims": _CLAIMS,
    "claims_timed": _CLAIMS,
    "costs_summary": _schema(
        study="s",
        point="s",
        parameters="i",
        seconds="f",
        seconds_per_step="f",
        cpu_seconds="f",
        peak_memory_mb="f",
        examples_per_second="f",
        device="s",
        alone="b",
        seeds="i",
    ),
    "missing": _schema(kind="s", address="s", file="s", what="s", why="s"),
}


RUNS = _schema(
    run="s",
    task="s",
    dataset="s",
    seed="i",
    parameters="i",
    status="s",
    steps="i",
    solved_at="i",
    best_step="i",
    dataset_digest="s",
    checkpoint_digest="s",
)


def runs_table(rows: list[dict[str, Any]], settings: list[Mapping[str, Any]]) -> pa.Table:
    """`runs`: fixed columns from `rows`, then one column for each setting of any run, by dotted path."""
    table = pa.Table.from_pylist(rows, schema=RUNS)
    dotted = [flat(one) for one in settings]
    for path in sorted({path for one in dotted for path in one} - {"seed"}):
        table = table.append_column(path, _setting_column([one.get(path) for one in dotted]))
    return table


def _setting_column(values: list[Any]) -> pa.Array:
    """One setting over all runs in the narrowest type that holds it; mixed or very large values as text."""
    there = [value for value in values if value is not None]
    if all(isinstance(value, bool) for value in there):
        return pa.array(values, pa.bool_())
    whole = all(isinstance(value, int) and not isinstance(value, bool) for value in there)
    if whole and all(abs(value) < 2**63 for value in there):
        return pa.array(values, pa.int64())
    if all(
        isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**53
        for value in there
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
    """Rows or a data frame as the table of this name; columns that it lacks are null, NaN is null."""
    schema = SCHEMAS[name]
    if isinstance(rows, pd.DataFrame):
        return pa.Table.from_pandas(
            rows.reindex(columns=schema.names), schema=schema, preserve_index=False
        ).replace_schema_metadata(None)
    return pa.Table.from_pylist(list(rows), schema=schema)


def write(tables: Mapping[str, pa.Table], folder: Path, csv_rows: int | None = None) -> None:
    """Write each table as `<name>.parquet` and `<name>.csv`, and those for papers as `<name>.tex`.

    Tables of more than `csv_rows` rows get no CSV.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        with atomic_path(folder / f"{name}.parquet") as path:
            pq.write_table(table, path, compression="zstd", write_statistics=False)
        if csv_rows is None or table.num_rows <= csv_rows:
            with atomic_path(folder / f"{name}.csv") as path:
                pyarrow.csv.write_csv(table, path)
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
        table = pq.read_table(path)
    except FileNotFoundError:
        raise UserError(f"{path}: no such table; give the folder that `carryover aggregate` wrote") from None
    except (pa.ArrowInvalid, OSError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"{path}: not a readable Parquet file ({reason}); aggregate again") from None
    wanted = RUNS if name == "runs" else SCHEMAS[name]
    lacking = [column for column in wanted.names if column not in table.column_names]
    if lacking:
        raise UserError(f"{path}: it has no column {lacking[0]!r}; another version made it, aggregate again")
    return table
