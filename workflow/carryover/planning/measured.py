"""What finished jobs cost, as results and reference results tell. What cannot be read is left out.

Planning itself never needs this module. It reads Parquet, so that library is imported when it is needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from carryover.data.stored import CostFile, RunFile
from carryover.errors import UserError
from carryover.planning.plan import Plan
from carryover.planning.runs import RunSettings
from carryover.planning.shipped import ROOT
from carryover.tasks.datasets import Dataset

Tests = tuple[tuple[Dataset, int], ...]  # each a dataset and how many rows of its test split


class Training(NamedTuple):
    """A finished training."""

    run: RunSettings
    steps: int
    solved_at: int | None
    seconds: float  # of CPU
    gpu_seconds: float  # 0 on a CPU


class Evaluation(NamedTuple):
    """A finished evaluation."""

    run: RunSettings
    tests: Tests
    seconds: float  # of CPU


class Measured(NamedTuple):
    """Finished jobs by the content address of what they made."""

    trainings: dict[str, Training]
    evaluations: dict[str, Evaluation]


def in_results(plan: Plan) -> Measured:
    """All trainings in the results folder, those of other configs too, and the evaluations of this plan."""
    results = Path(plan.results)
    trainings = dict(_trainings(results, plan))
    evaluations = {}
    for address, planned in plan.evaluations.items():
        cost = _cost(results / "evaluations" / address)
        if cost is not None:
            run = plan.runs[planned.run].settings
            evaluations[address] = Evaluation(run, plan.tests(address), cost.cpu_seconds)
    return Measured(trainings, evaluations)


def in_references(plan: Plan) -> Measured:
    """The jobs of the plan's reference results, and of those that are shipped with the workflow."""
    named = [Path(plan.reference)] if plan.reference else []
    shipped = sorted(path.parent for path in (ROOT / "results" / "reference").glob("*/plan.json"))
    together = Measured({}, {})
    for folder in [*shipped, *named]:  # the plan's own comes last: it replaces what both have
        one = in_reference(folder)
        together.trainings.update(one.trainings)
        together.evaluations.update(one.evaluations)
    return together


def in_reference(folder: Path) -> Measured:
    """The jobs of one folder of reference results; none where it cannot be read."""
    from carryover.data.table_files import Damaged, read_table

    measured = Measured({}, {})
    try:
        plan = Plan.read(folder / "plan.json")
        ends = read_table(folder / "runs.parquet", ["run", "steps", "solved_at"]).to_pylist()
        costs = read_table(folder / "costs.parquet").to_pylist()
    except (UserError, FileNotFoundError, Damaged):
        return measured
    end_of = {row["run"]: row for row in ends}
    evaluation_of = {one.run: address for address, one in plan.evaluations.items()}
    for row in costs:
        address = row["run"]
        if address not in plan.runs or address not in end_of:
            continue
        run = plan.runs[address].settings
        if row["stage"] == "train":
            measured.trainings[address] = _training(run, end_of[address], row)
        elif address in evaluation_of:
            evaluation = evaluation_of[address]
            measured.evaluations[evaluation] = Evaluation(run, plan.tests(evaluation), row["cpu_seconds"])
    return measured


def _trainings(results: Path, plan: Plan) -> Iterator[tuple[str, Training]]:
    for folder in sorted((results / "runs").glob("*")):
        cost = _cost(folder)
        if cost is None:
            continue
        try:
            ended = RunFile.read(folder / "run.json")
            planned = plan.runs.get(folder.name)
            run = planned.settings if planned else RunSettings.read(ended.settings)
        except (UserError, ValidationError):
            continue
        yield folder.name, _training(run, ended.model_dump(), cost.model_dump())


def _training(run: RunSettings, end: Mapping[str, Any], cost: Mapping[str, Any]) -> Training:
    on_gpu = not cost["device"].startswith("cpu")
    gpu_seconds = cost["seconds"] if on_gpu else 0.0
    return Training(run, end["steps"], end["solved_at"], cost["cpu_seconds"], gpu_seconds)


def _cost(folder: Path) -> CostFile | None:
    try:
        return CostFile.read(folder / "cost.json")
    except UserError:
        return None
