"""Files of the user's own, pairs of numbers and reviews, go the whole way to the report."""

from __future__ import annotations

import csv
import random
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from tests.workflow.project import Project, jobs_of

pytestmark = pytest.mark.workflow

DATASETS = {
    "my-pairs": {
        "task": "digit_sum",
        "distribution": {"kind": "pairs_file", "path": "mine/pairs.csv"},
        "rows": {"train": 200, "validation": 20, "test": 20},
    },
    "my-reviews": {
        "task": "sentiment",
        "source": {"kind": "file", "path": "mine/reviews.tsv"},
        "rows": {"train": 84, "validation": 12, "test": 24},
    },
}
SUITES = {
    "pairs-test": {"task": "digit_sum", "splits": {"test": {"dataset": "own"}}},
    "reviews-test": {"task": "sentiment", "splits": {"test": {"dataset": "own"}}},
}


def study(name: str, task: str, suite: str, model: dict[str, Any]) -> dict[str, Any]:
    return {
        "study": name,
        "title": name,
        "question": "Does it get through?",
        "task": task,
        "base": {
            "dataset": name,
            "model": {"cell": "rnn", "embedding": 4, "hidden": 4, "layers": 1, **model},
            "training": {"steps": 4, "batch": 10, "order": "shuffled", "validate_every": 2},
        },
        "evaluate": [suite],
        "sweep": [{"grid": {"model.cell": ["rnn"]}}],
        "seeds": 1,
    }


def write_files(folder: Path) -> None:
    draw = random.Random(0)
    folder.mkdir()
    with (folder / "pairs.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            [("a", "b"), *((draw.randrange(100), draw.randrange(100)) for _ in range(300))]
        )
    with (folder / "reviews.tsv").open("w", newline="") as file:
        rows = [
            (" ".join([word] * 3 + [f"film{draw.randrange(9)}"]), label)
            for word, label in [("splendid", "positive"), ("dreadful", "negative")] * 60
        ]
        csv.writer(file, delimiter="\t").writerows([("review", "sentiment"), *rows])


def test_own_files_reach_the_report_and_may_then_move(tmp_path: Path) -> None:
    project = Project(tmp_path / "project")
    write_files(project.folder / "mine")
    config = project.folder / "config"
    (config / "datasets/mine.yaml").write_text(yaml.safe_dump({"datasets": DATASETS}))
    (config / "suites/mine.yaml").write_text(yaml.safe_dump({"suites": SUITES}))
    for one in (
        study("my-pairs", "digit_sum", "pairs-test", {"kind": "tagger"}),
        study("my-reviews", "sentiment", "reviews-test", {"kind": "classifier"}),
    ):
        (config / f"studies/{one['study']}.yaml").write_text(yaml.safe_dump(one))
    only = ("--config", "only=['my-pairs','my-reviews']")

    output = project.snakemake("--cores", "2", *only)
    assert jobs_of(output) == {"generate": 2, "train": 2, "evaluate": 2, "aggregate": 1, "render": 1}
    report = project.folder / "results/reports/tiny"
    tables = {
        name: pq.read_table(report / f"tables/{name}.parquet") for name in ("missing", "runs", "summary")
    }
    assert tables["missing"].num_rows == 0
    assert sorted(tables["runs"]["task"].to_pylist()) == ["digit_sum", "sentiment"]
    assert set(tables["summary"]["study"].to_pylist()) == {"my-pairs", "my-reviews"}

    # Where the files lie is part of no result, so moving them remakes nothing.
    assert "mine/" not in (report / "plan.json").read_text()
    (project.folder / "mine").rename(project.folder / "elsewhere")
    (config / "datasets/mine.yaml").write_text(
        yaml.safe_dump({"datasets": DATASETS}).replace("mine/", "elsewhere/")
    )
    assert "train" not in jobs_of(project.snakemake("--dry-run", *only))
