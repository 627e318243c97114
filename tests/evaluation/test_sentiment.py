"""Accuracy of reviews: of all of them, and as report imdb-sweeps takes it, as a mean over batches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from carryover.evaluation.evaluate import evaluate
from carryover.planning.runs import read_dataset, read_run
from carryover.planning.sources import with_sources
from carryover.tasks.generate import generate
from tests.evaluation.conftest import split, untrained
from tests.tasks.sentiment import small_reviews


def test_accuracy_over_reviews_and_over_batches(tmp_path):
    path = small_reviews.write(tmp_path / "reviews.csv", small_reviews.text(small_reviews.rows(60)))
    settings = small_reviews.settings(path, rows={"train": 30, "validation": 5, "test": 25})
    dataset, missing = with_sources(read_dataset(settings), Path(), tmp_path / "data")
    assert missing is None
    folder = tmp_path / "set"
    generate(dataset, folder, tmp_path / "data")
    model = {"kind": "classifier", "cell": "lstm", "hidden": 6, "embedding": 4, "padding": "left"}
    run = read_run({"dataset": dataset.complete(), "model": model, "training": {"epochs": 1, "batch": 8}})
    evaluate(
        untrained(tmp_path / "run", run, folder), [split(folder)], folder, tmp_path / "out", device="cpu"
    )
    metrics = pq.read_table(tmp_path / "out/metrics.parquet").to_pandas()
    examples = pq.read_table(tmp_path / "out/examples.parquet").to_pandas()
    right = examples["exact_match"].to_numpy()
    found = metrics[metrics["stratum"] == "all"].set_index("metric")["value"]
    assert found["accuracy"] == found["exact_match"] == pytest.approx(right.mean())
    batches = [
        right[:8],
        right[8:16],
        right[16:24],
        right[24:],
    ]  # the last has one review and counts like the others
    assert found["batch_accuracy"] == pytest.approx(np.mean([one.mean() for one in batches]))
    assert {"label=positive", "label=negative"} <= set(metrics["stratum"])
    assert set(examples.loc[~right, "prediction"]) <= {"positive", "negative"}
