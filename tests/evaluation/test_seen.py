"""Which test examples training had: as text, and as the model reads them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from carryover.data.parquet import read_split
from carryover.evaluation.evaluate import evaluate
from carryover.evaluation.seen import token_hashes
from carryover.planning.runs import read_dataset, read_run
from carryover.planning.sources import with_sources
from carryover.tasks import TASKS
from carryover.tasks.generate import generate
from tests.evaluation.conftest import ADDER, settings, split, untrained
from tests.tasks.sentiment import small_reviews

READER = {"kind": "classifier", "cell": "lstm", "hidden": 4, "embedding": 3}


def test_reviews_are_seen_where_the_model_reads_them_alike(tmp_path: Path) -> None:
    # "rare" words stand once each, so they are unknown; only the first three words are kept.
    texts = [f"fine {word} film and more {word}" for word in ("rare1", "rare2", "and", "of")] * 10
    texts += [f"dull rare{number} plot" for number in range(3, 40)]
    rows = [(text, ("positive", "negative")[number % 2]) for number, text in enumerate(texts)]
    path = small_reviews.write(tmp_path / "reviews.csv", small_reviews.text(rows))
    changes = {"rows": {"train": 40, "validation": 5, "test": 30}, "max_tokens": 3, "stop_words": "kept"}
    dataset, _ = with_sources(read_dataset(small_reviews.settings(path, **changes)), Path(), tmp_path)
    folder = tmp_path / "set"
    generate(dataset, folder, tmp_path)
    run = read_run({"dataset": dataset.complete(), "model": READER, "training": {"epochs": 1, "batch": 8}})
    run_folder = untrained(tmp_path / "run", run, folder)
    evaluate(run_folder, [split(folder)], folder, tmp_path / "out", device="cpu")

    train, test = (read_split(folder / f"{name}.parquet").to_pylist() for name in ("train", "test"))
    frequent = Counter(word for row in train for word in row["review"].split())

    def as_read(text: str) -> tuple[str, ...]:
        return tuple(word if frequent[word] >= 2 else "?" for word in text.split()[:3])

    by_text = {row["review"] for row in train}
    by_tokens = {as_read(row["review"]) for row in train}
    seen = [as_read(row["review"]) in by_tokens for row in test]
    overlap = pq.read_table(tmp_path / "out/overlap.parquet").to_pylist()[0]
    assert overlap["shared"] == overlap["shared_commuted"] == sum(row["review"] in by_text for row in test)
    assert overlap["shared_tokens"] == sum(seen) > overlap["shared"]
    assert overlap["share_tokens"] == sum(seen) / len(test)
    assert pq.read_table(tmp_path / "out/examples.parquet")["seen"].to_pylist() == seen
    strata = pq.read_table(tmp_path / "out/metrics.parquet").to_pylist()
    n = {row["stratum"]: row["n"] for row in strata if row["metric"] == "exact_match"}
    assert n["seen=yes"] == n["seen_commuted=yes"] == sum(seen)


GRAMMAR = {"kind": "grammar", "operators": "+-", "operands": [2, 3], "numbers": {"smallest": 0, "largest": 3}}
SAME: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "digit_sum": ({"kind": "uniform_length", "longest": 2}, ADDER),
    "expression": (GRAMMAR, READER),
    "expression, written": (GRAMMAR, READER | {"kind": "seq2seq"}),
}


@pytest.mark.parametrize("name", SAME)
@pytest.mark.parametrize("seed", range(3))
def test_other_tasks_read_no_two_texts_alike(name: str, seed: int) -> None:
    distribution, model = SAME[name]
    dataset = {
        "task": name.split(",")[0],
        "distribution": distribution,
        "rows": {"train": 300, "validation": 1},
    }
    run = settings(dataset | {"seed": seed}, model)
    task = TASKS[run.dataset.task]
    assert not task.reads_texts_alike
    (batch,) = task.data.batches(run.dataset, "train")
    table = pa.Table.from_batches([batch])
    tokens = [tuple(row) for row in token_hashes(task.data.encode(table, run)).tolist()]
    texts = task.data.question(table)
    assert len(set(tokens)) == len(set(texts)) == len(set(zip(tokens, texts, strict=True))) < 300
