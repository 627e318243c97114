"""How these results compare with the committed reference results of the same config."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from carryover.analysis.compare import Difference, difference
from carryover.analysis.wording import number
from carryover.errors import UserError
from carryover.report.markup import Cell, Head, Table, order
from carryover.report.tables import records

MOST_ROWS = 200


@dataclass(frozen=True)
class Comparison:
    """What the page says: where the reference lies, sentences, and tables of what differs (none where nothing does)."""

    folder: str
    sentences: list[str]
    tables: list[Table]


def compared(tables: Path, reference: Path) -> Comparison | None:
    """The results in `tables` beside those in `reference`; None where the reference is not there or cannot be read."""
    if not (reference / "runs.parquet").is_file():
        return None
    try:
        found = difference(tables, reference)
    except UserError as error:
        return Comparison(str(reference), [f"Not available: {error}"], [])
    return Comparison(
        str(reference), _sentences(found), [t for t in (_means(found), _words(found)) if t.rows]
    )


def _sentences(found: Difference) -> list[str]:
    if not found.runs_in_both and not found.compared:
        return ["These results have nothing in common with the reference."]
    runs, splits = found.runs_in_both, found.datasets_in_both
    return [
        f"{runs} runs are in both, {found.runs_in_a} only here and {found.runs_in_b} only in the reference.",
        f"{runs - len(found.runs)} of those in both have the same checkpoint bit for bit (machines may differ in it).",
        f"{splits - len(found.datasets)} of {splits} dataset splits have the same content.",
        f"Of {found.compared} means that both have, {len(found.metrics)} differ by more than the seeds explain.",
        f"{len(found.words)} verdicts or places of published numbers differ.",
    ]


def _means(found: Difference) -> Table:
    heads = [Head("Study"), Head("Setting"), Head("Test"), Head("Metric")]
    table = Table(
        "reference-means",
        "Means that differ from the reference by more than the seeds explain",
        [*heads, Head("Here", numeric=True), Head("Reference", numeric=True)],
    )
    for row in records(found.metrics.head(MOST_ROWS)):
        metric = str(row["metric"])
        means = (float(row["mean_a"]), float(row["mean_b"]))
        table.rows.append(
            [
                Cell(str(row["study"])),
                Cell(str(row["point"])),
                Cell(f"{row['suite']}/{row['split']}"),
                Cell(metric),
                *(Cell(number(mean, metric), order(mean)) for mean in means),
            ]
        )
    table.note = _first_of(found.metrics)
    return table


def _words(found: Difference) -> Table:
    heads = [Head("Study"), Head("Claim or number"), Head("Setting"), Head("Here"), Head("Reference")]
    table = Table("reference-words", "Verdicts and places that differ from the reference", heads)
    for row in records(found.words.head(MOST_ROWS)):
        table.rows.append([Cell(str(row[name] or "–")) for name in ("study", "id", "point", "a", "b")])
    table.note = _first_of(found.words)
    return table


def _first_of(frame: pd.DataFrame) -> str:
    return f"The first {MOST_ROWS} of {len(frame)}." if len(frame) > MOST_ROWS else ""
