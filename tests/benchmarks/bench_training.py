"""What the training loop costs: `PYTHONPATH=workflow python tests/benchmarks/bench_training.py`.

CPU time a step of the whole loop (batches, seeds, history, checks, saved state) against that of a bare PyTorch loop on
tensors that are already there, same model and batch, in turns within one run. Target: a ratio of at most 1.10. Then the
CPU time of a training job that trains next to nothing, PyTorch's import included. Target: under 3.5 s.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

CASES = [  # cell, digits, layers
    ("rnn", 10, 2),
    ("lstm", 10, 2),
    ("gru", 10, 2),
    ("rnn", 99, 3),
]
BATCH = 200


def settings(cell: str, digits: int, layers: int, steps: int, on: str = "fresh") -> Any:
    """A run of report adder-lengths' sizes."""
    from carryover.planning.runs import read_run

    rows = {"train": steps * BATCH, "validation": 100}
    return read_run(
        {
            "dataset": {
                "task": "digit_sum",
                "distribution": {"kind": "uniform_digits", "digits": digits},
                "rows": rows,
            },
            "model": {"kind": "tagger", "cell": cell, "embedding": 32, "hidden": 64, "layers": layers},
            "training": {"steps": steps, "batch": BATCH, "order": on, "validate_every": 10 * steps},
        }
    )


def compare(cell: str, digits: int, layers: int, seconds: float) -> dict[str, Any]:
    """CPU milliseconds a step of both loops, medians over their turns, and the median ratio of neighbouring turns."""
    import torch

    from carryover.tasks.generate import generate
    from carryover.training import loop, state
    from carryover.training.interruption import Interruption
    from carryover.training.job import Job

    steps = 60 if digits < 50 else 10
    run = settings(cell, digits, layers, steps)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generate(run.dataset, folder / "data")
        identity = state.identity(run.canonical(), "", "", "cpu")
        job = Job(
            run,
            folder / "data",
            torch.device("cpu"),
            identity,
            folder / "state",
            save_seconds=loop.SAVE_SECONDS,
            interruption=Interruption(),
            log=lambda line: None,
        )
        job.validation = None  # not part of the loop that it is compared with
        batch = job.batches.batch(0)
        bare = Bare(cell, layers, batch.inputs, batch.targets)

        def ours() -> float:
            state.remove(folder / "state")
            progress = job.resumed()
            start = time.process_time()
            loop._loop(job, progress)
            return (time.process_time() - start) / steps

        def theirs() -> float:
            start = time.process_time()
            bare.train(steps)
            return (time.process_time() - start) / steps

        pairs: list[tuple[float, float]] = []
        ours(), theirs()
        started = time.perf_counter()
        while len(pairs) < 3 or time.perf_counter() - started < seconds:
            pairs.append((ours(), theirs()))
    mine, other = (1000 * statistics.median(column) for column in zip(*pairs, strict=True))
    return {
        "cell": cell,
        "length": digits + 1,
        "layers": layers,
        "loop_ms": round(mine, 2),
        "bare_ms": round(other, 2),
        "ratio": round(statistics.median(a / b for a, b in pairs), 3),
        "turns": len(pairs),
    }


class Bare:
    """The same model and step in plain PyTorch, always on the same batch."""

    def __init__(self, cell: str, layers: int, inputs: Any, targets: Any) -> None:
        import torch
        from torch import nn

        self.inputs, self.targets = inputs, targets
        self.embedding, self.linear = nn.Embedding(10, 32), nn.Linear(64, 10)
        self.recurrent = getattr(nn, cell.upper())(64, 64, layers, batch_first=True)
        modules = nn.ModuleList([self.embedding, self.recurrent, self.linear])
        self.optimizer = torch.optim.Adam(modules.parameters(), lr=1e-3)
        self.loss = nn.CrossEntropyLoss()

    def train(self, steps: int) -> None:
        for _ in range(steps):
            self.optimizer.zero_grad()
            logits = self.linear(self.recurrent(self.embedding(self.inputs).flatten(2))[0])
            self.loss(logits.flatten(0, 1), self.targets.flatten()).backward()
            self.optimizer.step()


def startup() -> float:
    """CPU seconds of a process that trains for one step."""
    from carryover.tasks.generate import generate

    run = settings("rnn", 10, 2, 1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generate(run.dataset, folder / "data")
        command = [sys.executable, "-m", "carryover", "train-run", json.dumps(run.canonical())]
        command += [
            str(folder / "data"),
            str(folder / "out"),
            "--state",
            str(folder / "state"),
            "--device",
            "cpu",
        ]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="for each case (default 10)")
    options = parser.parse_args()
    print(json.dumps({"startup_cpu_seconds": round(startup(), 2)}), flush=True)
    for case in CASES:
        print(json.dumps(compare(*case, options.seconds)), flush=True)


if __name__ == "__main__":
    main()
