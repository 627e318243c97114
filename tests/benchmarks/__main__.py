"""`python -m tests.benchmarks`: every benchmark of the table, once, into docs/performance.md.

Training runs on one core, the others one after the other on a second, where there is one. The file appears when all
have ended. A benchmark that fails has a line in the table that says so, and the command then ends with 1.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from time import monotonic

from carryover.data.files import atomic_path
from tests.benchmarks import table

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/performance.md"
TOGETHER = (("training",), ("evaluation", "generation", "jobs", "planning", "report"))
TEXT = """# Performance

`make bench` measures everything in this table in one go, and writes this page. A figure with × is a ratio of two
things that were measured by turns in one run. CPU-s are seconds of processor time. A bold **no** marks a figure that
falls short of its target.

{about}

{rows}

What the two sides of a ratio are:

- **A script of its author's kind** is the training as the reports' authors wrote it in PyTorch
  (`tests/benchmarks/scripts.py`). Model, batches, steps and validations are those of the workflow. Examples are Python
  objects, made one by one. The settings of `DataLoader` are its defaults. Sequences are packed where the report or its
  assignment packs them. Subnormal numbers stay.
- **A bare PyTorch loop** is the same training, on batches that are ready as tensors, and nothing else.
- **Matrix products alone** are those of the forward and backward passes, in single precision. No loop can be faster.
- **One example at a time** is how report three-number evaluates: through the same model, to loss and right or wrong.
  The other side is the whole evaluation, with everything that it writes.
- **Writing alone** is the same rows, compressed alike into a Parquet file.

Each benchmark runs alone as well: `PYTHONPATH=.:workflow .venv/bin/python tests/benchmarks/bench_training.py`.
"""


def main() -> int:
    """Run all, write the page; the exit code."""
    started, load, measured_commit = monotonic(), os.getloadavg(), commit()
    with ThreadPoolExecutor(min(len(TOGETHER), os.cpu_count() or 1)) as pool:
        groups = list(pool.map(lambda names: [measured(name) for name in names], TOGETHER))
    ended = [one for group in groups for one in group]
    lines = [line for rows, _ in ended for line in rows]
    minutes = (monotonic() - started) / 60
    page = TEXT.format(about=about(measured_commit, load, minutes), rows="\n".join([table.HEAD, *lines]))
    with atomic_path(PAGE) as temporary:
        temporary.write_text(page, encoding="utf-8")
    print(page)
    return int(any(failed for _, failed in ended))


def measured(name: str) -> tuple[list[str], bool]:
    """The lines of one benchmark, and whether it failed."""
    file = ROOT / f"tests/benchmarks/bench_{name}.py"
    paths = os.pathsep.join([str(ROOT / "workflow"), str(ROOT)])
    print(f"{file.name} …", file=sys.stderr, flush=True)
    done = subprocess.run(
        [sys.executable, str(file), "--json"],
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [table.Row(**json.loads(line)).line() for line in done.stdout.splitlines()]
    if done.returncode:
        print(done.stderr[-4000:], file=sys.stderr)
        lines.append(f"| {file.name} | | | **no** | failed with exit code {done.returncode} |")
    return lines, bool(done.returncode)


def about(code: str, load: tuple[float, float, float], minutes: float) -> str:
    """Machine, date, versions, and what else the machine did."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "numpy", "pyarrow", "snakemake"))
    reviews = "the real ones" if os.environ.get("CARRYOVER_IMDB") else "made up"
    return (
        f"Measured on {datetime.now(UTC):%-d %B %Y}, at commit {code}, on {processor()}, {os.cpu_count()} cores, "
        f"{platform.system()}, Python {platform.python_version()}, {packages}. The load of the machine (tasks that "
        f"want to run, mean of a minute) was {load[0]:.1f} before and {os.getloadavg()[0]:.1f} at the end, of which "
        f"the benchmark itself is up to 2. It took {minutes:.0f} minutes. Reviews were {reviews}."
    )


def processor() -> str:
    """The processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def commit() -> str:
    """The commit that was measured, and whether files differ from it."""
    git = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--exclude=*"]
    done = subprocess.run(git, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main())
