"""Training: against a script of the authors' kind, a bare PyTorch loop, and the matrix products alone.

    PYTHONPATH=. python tests/benchmarks/bench_training.py

For the settings of each report (`cases.py`), four sides do the same number of steps and validations, by turns:

- this workflow's loop, with all that a job does between two steps; fresh batches are drawn, stored and read again;
- the script (`scripts.py`);
- a bare loop in plain PyTorch over batches that are ready as tensors, with subnormal numbers flushed;
- the single-precision matrix products of the same shapes, forward and backward: what no loop can be faster than.

Figures are ratios of CPU seconds, medians over turns that take place one after the other.
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

TURNS = {"adder-prml": 7, "adder-lengths": 7, "three-number": 7, "expression-seq2seq": 4, "imdb-sweeps": 3}
TARGETS = {report: 10.0 if report == "imdb-sweeps" else 2.0 for report in cases.REPORTS}


def rows() -> Iterator[Row]:
    """Three rows for each report."""
    for report in cases.REPORTS:
        with tempfile.TemporaryDirectory() as folder:
            yield from compare(report, Path(folder), TURNS[report])


def compare(report: str, folder: Path, turns: int) -> Iterator[Row]:
    """The rows of one report."""
    from carryover.planning.runs import read_run
    from carryover.tasks.generate import generate

    settings = cases.run_settings(report, folder)
    generate(read_run(settings).dataset, folder / "data")
    spent = sides.take_turns({side: [__file__, "--side", side, report, str(folder)] for side in SIDES}, turns)
    training = settings["training"]
    steps = training.get("steps") or -(-settings["dataset"]["rows"]["train"] // training["batch"])
    ms = {side: 1000 * median(seconds) / steps for side, seconds in spent.items()}
    ratios = {side: sides.ratio(spent[side], spent["workflow"]) for side in SIDES}
    own = f"{ms['workflow']:.2f} ms a step"
    yield Row(
        f"{report}: training, times as fast as a script of its author's kind",
        ratios["script"],
        "×",
        f"{own}; script {ms['script']:.2f} ms",
        TARGETS[report],
    )
    yield Row(
        f"{report}: training, time against a bare PyTorch loop on ready tensors",
        1 / ratios["bare"],
        "×",
        f"{own}; bare loop {ms['bare']:.2f} ms",
        1.10,
        more=False,
    )
    yield Row(
        f"{report}: training, share of its time that its matrix products take alone",
        ratios["products"],
        "×",
        f"{own}; products {ms['products']:.2f} ms",
    )


# The sides: each returns the function that makes one turn.


def opened(report: str, folder: Path) -> Any:
    """The workflow's job of this training."""
    import torch

    from carryover.planning.runs import read_run
    from carryover.training import state
    from carryover.training.interruption import Interruption
    from carryover.training.job import Job

    run = read_run(cases.run_settings(report, folder))
    identity = state.identity(run.canonical(), "", "", "cpu")
    return Job(
        run,
        folder / "data",
        torch.device("cpu"),
        identity,
        folder / "state",
        save_seconds=float("inf"),
        interruption=Interruption(),
        log=lambda line: None,
    )


def workflow(report: str, folder: Path) -> Callable[[], object]:
    from carryover.tasks.generate import generate
    from carryover.training import loop
    from carryover.training.batches import FreshBatches

    job = opened(report, folder)

    def turn() -> None:
        if isinstance(job.batches, FreshBatches):
            generate(job.run.dataset, folder / "drawn")
            job.batches.first = -1  # the rows in memory are forgotten
        loop._loop(job, job.resumed())

    return turn


def script(report: str, folder: Path) -> Callable[[], object]:
    import torch

    from tests.benchmarks.scripts import SCRIPTS

    torch.set_num_threads(1)
    return SCRIPTS[report](cases.run_settings(report, folder), folder / "data").train


def bare(report: str, folder: Path) -> Callable[[], object]:
    from tests.benchmarks.bare import Bare

    return Bare(opened(report, folder)).train


def products(report: str, folder: Path) -> Callable[[], object]:
    from tests.benchmarks.bare import Products

    return Products(opened(report, folder)).compute


SIDES: dict[str, Callable[[str, Path], Callable[[], object]]] = {
    "workflow": workflow,
    "script": script,
    "bare": bare,
    "products": products,
}

if __name__ == "__main__":
    if "--side" in sys.argv:
        side, report, folder = sys.argv[sys.argv.index("--side") + 1 :]
        sides.serve(SIDES[side](report, Path(folder)))
    else:
        main(rows)
