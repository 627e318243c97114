"""The columns of every table of a report, once."""

from __future__ import annotations

import pyarrow as pa

from carryover.evaluation.schemas import EXAMPLES, METRICS, OVERLAP
from carryover.training.history import HISTORY

_TYPES = {"s": pa.string(), "i": pa.int64(), "f": pa.float64(), "b": pa.bool_()}


def _schema(**columns: str) -> pa.Schema:
    return pa.schema([pa.field(name, _TYPES[kind]) for name, kind in columns.items()])


SPREAD = {
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
    readings="s",
    evidence="s",
    reason="s",
    detail="s",
    rule="s",
    design="s",
    p="f",
    stays="b",
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
    statistic="s",
    of="i",
    published="f",
    published_low="f",
    published_high="f",
    **SPREAD,
    seeds="i",
    word="s",
    readings="s",
    reason="s",
    detail="s",
    note="s",
)
# One row for each reading of a claim or a published number; the study's own reading has no `instead_of`.
_READINGS = _schema(
    study="s",
    kind="s",
    id="s",
    point="s",
    path="s",
    reading="s",
    instead_of="s",
    seeds="i",
    verdict="s",
    value="f",
    low="f",
    high="f",
    evidence="s",
    reason="s",
    detail="s",
)

# One row for each claim, and for each published number and setting: what each side says, and which decides.
SIDE = {
    "word": "s",
    "evidence": "s",
    "reason": "s",
    "detail": "s",
    "readings": "s",
    "seeds": "i",
    "mean": "f",
    "prediction_low": "f",
    "prediction_high": "f",
}
_EVIDENCE = _schema(
    study="s",
    kind="s",
    id="s",
    point="s",
    word="s",
    source="s",
    reason="s",
    detail="s",
    rule="s",
    design="s",
    p="f",
    stays="b",
    **{f"{side}_{column}": kind for side in ("own", "reference") for column, kind in SIDE.items()},
    reference_commits="s",
)

# Tables that earlier versions did not have. A reference without them is read as if they were empty.
NEW = ("seen",)
# Columns that tables of earlier versions lack. They are read as empty.
LATER = {
    "overlap": ("shared_tokens", "share_tokens"),
    **dict.fromkeys(("claims", "claims_timed", "published", "published_timed"), ("readings",)),
}

# Every table but `runs`, which has RUNS and then settings columns that depend on the plan.
SCHEMAS: dict[str, pa.Schema] = {
    "datasets": _schema(dataset="s", task="s", split="s", rows="i", digest="s"),
    "points": _schema(
        study="s", point="s", values="s", run="s", evaluation="s", seed="i", as_published="b", differs="s"
    ),
    "metrics": METRICS,
    "history": pa.schema([pa.field("run", pa.string()), *HISTORY]),
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
    "overlap": OVERLAP,
    # Those of the wrong answers that a person reads.
    "examples": pa.schema(
        [
            EXAMPLES.field(one)
            for one in ("run", "suite", "split", "index", "question", "answer", "prediction")
        ]
    ),
    "summary": _schema(
        study="s",
        point="s",
        suite="s",
        split="s",
        stratum="s",
        metric="s",
        **SPREAD,
        sd="f",
        seeds="i",
        n="i",
    ),
    "curves": _schema(
        study="s", point="s", split="s", metric="s", step="i", **SPREAD, sd="f", seeds="i", ended="i"
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
    "seen": _schema(
        study="s",
        point="s",
        suite="s",
        split="s",
        metric="s",
        within="s",
        values="i",
        seen_rows="i",
        seen_compared="i",
        unseen_rows="i",
        unseen_compared="i",
        crude="f",
        difference="f",
        low="f",
        high="f",
        seeds="i",
        decided="s",
    ),
    "published": _PUBLISHED,
    "published_timed": _PUBLISHED,
    "claims": _CLAIMS,
    "claims_timed": _CLAIMS,
    "readings": _READINGS,
    "readings_timed": _READINGS,
    "evidence": _EVIDENCE,
    "evidence_timed": _EVIDENCE,
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

# Tables with some rows about measured time. These rows are in a file of their own, because they differ between any two
# calls of the workflow: the name of the table → the name of the other file.
TIMED = {name: f"{name}_timed" for name in ("claims", "published", "readings", "evidence")}
# Files that differ between any two calls of the workflow.
MEASURED = ("costs", "costs_summary", *TIMED.values())


def with_later_columns(name: str, table: pa.Table) -> pa.Table:
    """A stored table with the columns that its version did not have yet, as nulls."""
    for column in LATER.get(name, ()):
        if column not in table.column_names:
            kind = SCHEMAS[name].field(column).type
            table = table.append_column(column, pa.nulls(table.num_rows, kind))
    return table
