"""CPU seconds and peak memory of planning one sweep: `PYTHONPATH=. python tests/benchmarks/bench_planning.py`.

The sweep has 100, 1,000 and 10,000 settings with one seed each, so as many runs and evaluations, of one dataset.
Measured are the plan alone, and a whole `snakemake -n`. Target: a plan of 10,000 settings in under 10 CPU seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.workflow.project import Project

PLAN = """
from pathlib import Path
from carryover.planning.expand import make_plan
from carryover.planning.load import load, read_root
print(len(make_plan(load(read_root([Path("config/config.yaml")]))).runs))
"""


def measure(command: Sequence[str], folder: Path) -> tuple[float, int]:
    """CPU seconds and peak memory in MB of a command and its processes."""
    environment = Project.environment(PYTHONPATH=str(folder / "workflow"))
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{command[:3]} failed")
    return round(usage.ru_utime + usage.ru_stime, 1), usage.ru_maxrss // 1024


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--settings", type=int, nargs="+", default=[100, 1000, 10_000])
    for count in parser.parse_args().settings:

        def sweep(study: dict[str, Any], count: int = count) -> None:
            rates = [number / 1e6 for number in range(1, count + 1)]
            study["sweep"], study["seeds"] = [{"grid": {"training.lr": rates}}], 1

        with tempfile.TemporaryDirectory() as folder:
            project = Project(Path(folder) / "project")
            project.edit_study(sweep)
            plan, plan_mb = measure([sys.executable, "-c", PLAN], project.folder)
            dry, dry_mb = measure(project.command("-n", "--quiet", "all", "--cores", "1"), project.folder)
        numbers = {"plan_seconds": plan, "plan_mb": plan_mb, "dry_run_seconds": dry, "dry_run_mb": dry_mb}
        print(json.dumps({"settings": count, **numbers}), flush=True)


if __name__ == "__main__":
    main()
