"""What jobs will cost, from measured costs of like jobs, else from the estimate.

The rule: a job costs what is estimated for it, times how much more or less than estimated the nearest like jobs cost.
Jobs are like each other if they have the same task and kind of model, both run on a GPU or both on a CPU, and none of
their sizes (batch, positions of an example, work and weights of the model) differs by more than a factor of 4. The
nearest are those whose sizes differ least. Most runs have like jobs of the very same sizes; estimates then cancel out,
and what remains is the measured time of a step.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import mean
from typing import NamedTuple

from carryover.planning import estimate, measured
from carryover.planning.measured import Measured, Training
from carryover.planning.plan import Plan
from carryover.planning.runs import RunSettings
from carryover.settings.canonical import canonical_json
from carryover.tasks.datasets import Dataset

HERE, REFERENCE, ESTIMATE = SOURCES = ("measured here", "committed reference", "estimate")
LIKE = 4.0  # the largest factor between the sizes of like jobs
START_SECONDS = 2.0  # CPU time until a job's first step: mostly imports


class Cost(NamedTuple):
    """What one job costs."""

    seconds: float  # of one CPU core
    source: str  # one of SOURCES
    at_most: bool = False  # it may stop when solved, and no replicate tells when
    gpu_seconds: float = 0.0


class Kind(NamedTuple):
    """What like jobs have in common."""

    task: str
    model: str
    on_gpu: bool


class Sizes(NamedTuple):
    """What decides how long a step takes. Each is positive."""

    batch: float
    positions: float
    work: float  # estimated seconds a position
    weights: float


class Costs:
    """Costs of jobs by what is known of others: those measured here first, then those of reference results."""

    def __init__(self, here: Measured, reference: Measured) -> None:
        self._known = ((HERE, _Known(here)), (REFERENCE, _Known(reference)))

    @classmethod
    def of(cls, plan: Plan) -> Costs:
        """Costs by the results of a plan and by reference results. Reads both."""
        return cls(measured.in_results(plan), measured.in_references(plan))

    def core_seconds(self, run: RunSettings, gpu: bool = False) -> Cost:
        """The cost of training a run, on a GPU or on one core. The run itself may be among the measured ones."""
        address, on_its_own = run.address(), _without_seeds(run)
        steps, at_most = self._steps(run, on_its_own)
        expected = _training_seconds(run, steps, gpu)
        for source, known in self._known:
            same = known.measured.trainings.get(address)
            if same is not None and (same.gpu_seconds > 0) == gpu:
                return Cost(same.seconds, source, gpu_seconds=same.gpu_seconds)
            rate = known.trainings.nearest(_kind(run, gpu), _sizes(run))
            if rate is not None:
                return Cost(expected * rate.seconds, source, at_most, expected * rate.gpu_seconds)
        return Cost(expected, ESTIMATE, at_most, expected if gpu else 0.0)

    def evaluation_core_seconds(self, run: RunSettings, tests: Iterable[tuple[Dataset, int]]) -> Cost:
        """The cost of evaluating a run on one core. `tests`: each a dataset and the rows of its test split."""
        expected = START_SECONDS + estimate.answering_seconds(run, tests)
        for source, known in self._known:
            rate = known.evaluations.nearest(_kind(run, False), _sizes(run))
            if rate is not None:
                return Cost(expected * rate.seconds, source)
        return Cost(expected, ESTIMATE)

    def _steps(self, run: RunSettings, setting: str) -> tuple[float, bool]:
        """The steps that a training takes, and whether these are only known to be the most.

        A training that stops when solved takes as many as its replicates did on average, or would have taken.
        """
        most = run.training.total_steps(run.dataset.split_rows()["train"])
        if not run.training.stop_when_solved:
            return most, False
        for _, known in self._known:
            if setting in known.replicates:
                return mean(_steps_until_solved(one) for one in known.replicates[setting]), False
        return most, True


@dataclass
class _Rate:
    """Measured seconds for each that was estimated, of some jobs together."""

    estimated: float = 0.0
    cpu: float = 0.0
    gpu: float = 0.0

    def add(self, estimated: float, cpu: float, gpu: float = 0.0) -> None:
        self.estimated += estimated
        self.cpu += cpu
        self.gpu += gpu

    @property
    def seconds(self) -> float:
        return self.cpu / self.estimated

    @property
    def gpu_seconds(self) -> float:
        return self.gpu / self.estimated


@dataclass
class _Rates:
    """The rates of measured jobs by kind and sizes."""

    by_kind: dict[Kind, dict[Sizes, _Rate]] = field(default_factory=dict)

    def of(self, kind: Kind, sizes: Sizes) -> _Rate:
        return self.by_kind.setdefault(kind, {}).setdefault(sizes, _Rate())

    def nearest(self, kind: Kind, sizes: Sizes) -> _Rate | None:
        """The rate of those like jobs whose sizes differ least; None if there are none."""
        like = [
            (sum(factors), other)
            for other in self.by_kind.get(kind, {})
            if max(factors := _factors(sizes, other)) <= math.log(LIKE) + 1e-9
        ]
        return self.by_kind[kind][min(like)[1]] if like else None


class _Known:
    """Measured jobs, arranged to be looked up."""

    def __init__(self, measured: Measured) -> None:
        self.measured = measured
        self.trainings, self.evaluations = _Rates(), _Rates()
        self.replicates: dict[str, list[Training]] = {}
        for one in measured.trainings.values():
            on_gpu = one.gpu_seconds > 0
            expected = _training_seconds(one.run, one.steps, on_gpu)
            rate = self.trainings.of(_kind(one.run, on_gpu), _sizes(one.run))
            rate.add(expected, one.seconds, one.gpu_seconds)
            self.replicates.setdefault(_without_seeds(one.run), []).append(one)
        for each in measured.evaluations.values():
            expected = START_SECONDS + estimate.answering_seconds(each.run, each.tests)
            self.evaluations.of(_kind(each.run, False), _sizes(each.run)).add(expected, each.seconds)


def _training_seconds(run: RunSettings, steps: float, gpu: bool) -> float:
    return START_SECONDS + steps * estimate.step_seconds(run, gpu)


def _steps_until_solved(training: Training) -> float:
    """The steps that a training took, or would have taken had it stopped when solved: until one validation later."""
    settings, rows = training.run.training, training.run.dataset.split_rows()["train"]
    if training.solved_at is None or settings.stop_when_solved:
        return training.steps
    every = settings.validate_every or -(-rows // settings.batch)
    return min(training.solved_at + every, training.steps)


def _kind(run: RunSettings, on_gpu: bool) -> Kind:
    return Kind(run.dataset.task, run.model.kind, on_gpu)


def _sizes(run: RunSettings) -> Sizes:
    positions = max(run.dataset.positions(run.model, run.training), 1)
    example = run.model.work(positions)
    work = max(example.cpu_seconds / positions, 1e-12)
    return Sizes(run.training.batch, positions, work, max(example.weights, 1))


def _factors(one: Sizes, other: Sizes) -> list[float]:
    """By how much each size differs: the logarithms of the factors, without their sign."""
    return [abs(math.log(a / b)) for a, b in zip(one, other, strict=True)]


def _without_seeds(run: RunSettings) -> str:
    """What replicates share: all settings but the seeds, and whether a training stops when solved."""
    training = run.training.model_copy(update={"stop_when_solved": False})
    dataset = {key: value for key, value in run.dataset.canonical().items() if key != "seed"}
    return canonical_json(
        {"dataset": dataset, "model": run.model.canonical(), "training": training.canonical()}
    )
