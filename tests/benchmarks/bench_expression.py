"""Speed and peak memory on expressions: `PYTHONPATH=workflow python tests/benchmarks/bench_expression.py`.

Each measurement has a process of its own and one thread. Targets: a million three-number expressions to Parquet in
under 5 s; the full corpus of expression-seq2seq enumerated and written in under 20 s and 1 GB; evaluation in batches at
least 20 times as many expressions a second as one at a time, with the same model.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def grammar(
    operators: str, operands: list[int], smallest: int, largest: int, parentheses: str = "none"
) -> dict[str, Any]:
    return {
        "kind": "grammar",
        "operators": operators,
        "operands": operands,
        "parentheses": parentheses,
        "numbers": {"smallest": smallest, "largest": largest},
    }


THREE_NUMBER = {"distribution": grammar("+-", [3], 10, 99), "rows": {"train": 1_000_000}}
CORPUS = {
    "distribution": grammar("+-*", [2, 3], 0, 49, "where_operators_differ"),
    "draw": "whole",
    "shares": {"train": 0.9, "validation": 0.1},
}


def generation(settings: dict[str, Any]) -> dict[str, Any]:
    """Make and write one dataset."""
    from carryover.tasks.expression.settings import ExpressionDataset
    from carryover.tasks.generate import generate

    dataset = ExpressionDataset.read({"task": "expression", **settings})
    with tempfile.TemporaryDirectory() as folder:
        start, wall = time.process_time(), time.perf_counter()
        generate(dataset, Path(folder))
        seconds, wall = time.process_time() - start, time.perf_counter() - wall
        size = sum(file.stat().st_size for file in Path(folder).iterdir())
    return {
        "dataset": dataset.slug(),
        "rows": sum(dataset.split_rows().values()),
        "cpu_seconds": round(seconds, 2),
        "seconds": round(wall, 2),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "files_mb": round(size / 1e6),
    }


def evaluation() -> dict[str, Any]:
    """The model of three-number, 1,000 expressions a batch and one by one as published, to loss and right answers.

    Once from the expression as a string, as the report's loop read it, and once from arrays that are already there.
    """
    import pyarrow as pa
    import torch

    from carryover import models
    from carryover.planning.runs import RunSettings
    from carryover.tasks.expression import data as expression

    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    run = RunSettings.read(
        {
            "dataset": {"task": "expression", **THREE_NUMBER, "rows": {"train": 20_000}},
            "model": {
                "kind": "classifier",
                "cell": "lstm",
                "embedding": 64,
                "hidden": 128,
                "padding": "left",
            },
            "training": {"epochs": 1},
        }
    )
    table = pa.Table.from_batches(expression.batches(run.dataset, "train"))  # type: ignore[arg-type]
    model = models.build(run.model, expression.sizes(run)).eval()

    def tensors(rows: slice) -> tuple[torch.Tensor, ...]:
        encoded = expression.encode(table.slice(rows.start, rows.stop - rows.start), run)
        arrays = (encoded.inputs, encoded.lengths, encoded.targets[:, 0])
        return tuple(torch.from_numpy(array).long() for array in arrays)

    everything = tensors(slice(0, table.num_rows))

    def each(size: int, rows: int, from_strings: bool) -> float:
        """Expressions a second in batches of `size`."""
        start = time.perf_counter()
        loss, right = 0.0, 0
        with torch.inference_mode():
            for first in range(0, rows, size):
                batch = slice(first, first + size)
                inputs, lengths, targets = (
                    tensors(batch) if from_strings else (one[batch] for one in everything)
                )
                logits = model(inputs, lengths)[:, 0]
                loss += torch.nn.functional.cross_entropy(logits, targets, reduction="sum").item()
                right += int((logits.argmax(dim=1) == targets).sum())
        return rows / (time.perf_counter() - start)

    found: dict[str, Any] = {}
    for name, from_strings in (("from_strings", True), ("from_arrays", False)):
        each(1_000, 2_000, from_strings)
        batched, single = each(1_000, 20_000, from_strings), each(1, 2_000, from_strings)
        found[name] = {
            "batched_per_second": round(batched),
            "one_at_a_time_per_second": round(single),
            "ratio": round(batched / single, 1),
        }
    return found


MEASUREMENTS: dict[str, Callable[[], dict[str, Any]]] = {
    "three-number": lambda: generation(THREE_NUMBER),
    "corpus": lambda: generation(CORPUS),
    "evaluation": evaluation,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", choices=MEASUREMENTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one is not None:
        print(json.dumps(MEASUREMENTS[options.one]()))
        return
    for name in MEASUREMENTS:
        command = [sys.executable, __file__, "--one", name]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        print(
            subprocess.run(
                command, check=True, capture_output=True, text=True, env=environment
            ).stdout.strip()
        )


if __name__ == "__main__":
    main()
