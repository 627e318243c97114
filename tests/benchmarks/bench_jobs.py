"""What a local job costs that does next to nothing: `PYTHONPATH=. python tests/benchmarks/bench_jobs.py`.

A dataset of 200 rows is made, and a training of one step is run and evaluated. Each is a process of its own, plainly
and in a fork of a warm parent. All is counted: the command that the rule starts, the fork and the job.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.table import Row, main

PLAIN, WARM = 2, 10  # repeats
TARGET = 0.4
DATASET = {
    "task": "digit_sum",
    "distribution": {"kind": "uniform_digits", "digits": 2},
    "rows": {"train": 100, "validation": 50, "test": 50},
}
RUN = {
    "dataset": DATASET,
    "model": {"kind": "tagger", "cell": "rnn", "embedding": 4, "hidden": 8},
    "training": {"steps": 1, "batch": 50},
}
SPLITS = [{"suite": "own", "split": "test", "dataset": "dataset", "dataset_split": "test"}]


def commands(folder: Path) -> dict[str, tuple[list[str], object]]:
    """The arguments of each job and what it reads on its standard input."""
    dataset, run = str(folder / "dataset"), str(folder / "run")
    state = ["--state", str(folder / "state"), "--device", "cpu"]
    evaluate = [run, "-", str(folder / "evaluation"), "--datasets", str(folder), "--trained-on", "dataset"]
    return {
        "generate": (["generate", "-", dataset], DATASET),
        "train": (["train-run", "-", dataset, run, *state], RUN),
        "evaluate": (["evaluate", *evaluate], SPLITS),
    }


def rows() -> Iterator[Row]:
    """A row for each kind of job."""
    from carryover.warm import server
    from carryover.warm.client import SOCKET

    with tempfile.TemporaryDirectory() as name:
        jobs = commands(Path(name))
        os.environ[SOCKET] = ""
        plain = {job: measure(*call, PLAIN) for job, call in jobs.items()}
        del os.environ[SOCKET]
        parent = server.start()
        assert parent is not None
        measure(*jobs["generate"], 1, parent.pid)  # what waits for the parent's own imports does not count
        for job, call in jobs.items():
            yield Row(
                f"job `{job}` that does next to nothing, in a fork of the warm parent",
                measure(*call, WARM, parent.pid),
                "CPU-s",
                f"command, fork and job; in a fresh process {plain[job]:.2f} CPU-s",
                TARGET,
                more=False,
            )


def measure(arguments: list[str], reads: object, repeats: int, parent: int | None = None) -> float:
    """Mean CPU seconds of one job. `parent` is the warm parent's process, whose forks count."""
    command = [sys.executable, "-m", "carryover", *arguments]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    before = spent(parent)
    for _ in range(repeats):
        subprocess.run(
            command, input=json.dumps(reads).encode(), check=True, stderr=subprocess.DEVNULL, env=environment
        )
    return (spent(parent) - before) / repeats


def spent(parent: int | None) -> float:
    """CPU seconds of this process's children that have ended, and of the warm parent with its ended forks."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = used.ru_utime + used.ru_stime
    if parent is not None:
        time.sleep(2)  # the parent looks once a second which of its forks have ended
        fields = Path(f"/proc/{parent}/stat").read_text().rpartition(")")[2].split()
        seconds += sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return seconds


if __name__ == "__main__":
    main(rows)
