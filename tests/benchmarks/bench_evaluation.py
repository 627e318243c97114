"""Evaluation of a checkpoint against one example at a time, as report three-number shows it.

    PYTHONPATH=. python tests/benchmarks/bench_evaluation.py

One side is the workflow's whole evaluation: it reads the split and the training set, finds what was seen in training,
takes every metric on every stratum, and writes a row for each example. The other side takes one example of the split
after another, through the same model, to loss and right or wrong.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks import cases, sides
from tests.benchmarks.table import Row, main

ROWS, SINGLE = 10_000, 500  # test rows of the batched side, and how many of them one at a time
TURNS = 4
REPORTS = ("adder-prml", "three-number", "expression-seq2seq")
TARGET = 20.0


def run_settings(report: str, folder: Path) -> dict[str, Any]:
    """The report's run, with test rows, and trained for a step: what it has learned costs nothing."""
    settings = cases.run_settings(report, folder)
    settings["dataset"]["rows"] |= {"test": ROWS}
    settings["training"] |= {"steps": 1}
    settings["training"].pop("epochs", None)
    return settings


def rows() -> Iterator[Row]:
    """A row for each task."""
    from carryover.planning.runs import read_run
    from carryover.tasks.generate import generate
    from carryover.training.loop import train

    for report in REPORTS:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            run = read_run(run_settings(report, folder))
            generate(run.dataset, folder / "data")
            train(run, folder / "data", folder / "run", folder / "state", device="cpu", log=lambda line: None)
            commands = {side: [__file__, "--side", side, str(folder)] for side in SIDES}
            spent = sides.take_turns(commands, TURNS)
        batched = [seconds / ROWS for seconds in spent["workflow"]]
        single = [seconds / SINGLE for seconds in spent["single"]]
        yield Row(
            f"{report}: evaluation, times as fast as one example at a time",
            sides.ratio(single, batched),
            "×",
            f"{1 / median(batched):,.0f} examples a CPU second; one at a time {1 / median(single):,.0f}",
            TARGET,
        )


def workflow(folder: Path) -> Callable[[], object]:
    from carryover.evaluation.evaluate import evaluate

    split = {"suite": "own", "split": "test", "dataset_dir": str(folder / "data"), "dataset_split": "test"}
    return lambda: evaluate(folder / "run", [split], folder / "data", folder / "evaluation", device="cpu")


def single(folder: Path) -> Callable[[], object]:
    import torch
    from torch.nn import functional

    from carryover.data.parquet import read_split
    from carryover.tasks import TASKS
    from carryover.training.runs import load_run

    torch.set_num_threads(1)
    trained = load_run(folder / "run", torch.device("cpu"))
    run, model = trained.settings, trained.model.eval()
    # Encoding one row alone by code that is made for many would make this side slower than a script is.
    encoded = TASKS[run.dataset.task].data.encode(
        read_split(folder / "data/test.parquet"), run, folder / "data"
    )

    @torch.no_grad()
    def turn() -> None:
        loss, right = 0.0, 0
        for row in range(SINGLE):
            one = slice(row, row + 1)
            inputs = torch.tensor(encoded.inputs[one].tolist())
            lengths = torch.tensor(encoded.lengths[one].tolist())
            targets = torch.tensor(encoded.targets[one].tolist())
            logits = model(inputs, lengths).flatten(0, 1)
            loss += functional.cross_entropy(logits, targets.flatten(), ignore_index=-1).item()
            counts = int(encoded.target_lengths[row])
            right += bool((logits.argmax(dim=1) == targets.flatten())[:counts].all().item())

    return turn


SIDES: dict[str, Callable[[Path], Callable[[], object]]] = {"workflow": workflow, "single": single}

if __name__ == "__main__":
    if "--side" in sys.argv:
        side, folder = sys.argv[sys.argv.index("--side") + 1 :]
        sides.serve(SIDES[side](Path(folder)))
    else:
        main(rows)
