"""Results folders → the tables of a report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from carryover.analysis import readings, summaries, tables
from carryover.analysis.collect import collect
from carryover.analysis.comparisons import comparisons
from carryover.analysis.curves import curves
from carryover.analysis.evidence import Reference, evidence
from carryover.analysis.horizon import horizon
from carryover.analysis.mixture import mixture
from carryover.analysis.quantities import Results
from carryover.analysis.seen import seen
from carryover.errors import UserErrors
from carryover.planning.plan import Plan

LISTED = 20


def aggregate(
    plan_path: Path, results_root: Path, out_tables: Path, partial: bool = False
) -> list[dict[str, str]]:
    """Gather everything that a plan asks for into tables (Parquet, and CSV beside each).

    With `partial`, each file that is missing, damaged or of another run becomes a row of `missing`. Without it, these
    files raise UserErrors, with one line each. Returns the rows of `missing`.
    """
    plan = Plan.read(plan_path)
    collected = collect(plan, results_root)
    if collected.missing and not partial:
        lines = [
            f"{results_root / (row['kind'] + 's') / row['address'] / row['file']}: {row['what']} ({row['why']})"
            for row in collected.missing
        ]
        more = [f"and {len(lines) - LISTED} more"] if len(lines) > LISTED else []
        advice = "run the workflow again, or take what exists with `carryover report --partial`"
        raise UserErrors([*lines[:LISTED], *more, advice])
    made = analyse(plan, collected.tables)
    made |= evidence(plan, made, Reference.of(plan))
    tables.write({**made, "missing": tables.as_table("missing", collected.missing)}, out_tables)
    return collected.missing


def analyse(plan: Plan, run_tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """All tables of a report, made from its plan and the run-level tables. The run-level tables are included."""
    names = ("runs", "points", "metrics", "history", "costs", "overlap")
    frames = {name: tables.frame(run_tables[name]) for name in names}
    results = Results(plan, frames)
    points = frames["points"]
    points = points[points["run"].isin(frames["runs"]["run"])]
    made: dict[str, list[dict[str, Any]] | pd.DataFrame] = {
        "summary": summaries.summary(plan, points, frames["metrics"]),
        "curves": curves(points, frames["history"]),
        "solved": summaries.solved(results),
        "comparisons": comparisons(results),
        "horizon": horizon(plan, points, frames["metrics"]),
        "mixture": mixture(plan, frames["metrics"]),
        "seen": seen(plan, points, frames["metrics"]),
        "costs_summary": summaries.costs_summary(results),
    }
    for name, rows in readings.judged(results).items():
        made |= tables.apart(name, rows)
    return {**run_tables, **{name: tables.as_table(name, rows) for name, rows in made.items()}}
