"""The core time of a plan for a person: of each study, in all, and what is left, with where the figures are from."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from carryover.manage.inventory import present
from carryover.planning.costs import ESTIMATE, REFERENCE, SOURCES, Cost, Costs
from carryover.planning.plan import Plan, PlannedStudy, Replicate

Job = tuple[str, str]  # the kind of its result (`runs` or `evaluations`) and its address
# What a reader must know of a source.
REMARKS = {
    REFERENCE: f"{REFERENCE}: measured on machines that may be faster or slower than this one",
    ESTIMATE: f"{ESTIMATE}: no like job was measured; rough, and rather too high",
}
AT_MOST = "at most: trainings that stop when solved count as if they went on to their last step"


@dataclass
class Total:
    """The costs of some jobs together."""

    seconds: float = 0.0  # of CPU cores
    gpu_seconds: float = 0.0
    longest: float = 0.0  # seconds of the longest job
    at_most: bool = False
    sources: Counter[str] = field(default_factory=Counter)  # how many jobs' costs are from where

    @classmethod
    def of(cls, costs: Iterable[Cost]) -> Total:
        """The total of these costs."""
        total = cls()
        for cost in costs:
            total.seconds += cost.seconds
            total.gpu_seconds += cost.gpu_seconds
            total.longest = max(total.longest, cost.seconds)
            total.at_most |= cost.at_most
            total.sources[cost.source] += 1
        return total

    def wall_seconds(self, cores: int, gpus: int) -> float:
        """How long it takes at least: jobs are shared by cores and GPUs, and no job by two of them."""
        return max(self.seconds / cores, self.gpu_seconds / max(gpus, 1), self.longest)

    def known_from(self) -> str:
        """Where the costs are from; with how many jobs each, where they are from several."""
        known = [source for source in SOURCES if self.sources[source]]
        return ", ".join(known if len(known) < 2 else (f"{one} {self.sources[one]}" for one in known))

    def remarks(self) -> list[str]:
        """What a reader must know of these figures."""
        remarks = [REMARKS[source] for source in SOURCES if source in REMARKS and self.sources[source]]
        return remarks + [AT_MOST] * self.at_most


def costs_of(plan: Plan, gpu: bool) -> dict[Job, Cost]:
    """The cost of each training and evaluation of a plan. `gpu`: whether trainings run on one."""
    costs = Costs.of(plan)
    trainings = {
        ("runs", address): costs.core_seconds(run.settings, gpu) for address, run in plan.runs.items()
    }
    evaluations = {
        ("evaluations", address): costs.evaluation_core_seconds(
            plan.runs[planned.run].settings, plan.tests(address)
        )
        for address, planned in plan.evaluations.items()
    }
    return trainings | evaluations


def describe(plan: Plan, gpus: int) -> str:
    """The costs of a plan by study and in all, for a machine with this many GPUs for trainings."""
    costs = costs_of(plan, gpu=gpus > 0)
    done = {(kind, address) for kind, addresses in present(plan).items() for address in addresses}
    left = {job: cost for job, cost in costs.items() if job not in done}
    everything, remaining = Total.of(costs.values()), Total.of(left.values())
    lines = []
    for study in plan.studies:
        if not study.settings:
            continue
        jobs = jobs_of(study)
        asked, still = (Total.of(some[job] for job in jobs if job in some) for some in (costs, left))
        lines.append(_line(study.name, asked, still, gpus > 0))
    own = _of(*(one for study in plan.studies for one in study.replicates))
    if other := costs.keys() - own:
        asked, still = (Total.of(some[job] for job in sorted(other) if job in some) for some in (costs, left))
        lines.append(_line("for other readings alone", asked, still, gpus > 0))
    lines.append(_line("all, shared jobs once", everything, remaining, gpus > 0))
    heading = ["core time to train and evaluate", "asked for", "left", "known from"]
    if gpus:
        heading.insert(3, "left of GPUs")
    text = [columns(row) for row in lined_up([heading, *lines])]
    return "\n".join([*text, "", _left(remaining, gpus), *(f"  {one}" for one in everything.remarks())])


def usable_cores() -> int:
    """The cores that this process may use, which `snakemake --cores all` takes, too."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def core_time(seconds: float, unit: str = "core") -> str:
    """Seconds of a core as core-minutes, or as core-hours where these are more than one and a half."""
    amount, of = (seconds / 60, "min") if seconds < 5400 else (seconds / 3600, "h")
    return f"{amount:.2g} {unit}-{of}" if amount < 10 else f"{amount:,.0f} {unit}-{of}"


def readable(seconds: float) -> str:
    """A duration as a person says it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _left(left: Total, gpus: int) -> str:
    """How long this machine takes for what is left."""
    if not left.sources:
        return "Nothing is left to train or to evaluate."
    cores = usable_cores()
    wall = readable(left.wall_seconds(cores, gpus))
    on = "1 core" if cores == 1 else f"{cores} cores"
    about = "at most" if left.at_most else "about"
    return f"Left: {about} {wall} on {on}; datasets and the report itself come on top."


def jobs_of(study: PlannedStudy) -> set[Job]:
    """The trainings and evaluations of a study with its other readings, each once."""
    return _of(*study.replicates, *study.replicates_of_readings)


def _of(*replicates: Replicate) -> set[Job]:
    return {("runs", one.run) for one in replicates} | {("evaluations", one.evaluation) for one in replicates}


def _line(name: str, asked: Total, left: Total, on_gpu: bool) -> list[str]:
    cells = [f"  {name}", *(f"{'at most ' * one.at_most}{core_time(one.seconds)}" for one in (asked, left))]
    return [*cells, *([core_time(left.gpu_seconds, "GPU")] if on_gpu else []), asked.known_from()]


def lined_up(rows: list[list[str]]) -> list[list[str]]:
    """Names and sources to the left, amounts to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    last = len(widths) - 1
    return [
        [
            cell.ljust(width) if number in (0, last) else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        for row in rows
    ]


def columns(cells: list[str]) -> str:
    """The cells of a row as one line."""
    return "  ".join(cells).rstrip()
