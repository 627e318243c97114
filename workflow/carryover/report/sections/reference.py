"""How these results compare with the committed reference results of the same config."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from carryover.analysis.compare import Difference, difference
from carryover.errors import UserError
from carryover.report import cells
from carryover.report.columns import Column, Table, table
from carryover.report.sections import Section
from carryover.report.tables import Row, records
from carryover.report.view import Report

MOST_ROWS = 200

MEANS: list[Column[Row]] = [
    Column("Study", lambda row: cells.text(row["study"])),
    Column("Setting", lambda row: cells.text(row["point"])),
    Column("Test", lambda row: cells.text(f"{row['suite']}/{row['split']}")),
    Column("Metric", lambda row: cells.text(row["metric"])),
    Column("Here", lambda row: cells.calculated(row["mean_a"], row["metric"]), numeric=True),
    Column("Reference", lambda row: cells.calculated(row["mean_b"], row["metric"]), numeric=True),
]
WORDS: list[Column[Row]] = [
    Column("Study", lambda row: cells.text(row["study"])),
    Column("Claim or number", lambda row: cells.text(row["id"])),
    Column("Setting", lambda row: cells.text(row["point"])),
    Column("Here", lambda row: cells.text(row["a"])),
    Column("Reference", lambda row: cells.text(row["b"])),
]


@dataclass(frozen=True)
class Comparison:
    """What the page says: where the reference lies, sentences, and tables of what differs (none where nothing does)."""

    folder: str
    sentences: list[str]
    tables: list[Table]


def section(report: Report) -> Section | None:
    """The comparison; None where the plan names no reference."""
    if report.plan.reference is None:
        return None
    comparison = compared(report.tables.folder, Path(report.plan.reference))
    return Section("reference", "Compared with the reference", "reference.html", comparison)


def compared(tables: Path, reference: Path) -> Comparison:
    """The results in the folder `tables` beside those in the folder `reference`."""
    if not (reference / "runs.parquet").is_file():
        return Comparison(str(reference), ["There is nothing to compare with: no results lie there."], [])
    try:
        differences = difference(tables, reference)
    except UserError as error:
        return Comparison(str(reference), [f"Not available: {error}"], [])
    shown = [
        _table(
            "reference-means",
            "Means that differ from the reference by more than the seeds explain",
            MEANS,
            differences.metrics,
        ),
        _table(
            "reference-words",
            "Verdicts and places that differ from the reference",
            WORDS,
            differences.words,
        ),
    ]
    return Comparison(
        str(reference), _sentences(differences), [table for table in shown if table is not None]
    )


def _sentences(between: Difference) -> list[str]:
    runs, splits = between.runs_in_both, between.datasets_in_both
    if not runs and not between.compared:
        return ["These results have nothing in common with the reference."]
    same_runs, same_splits = runs - len(between.runs), splits - len(between.datasets)
    return [
        f"{runs} runs are in both, {between.runs_in_a} only here and {between.runs_in_b} only in the reference.",
        f"{same_runs} of those in both have the same checkpoint bit for bit (machines may differ in it).",
        f"{same_splits} of {splits} dataset splits have the same content.",
        f"Of {between.compared} means that both have, {len(between.metrics)} differ by more than the seeds explain. "
        f"{between.too_few} differ, with too few seeds to tell.",
        f"{len(between.words)} verdicts or places of published numbers differ.",
    ]


def _table(name: str, caption: str, columns: list[Column[Row]], frame: pd.DataFrame) -> Table | None:
    if frame.empty:
        return None
    note = f"The first {MOST_ROWS} of {len(frame)}." if len(frame) > MOST_ROWS else ""
    return table(name, caption, columns, records(frame.head(MOST_ROWS)), note)
