"""What a local job costs that does next to nothing: `PYTHONPATH=workflow python tests/benchmarks/bench_jobs.py`.

A dataset of 200 rows is made, and a training of one step is run and evaluated. Each is a process of its own, plainly
and in a fork of a warm parent. All is counted: the command, the fork and the job. Target: at most 0.4 CPU seconds a
job with a warm parent.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from carryover.warm import server
from carryover.warm.client import SOCKET

REPEATS = 5
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


def spent(process: int | None) -> float:
    """CPU seconds of this process's children that have ended, and of a warm parent with its forks."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = used.ru_utime + used.ru_stime
    if process is not None:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        seconds += sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return seconds


def measure(arguments: list[str], reads: object, parent: int | None) -> float:
    """Mean CPU seconds of one job."""
    command = [sys.executable, "-m", "carryover", *arguments]
    before = spent(parent)
    for _ in range(REPEATS):
        subprocess.run(command, input=json.dumps(reads).encode(), check=True, stderr=subprocess.DEVNULL)
    return (spent(parent) - before) / REPEATS


def main() -> None:
    """Print CPU seconds a job, plainly and with a warm parent, and their ratio."""
    with tempfile.TemporaryDirectory() as name:
        jobs = commands(Path(name))
        os.environ[SOCKET] = ""
        plain = {job: measure(*call, None) for job, call in jobs.items()}
        del os.environ[SOCKET]
        parent = server.start()
        assert parent is not None
        measure(*jobs["generate"], parent.pid)  # what waits for the parent's own imports does not count
        for job, call in jobs.items():
            warm = measure(*call, parent.pid)
            print(
                f"{job:<9} plain {plain[job]:.2f} CPU-s, warm {warm:.2f}, {plain[job] / warm:.1f} times less"
            )


if __name__ == "__main__":
    main()
