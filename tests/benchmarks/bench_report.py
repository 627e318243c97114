"""Tables, figures and page of reports of 80 and 300 runs: `PYTHONPATH=. python tests/benchmarks/bench_report.py`.

Each run has 8 test splits with 70 strata of three metrics, 40 validations, and 2,000 examples a split; settings have 5
seeds, and studies 4 settings. The numbers are out of the air. Each size is measured in a process of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from typing import Any

from tests.benchmarks import sides
from tests.benchmarks.table import Row, main

SIZES = (80, 300)
TABLES_TARGET = 30.0  # CPU seconds, of 300 runs
SPLITS, STRATA, VALIDATIONS, ROWS, SEEDS, POINTS = 8, 70, 40, 2000, 5, 4


def rows() -> Iterator[Row]:
    """Two rows for each size."""
    for runs in SIZES:
        command = [sys.executable, __file__, "--measure", str(runs)]
        environment = os.environ | sides.ENVIRONMENT
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
        found = json.loads(done.stdout.splitlines()[-1])
        yield Row(
            f"tables of {runs} runs",
            found["tables"],
            "CPU-s",
            f"{found['rows']:,} rows, {found['tables_mb']} MB of memory",
            TABLES_TARGET if runs == 300 else None,
            more=False,
        )
        yield Row(
            f"figures and pages of {runs} runs",
            found["page"],
            "CPU-s",
            f"{found['figures']} figures, pages of {found['size']:.1f} MB in all, {found['page_mb']} MB of memory",
        )


def measure(runs: int) -> dict[str, Any]:
    """What tables and page of a report of `runs` runs take in CPU seconds and MB of memory."""
    import pyarrow.parquet as pq

    from carryover.analysis.aggregate import aggregate
    from carryover.report.render import render

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "results"
        _build(runs).write(root)
        _add_examples(root)
        started = time.process_time()
        aggregate(root / "reports/plan.json", root, root / "reports/tables")
        tables, tables_mb = time.process_time() - started, getrusage(RUSAGE_SELF).ru_maxrss // 1024
        made = (root / "reports/tables").glob("*.parquet")
        count = sum(pq.ParquetFile(path).metadata.num_rows for path in made)
        started = _spent()
        render(root / "reports")
        pages = (root / "reports").rglob("*.html")
        return {
            "rows": count,
            "tables": tables,
            "tables_mb": tables_mb,
            "page": _spent() - started,
            "page_mb": max(getrusage(who).ru_maxrss for who in (RUSAGE_SELF, RUSAGE_CHILDREN)) // 1024,
            "figures": len(list((root / "reports/figures").glob("*.svg"))),
            "size": sum(page.stat().st_size for page in pages) / 1e6,
        }


def _spent() -> float:
    return sum(getrusage(who).ru_utime + getrusage(who).ru_stime for who in (RUSAGE_SELF, RUSAGE_CHILDREN))


def _build(runs: int) -> Any:
    """A report of `runs` runs; a study has 20."""
    import numpy as np

    from tests.analysis.conftest import Report, Run

    rng = np.random.default_rng(0)
    report = Report()
    steps = range(25, 25 * (VALIDATIONS + 1), 25)
    strata = ["all", *(f"position={number}" for number in range(1, STRATA))]
    keys = [
        ("own", f"split-{split}", stratum, metric)
        for split in range(SPLITS)
        for stratum in strata
        for metric in ("exact_match", "token_accuracy", "loss")
    ]
    for study in range(-(-runs // (SEEDS * POINTS))):
        points = []
        for point in range(POINTS):
            replicates = []
            for seed in range(SEEDS):
                curve = {name: [(step, rng.random()) for step in steps] for name in ("loss", "exact_match")}
                replicates.append(
                    Run(
                        f"r{study}-{point}-{seed}",
                        test=dict(zip(keys, rng.random(len(keys)), strict=True)),
                        validation=curve,
                        train=curve,
                        settings={"seed": seed, "training": {"lr": (point + 1) / 100, "batch": 10}},
                    )
                )
            points.append(({"training.lr": (point + 1) / 100}, replicates))
        of = {"metric": "exact_match", "suite": "own", "split": "split-0"}
        claim = {"id": "c", "text": "t", "kind": "better_than", "of": of}
        sides_of = {"a": {"training.lr": 0.01}, "b": {"training.lr": 0.02}}
        report.study(f"study-{study}", points, claims=[claim | sides_of], swept=["training.lr"])
    return report


def _add_examples(root: Path) -> None:
    """As many examples as an evaluation writes."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(1)
    wrong = rng.random(SPLITS * ROWS) < 0.3
    text = pa.array(np.where(wrong, "123456789+987654321", None).tolist())
    table = pa.table(
        {
            "suite": np.full(SPLITS * ROWS, "own"),
            "split": np.repeat([f"split-{number}" for number in range(SPLITS)], ROWS),
            "index": np.tile(np.arange(ROWS), SPLITS),
            "exact_match": ~wrong,
            "loss": rng.random(SPLITS * ROWS),
            "question": text,
            "answer": text,
            "prediction": text,
        }
    )
    for folder in (root / "evaluations").iterdir():
        pq.write_table(table, folder / "examples.parquet")


if __name__ == "__main__":
    if "--measure" in sys.argv:
        print(json.dumps(measure(int(sys.argv[-1]))))
    else:
        main(rows)
