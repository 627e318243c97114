"""Ways to do the same work, each in a process of its own, by turns: what else the machine does then meets all alike."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack

# One thread each, as the workflow's jobs have.
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}


def serve(turn: Callable[[], object]) -> None:
    """In a side's process: do the work once for each line of standard input, and print the CPU seconds it took."""
    for _ in sys.stdin:
        start = time.process_time()
        turn()
        print(time.process_time() - start, flush=True)


def take_turns(commands: dict[str, list[str]], turns: int) -> dict[str, list[float]]:
    """CPU seconds of each turn of each side, by its name. The first turn of each side warms up and does not count.

    A command is what follows `python` on the command line. It ends in `serve`.
    """
    with ExitStack() as stack:
        sides = {name: stack.enter_context(_started(command)) for name, command in commands.items()}
        seconds: dict[str, list[float]] = {name: [] for name in sides}
        for number in range(turns + 1):
            for name, side in sides.items():
                spent = _turn(name, side)
                if number > 0:
                    seconds[name].append(spent)
        for side in sides.values():
            assert side.stdin
            side.stdin.close()
        return seconds


def _started(command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *command],
        env=os.environ | ENVIRONMENT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _turn(name: str, side: subprocess.Popen[str]) -> float:
    assert side.stdin
    assert side.stdout
    side.stdin.write("\n")
    side.stdin.flush()
    line = side.stdout.readline()
    if not line:
        raise RuntimeError(
            f"the side {name!r} ended with exit code {side.wait()}; what it wrote stands above"
        )
    return float(line)


def ratio(of: list[float], to: list[float]) -> float:
    """The median over turns of how much longer `of` took than `to`."""
    return statistics.median(a / b for a, b in zip(of, to, strict=True))
