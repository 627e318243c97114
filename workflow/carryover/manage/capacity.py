"""Whether this machine has the disk and the memory for what jobs will take, asked before the first of them starts.

Only what cannot fit is refused: estimates are rough, so a job that may just fit is tried.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from carryover.errors import UserErrors
from carryover.manage.inventory import complete, readable_bytes
from carryover.planning import estimate
from carryover.planning.plan import Plan
from carryover.tasks.datasets import Dataset

# Limits of a container's memory, in version 2 and version 1 of Linux's control groups.
CONTAINER_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


def check(
    plan: Plan, datasets: Iterable[str], runs: Iterable[str], evaluations: Iterable[str], gpu: bool
) -> None:
    """Check that jobs for these addresses of a plan fit this machine. `gpu`: trainings take a GPU's memory instead.

    Raises UserErrors: a line for the disk, and one for the job that takes most memory.
    """
    results = Path(plan.results)
    absent = [plan.datasets[key].settings for key in datasets if not complete(results, "datasets", key)]
    needs = {} if gpu else {key: estimate.training(plan.runs[key].settings, gpu=False) for key in runs}
    for key in evaluations:
        run = plan.runs[plan.evaluations[key].run].settings
        needs[key] = estimate.evaluation(run, plan.tests(key))
    require(results, absent, needs)


def require(results: Path, datasets: Iterable[Dataset], needs: dict[str, estimate.Need]) -> None:
    """Check that datasets fit the disk of `results`, and the needs of jobs, by name, the memory. Raises UserErrors."""
    lines = []
    expected, free = sum(dataset.estimated_bytes() for dataset in datasets), free_disk(results)
    if expected > free:
        lines.append(
            f"results: {results}: the datasets still to be made take about {readable_bytes(expected)} of disk, "
            f"and {readable_bytes(free)} are free; ask for fewer rows, or name a folder on a larger disk"
        )
    largest = max(needs, key=lambda name: needs[name].megabytes, default=None)
    memory = machine_memory()
    # An estimate has a margin, because a cluster stops a job that takes more; a job without it is tried.
    if largest is not None and needs[largest].megabytes * 1e6 / estimate.MARGIN > memory:
        lines.append(
            f"{largest}: takes about {readable_bytes(needs[largest].megabytes * 1e6)} of memory, and this machine has "
            f"{readable_bytes(memory)}; make batch, hidden or the number of rows or steps smaller"
        )
    if lines:
        raise UserErrors(lines)


def free_disk(folder: Path) -> int:
    """Free bytes where a folder is, or will be."""
    folder = folder.absolute()
    return shutil.disk_usage(next(parent for parent in (folder, *folder.parents) if parent.exists())).free


def machine_memory() -> int:
    """Bytes of memory of this machine, or of the container that this process is in."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for file in CONTAINER_LIMITS:
        try:
            memory = min(memory, int(file.read_text()))
        except (OSError, ValueError):  # there is none, or it is "max"
            continue
    return memory
