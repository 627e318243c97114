"""A small report made by hand: a plan of studies over runs whose results are given, and its folders on disk."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from carryover.analysis.aggregate import aggregate
from carryover.analysis.quantities import Results
from carryover.planning.plan import Plan
from tests import plans
from tests.plans import DATASET, joined


@dataclass
class Run:
    """Results of one run. `test` maps (suite, split, stratum, metric) to a value."""

    address: str
    steps: int = 1000
    solved_at: int | None = None
    status: str | None = None
    parameters: int = 100
    test: dict = field(default_factory=dict)
    validation: dict = field(default_factory=dict)  # metric → [(step, value)]
    train: dict = field(default_factory=dict)
    seconds: float = 10.0
    alone: bool = True
    host: str = "here"
    settings: dict = field(default_factory=dict)
    rows: int = 10**9  # behind each value on a test: so many that seeds alone decide

    def final_status(self) -> str:
        return self.status or ("solved" if self.solved_at is not None else "finished")


class Report:
    """Collects studies, then gives the plan, the tables, or folders on disk."""

    def __init__(self) -> None:
        self.runs: dict[str, Run] = {}
        self.studies: list[dict[str, Any]] = []

    def study(self, name: str, points: list[tuple[dict, list[Run]]], **more: Any) -> dict[str, Any]:
        planned = []
        for values, runs in points:
            deciding = {"as_published": True, "differs": []} | values.pop("_deciding", {})
            for run in runs:
                self.runs[run.address] = run
                for path, value in values.items():
                    part, _, key = path.partition(".")
                    if key and "." not in key:
                        run.settings = joined({part: {key: value}}, run.settings)
            label = ", ".join(f"{path.rsplit('.')[-1]}={value}" for path, value in values.items()) or "base"
            replicates = [
                {"run": r.address, "evaluation": f"e-{r.address}", "seed": i} for i, r in enumerate(runs)
            ]
            planned.append({"point": label, "values": values, "runs": replicates, **deciding})
        study = {"name": name, "title": name, **more, "points": planned}
        self.studies.append(study)
        return study

    def plan(self) -> Plan:
        return plans.plan(
            datasets={"d-1": DATASET},
            runs={key: {"settings": run.settings, "steps": run.steps} for key, run in self.runs.items()},
            evaluations={
                f"e-{key}": {
                    "run": key,
                    "splits": [
                        {"suite": suite, "split": split, "dataset": "d-1", "dataset_split": "test"}
                        for suite, split in dict.fromkeys((k[0], k[1]) for k in run.test)
                    ],
                }
                for key, run in self.runs.items()
            },
            studies=self.studies,
        )

    def frames(self) -> dict[str, pd.DataFrame]:
        runs = list(self.runs.values())
        points = [
            {"study": s["name"], "point": p["point"], "run": r["run"]}
            for s in self.studies
            for p in s["points"]
            for r in p["runs"]
        ]
        return {
            "runs": pd.DataFrame(
                {
                    "run": [r.address for r in runs],
                    "parameters": [r.parameters for r in runs],
                    "status": [r.final_status() for r in runs],
                    "steps": [r.steps for r in runs],
                    "solved_at": [r.solved_at for r in runs],
                }
            ),
            "points": pd.DataFrame(points),
            "metrics": pd.DataFrame(
                [row for r in runs for row in _metric_rows(r)],
                columns=["run", "suite", "split", "stratum", "metric", "value", "n"],
            ),
            "history": pd.DataFrame(
                [row for r in runs for row in _history_rows(r)],
                columns=["run", "step", "epoch", "examples", "split", "metric", "value"],
            ),
            "costs": pd.DataFrame([{"run": r.address, "stage": "train", **_cost(r)} for r in runs]),
        }

    def results(self) -> Results:
        return Results(self.plan(), self.frames())

    def tables(self, root: Path, reference: Path | None = None) -> Path:
        """The tables that aggregation makes of the results on disk; `reference`: the folder that the plan names."""
        self.write(root)
        plan = self.plan().model_copy(update={"reference": str(reference) if reference else None})
        plan.write(root / "reports/plan.json")
        aggregate(root / "reports/plan.json", root, root / "reports/tables")
        return root / "reports/tables"

    def write(self, root) -> None:
        """Folders of results, as the workflow's stages write them."""
        (root / "reports").mkdir(parents=True)
        plan = self.plan()
        plan.write(root / "reports/plan.json")
        dataset = {
            "task": "digit_sum",
            "settings": plan.datasets["d-1"].settings.identity(),
            "rows": {},
            "digests": {"train": "a" * 64, "test": "b" * 64},
            "digest": "c" * 64,
        }
        _json(root / "datasets/d-1/dataset.json", dataset)
        for key, run in self.runs.items():
            _json(
                root / f"runs/{key}/run.json",
                {
                    "task": "digit_sum",
                    "settings": plan.runs[key].settings.identity(),
                    "sizes": {},
                    "parameters": run.parameters,
                    "status": run.final_status(),
                    "steps": run.steps,
                    "solved_at": run.solved_at,
                    "dataset_digest": "0" * 64,
                    "checkpoint_digest": hashlib.sha256(key.encode()).hexdigest(),
                },
            )
            _json(root / f"runs/{key}/cost.json", _cost(run))
            history = pd.DataFrame(
                [row[1:] for row in _history_rows(run)],
                columns=["step", "epoch", "examples", "split", "metric", "value"],
            )
            pq.write_table(
                pa.Table.from_pandas(history, preserve_index=False), root / f"runs/{key}/history.parquet"
            )
            folder = root / f"evaluations/e-{key}"
            _json(folder / "cost.json", _cost(run))
            rows = pd.DataFrame(
                _metric_rows(run), columns=["run", "suite", "split", "stratum", "metric", "value", "n"]
            )
            pq.write_table(pa.Table.from_pandas(rows, preserve_index=False), folder / "metrics.parquet")
            overlap = {
                "dataset": ["d-1"],
                "run": [key],
                "suite": ["own"],
                "split": ["test"],
                "rows": [50],
                "shared": [5],
                "shared_commuted": [6],
                "share": [0.1],
                "share_commuted": [0.12],
                "coverage": pa.array([None], pa.float64()),
            }
            pq.write_table(pa.table(overlap), folder / "overlap.parquet")
            wrong = pd.DataFrame(
                {
                    "suite": "own",
                    "split": "test",
                    "index": range(30),
                    "exact_match": False,
                    "question": [f"{i}+1" if i % 2 else None for i in range(30)],
                    "answer": [str(i + 1) if i % 2 else None for i in range(30)],
                    "prediction": "0",
                }
            )
            pq.write_table(pa.Table.from_pandas(wrong, preserve_index=False), folder / "examples.parquet")


def _metric_rows(run: Run) -> list[tuple]:
    return [(run.address, *key, float(value), run.rows) for key, value in run.test.items()]


def _history_rows(run: Run) -> list[tuple]:
    return [
        (run.address, step, 0.0, step * 10, split, metric, float(value))
        for split, curves in (("train", run.train), ("validation", run.validation))
        for metric, curve in curves.items()
        for step, value in curve
    ]


def _cost(run: Run) -> dict[str, Any]:
    return {
        "stage": "train",
        "seconds": run.seconds,
        "cpu_seconds": run.seconds,
        "peak_memory_mb": 100.0,
        "device": "cpu",
        "host": run.host,
        "examples_per_second": 10.0,
        "alone": run.alone,
    }


def _json(path, data: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data))


@pytest.fixture
def report() -> Report:
    return Report()


@pytest.fixture
def scored():
    """Runs of one point with these exact-match values on own/test."""

    def make(name: str, values, metric: str = "exact_match", **more: Any) -> list[Run]:
        return [
            Run(f"{name}-{i}", test={("own", "test", "all", metric): value}, **more)
            for i, value in enumerate(np.atleast_1d(values))
        ]

    return make
