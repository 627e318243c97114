"""CPU seconds and peak memory of planning one sweep: `PYTHONPATH=. python tests/benchmarks/bench_planning.py`.

The sweep has 100, 1,000 and 10,000 settings with one seed each, so as many runs and evaluations, of one dataset.
Measured are the plan alone, a whole `snakemake -n`, and for 10,000 one of a tenth of the runs (`--batch`).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.table import Row, main
from tests.workflow.project import Project

SETTINGS = (100, 1_000, 10_000)
TARGETS = {10_000: 10.0}  # CPU seconds of the plan alone
PLAN = """
from pathlib import Path
from carryover.planning.expand import make_plan
from carryover.planning.load import load, read_root
print(len(make_plan(load(read_root([Path("config/config.yaml")]))).runs))
"""


def rows() -> Iterator[Row]:
    """A row for each size of the sweep."""
    for count in SETTINGS:

        def sweep(study: dict[str, Any], count: int = count) -> None:
            rates = [number / 1e6 for number in range(1, count + 1)]
            study["sweep"], study["seeds"] = [{"grid": {"training.lr": rates}}], 1

        with tempfile.TemporaryDirectory() as folder:
            project = Project(Path(folder) / "project")
            project.edit_study(sweep)
            plan, plan_mb = measure([sys.executable, "-c", PLAN], project.folder)
            quiet = ("-n", "--quiet", "all", "--cores", "1")
            dry, dry_mb = measure(project.command(*quiet), project.folder)
            tenth = ""
            if count == max(SETTINGS):
                batch = ("aggregate", *quiet, "--batch", "aggregate=1/10")
                tenth = f"; of a tenth of the runs {measure(project.command(*batch), project.folder)[0]:.1f} CPU-s"
        yield Row(
            f"plan of {count:,} runs",
            plan,
            "CPU-s",
            f"{plan_mb} MB; a whole `snakemake -n` {dry:.1f} CPU-s, {dry_mb} MB{tenth}",
            TARGETS.get(count),
            more=False,
        )


def measure(command: Sequence[str], folder: Path) -> tuple[float, int]:
    """CPU seconds and peak memory in MB of a command and its processes."""
    environment = Project.environment(PYTHONPATH=str(folder / "workflow"))
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{command[:3]} failed")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024


if __name__ == "__main__":
    main(rows)
