"""Tables of 300 runs: seconds and peak memory of `carryover aggregate`, and how many rows went through it.

    PYTHONPATH=workflow:. python tests/benchmarks/bench_analysis.py [runs]

Each run has 8 test splits with 70 strata of three metrics, 40 validations, and 2,000 examples a split; points have 5
seeds and studies 12 points. To be held: under 30 s.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from carryover.analysis.aggregate import aggregate
from tests.analysis.conftest import Report, Run

SPLITS, STRATA, VALIDATIONS, ROWS, SEEDS, POINTS = 8, 70, 40, 2000, 5, 12


def build(runs: int) -> Report:
    """A report of `runs` runs with numbers out of the air."""
    rng = np.random.default_rng(0)
    report = Report()
    steps = range(25, 25 * (VALIDATIONS + 1), 25)
    for study in range(-(-runs // (SEEDS * POINTS))):
        points = []
        for point in range(POINTS):
            made = []
            for seed in range(SEEDS):
                test = {
                    (
                        "own",
                        f"split-{split}",
                        f"position={stratum}" if stratum else "all",
                        metric,
                    ): rng.random()
                    for split in range(SPLITS)
                    for stratum in range(STRATA)
                    for metric in ("exact_match", "token_accuracy", "loss")
                }
                curve = {name: [(step, rng.random()) for step in steps] for name in ("loss", "exact_match")}
                settings = {"seed": seed, "training": {"lr": point / 100, "batch": 10}}
                made.append(
                    Run(
                        f"r{study}-{point}-{seed}",
                        test=test,
                        validation=curve,
                        train=curve,
                        settings=settings,
                    )
                )
            points.append(({"training.lr": point / 100}, made))
        of = {"metric": "exact_match", "suite": "own", "split": "split-0"}
        claim = {"id": "c", "text": "t", "kind": "better_than", "of": of}
        sides = {"a": {"training.lr": 0.0}, "b": {"training.lr": 0.01}}
        report.study(f"study-{study}", points, claims=[claim | sides])
    return report


def add_examples(root: Path) -> None:
    """As many examples as an evaluation writes."""
    rng = np.random.default_rng(1)
    rows = SPLITS * ROWS
    wrong = rng.random(rows) < 0.3
    text = pa.array(np.where(wrong, "123456789+987654321", None).tolist())
    table = pa.table(
        {
            "suite": np.full(rows, "own"),
            "split": np.repeat([f"split-{number}" for number in range(SPLITS)], ROWS),
            "index": np.tile(np.arange(ROWS), SPLITS),
            "exact_match": ~wrong,
            "loss": rng.random(rows),
            "question": text,
            "answer": text,
            "prediction": text,
        }
    )
    for folder in (root / "evaluations").iterdir():
        pq.write_table(table, folder / "examples.parquet")


def main() -> None:
    """Build, aggregate, print."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "results"
        build(runs).write(root)
        add_examples(root)
        before = time.process_time()
        started = time.monotonic()
        aggregate(root / "reports/plan.json", root, root / "reports/tables")
        found = {
            path.stem: pq.ParquetFile(path).metadata.num_rows
            for path in root.glob("reports/tables/*.parquet")
        }
        print(
            json.dumps(
                {
                    "runs": found["runs"],
                    "seconds": round(time.monotonic() - started, 1),
                    "cpu_seconds": round(time.process_time() - before, 1),
                    "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
                    "rows": found,
                },
                indent=2,
            )
        )


if __name__ == "__main__":
    main()
