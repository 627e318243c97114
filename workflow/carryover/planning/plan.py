"""From checked settings to the plan: all datasets, runs and evaluations that a config asks for, each listed once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from carryover.errors import UserError, UserErrors
from carryover.planning import checks, sweep
from carryover.planning.load import Config, describe, nearest
from carryover.planning.runs import OneDataset, RunSettings, dataset_address
from carryover.planning.sources import with_sources
from carryover.settings import canonical as address
from carryover.settings.study import OWN, Scale, Study
from carryover.tasks.datasets import Dataset

FORMAT = 1

# Settings that say how something is measured, or how many fresh rows lie ready: never what is learned.
# A run that differs from the published one in these alone is still the published one. CUDA graphs change how a step is
# launched; the numbers they give differ by rounding, as those of two machines do.
MEASUREMENT = {
    "dataset.seed",
    "dataset.rows.validation",
    "dataset.rows.test",
    "training.validate_every",
    "training.gradient_norm",
    "training.cuda_graphs",
}


@dataclass(frozen=True)
class EvaluatedSplit:
    """One test split that a run is evaluated on."""

    suite: str
    split: str
    dataset: str  # address
    dataset_split: str


@dataclass(frozen=True)
class PlannedRun:
    """One training, and how many optimizer steps it takes."""

    settings: RunSettings
    dataset: str  # address
    steps: int


@dataclass(frozen=True)
class PlannedEvaluation:
    """One run on all the splits that any study asks of it."""

    run: str
    splits: tuple[EvaluatedSplit, ...]


@dataclass(frozen=True)
class Replicate:
    """One seed of a point, with the addresses of its run and evaluation."""

    run: str
    evaluation: str
    seed: int


@dataclass(frozen=True)
class Point:
    """One setting of a study, with its replicates.

    `as_published`: it equals a published setting but for what the report does not state and for `differs`, which
    then holds at most `training.stop_when_solved`; otherwise `differs` says what keeps it from deciding.
    """

    label: str
    values: dict[str, Any]
    as_published: bool
    differs: tuple[str, ...]
    runs: tuple[Replicate, ...]


@dataclass(frozen=True)
class PlannedStudy:
    """A study with the points that it has at the planned scale; `file` is where it stands."""

    study: Study
    file: str
    swept: tuple[str, ...]
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Plan:
    """Everything that a config asks for, keyed by content address."""

    name: str
    scale: str
    results: str
    datasets: dict[str, Dataset] = field(default_factory=dict)
    runs: dict[str, PlannedRun] = field(default_factory=dict)
    evaluations: dict[str, PlannedEvaluation] = field(default_factory=dict)
    studies: tuple[PlannedStudy, ...] = ()
    unavailable: tuple[str, ...] = ()  # one line for each study that cannot run here, and why
    reference: str | None = None  # folder of tables that the results are compared with

    def to_json(self) -> dict[str, Any]:
        """The plan as plain data, as plan.json holds it."""
        return {
            "format": FORMAT,
            "name": self.name,
            "scale": self.scale,
            "results": self.results,
            "datasets": {
                key: {"task": dataset.task, "settings": dataset.identity(), "rows": dataset.split_rows()}
                for key, dataset in self.datasets.items()
            },
            "runs": {
                key: {
                    "settings": run.settings.identity(),
                    "dataset": run.dataset,
                    "task": run.settings.dataset.task,
                    "seed": run.settings.seed,
                    "steps": run.steps,
                }
                for key, run in self.runs.items()
            },
            "evaluations": {
                key: {"run": evaluation.run, "splits": [vars(split) for split in evaluation.splits]}
                for key, evaluation in self.evaluations.items()
            },
            "studies": [_study_to_json(study) for study in self.studies],
            "unavailable": list(self.unavailable),
            "reference": self.reference,
        }


def _study_to_json(planned: PlannedStudy) -> dict[str, Any]:
    study = planned.study
    return {
        "name": study.study,
        "title": study.title,
        "question": study.question,
        "report": study.report,
        "task": study.task,
        "notes": study.notes,
        "file": planned.file,
        "base": study.base.complete(),
        "swept": list(planned.swept),
        "unstated": list(study.unstated),
        "redraw_data": study.redraw_data,
        "suites": list(study.evaluate),
        "published": [item.complete() for item in study.published],
        "claims": [claim.complete() for claim in study.claims],
        "points": [
            {
                "point": point.label,
                "values": point.values,
                "as_published": point.as_published,
                "differs": list(point.differs),
                "runs": [vars(replicate) for replicate in point.runs],
            }
            for point in planned.points
        ],
    }


def make_plan(config: Config, folder: Path = Path()) -> Plan:
    """Expand every study that the config asks for at its scale.

    `folder` is what relative paths start from. Raises UserErrors with one line a mistake, UserError where two
    contents share an address or the config asks for nothing.
    """
    builder = _Builder(config, folder)
    for name, study in config.studies.items():
        builder.check_study(name, study)
    wanted = config.root.only if config.root.only is not None else tuple(config.studies)
    for name in dict.fromkeys(wanted):
        builder.add(name)
    return builder.finish()


class _Builder:
    """Collects datasets, runs and evaluations over studies, so that what two studies share is listed once."""

    def __init__(self, config: Config, folder: Path) -> None:
        self.config = config
        self.folder = folder
        self.mistakes: list[str] = []
        self.unavailable: list[str] = []
        self.datasets: dict[str, Dataset] = {}
        self.runs: dict[str, PlannedRun] = {}
        self.run_splits: dict[str, dict[EvaluatedSplit, None]] = {}
        self.studies: list[
            tuple[Study, str, tuple[str, ...], list[tuple[dict, bool, tuple[str, ...], list]]]
        ] = []
        self.named: dict[str, Dataset | None] = {}
        self.sources: dict[str, tuple[Dataset, str | None]] = {}

    # --- checks that hold at any scale ---

    def check_study(self, name: str, study: Study) -> None:
        """Check what a study says, whether or not it is asked for: a config with a mistake anywhere is mended first."""
        file = self.config.study_files[name]
        evaluated = [*study.evaluate, *(s for scale in study.scales.values() for s in scale.evaluate or ())]
        for suite in dict.fromkeys(evaluated):
            if suite not in self.config.suites:
                self.mistakes.append(
                    f"{file}: evaluate: no suite {suite!r}{nearest(suite, self.config.suites)}"
                )
            elif self.config.suites[suite].task != study.task:
                self.mistakes.append(
                    f"{file}: evaluate: suite {suite!r} is of task {self.config.suites[suite].task}, "
                    f"the study of task {study.task}; choose a suite of the study's task"
                )
            else:
                for split in self.config.suites[suite].splits.values():
                    if split.dataset != OWN:
                        self.named_dataset(split.dataset, f"{self.config.suite_files[suite]}: suites.{suite}")
        self.mistakes += [f"{file}: {line}" for line in checks.references(study, self.config.suites)]

    def named_dataset(self, name: str, where: str) -> Dataset | None:
        """The settings of a dataset of datasets/*.yaml, checked once."""
        if name not in self.config.datasets:
            self.mistakes.append(f"{where}: no dataset {name!r}{nearest(name, self.config.datasets)}")
            return None
        if name not in self.named:
            try:
                self.named[name] = OneDataset.read({"dataset": self.config.datasets[name]}).dataset
            except ValidationError as error:
                file = self.config.dataset_files[name]
                self.mistakes += [
                    f"{file}: datasets.{name}: {line.removeprefix('dataset.')}"
                    for line in describe(error, OneDataset)
                ]
                self.named[name] = None
        return self.named[name]

    # --- expansion at the scale asked for ---

    def add(self, name: str) -> None:
        study, file = self.config.studies[name], self.config.study_files[name]
        scale = study.scales.get(self.config.root.scale, Scale())
        if scale.skip or self._settings(study, file, {}, {}) is None:
            return  # a mistake in the base is told once, not again at every point
        seeds = _seeds(self.config.root.seeds or scale.seeds or study.seeds)
        published = self._published_settings(study)
        suites = scale.evaluate or study.evaluate
        if any(suite not in self.config.suites for suite in suites):
            return  # reported by check_study
        found = []
        swept: dict[str, None] = {}
        before = dict(self.datasets), dict(self.runs), {run: dict(of) for run, of in self.run_splits.items()}
        for values in sweep.points(study.sweep if scale.sweep is None else scale.sweep):
            swept |= dict.fromkeys(values)
            settings = self._settings(study, file, values, scale.set)
            if settings is None:
                continue
            as_published, differs = _compare(settings, published, study)
            replicates = []
            for seed in seeds:
                run = _replicate(settings, seed, study.redraw_data)
                address_ = self._add_run(run)
                if address_ is None or not self._add_splits(address_, run, suites, name):
                    # Without one of its datasets the whole study is left out, and nothing is made for it.
                    self.datasets, self.runs, self.run_splits = before
                    return
                replicates.append((address_, seed))
            found.append((values, as_published, differs, replicates))
        evaluated = study.model_copy(
            update={"evaluate": tuple(suites)}
        )  # the scale's suites, where it has its own
        self.studies.append((evaluated, str(file), tuple(swept), found))

    def _settings(
        self, study: Study, file: Path, values: Mapping[str, Any], scale_set: Mapping[str, Any]
    ) -> RunSettings | None:
        where = f"{file}: point {sweep.label(values)}" if values else f"{file}: base"
        base = study.base.complete()
        try:
            data = sweep.with_values(base, self.config.datasets, scale_set, values)
        except sweep.UnknownPath as error:
            known = self.config.datasets if "." not in str(error) else []
            self.mistakes.append(f"{where}: no dataset or setting {str(error)!r}{nearest(str(error), known)}")
            return None
        try:
            run = RunSettings.read(data)
        except ValidationError as error:
            lines = [f"{where}: {line}" for line in describe(error, RunSettings)]
            self.mistakes += [line for line in lines if line not in self.mistakes]
            return None
        except (TypeError, ValueError) as error:
            self.mistakes.append(f"{where}: {error}")
            return None
        if run.dataset.task != study.task:
            self.mistakes.append(
                f"{where}: the dataset is of task {run.dataset.task}, the study of task {study.task}"
            )
            return None
        problems = checks.run(run.dataset, run.model, run.training)
        self.mistakes += [f"{where}: {line}" for line in problems]
        return None if problems else run

    def _published_settings(self, study: Study) -> list[RunSettings]:
        """The settings of every point as published: the study's own base and sweep, without any scale."""
        found = []
        for values in sweep.points(study.sweep):
            try:
                data = sweep.with_values(study.base.complete(), self.config.datasets, values)
                found.append(RunSettings.read(data))
            except (sweep.UnknownPath, ValidationError, TypeError, ValueError):
                # The same point is reported where it is asked for; a scale may replace it by one that is right.
                self._settings(study, self.config.study_files[study.study], values, {})
        return found

    def _add_run(self, run: RunSettings) -> str | None:
        dataset = self._add_dataset(run.dataset)
        if dataset is None:
            return None
        run = run.model_copy(update={"dataset": self.datasets[dataset]})
        key = run.address()
        known = self.runs.get(key)
        if known is not None and known.settings != run:
            raise UserError(f"two different runs share the address {key}; change any setting of one of them")
        steps = run.training.total_steps(run.dataset.split_rows()["train"])
        self.runs[key] = PlannedRun(run, dataset, steps)
        return key

    def _add_dataset(self, dataset: Dataset) -> str | None:
        """The address of a dataset that can be made here, or None with the reason noted."""
        raw = address.canonical_json(dataset.canonical())
        if raw not in self.sources:
            try:
                self.sources[raw] = with_sources(dataset, self.folder, self.folder / self.config.root.data)
            except UserError as error:
                self.mistakes.append(str(error))
                self.sources[raw] = (dataset, "its source cannot be read")
        located, reason = self.sources[raw]
        key = dataset_address(located)
        made = self.folder / self.config.root.results / "datasets" / key / "dataset.json"
        if reason is not None and not made.is_file():  # what is made already needs its source no more
            self.unavailable.append(reason)
            return None
        known = self.datasets.setdefault(key, located)
        if known.canonical() != located.canonical():
            raise UserError(f"two different datasets share the address {key}; change the seed of one of them")
        return key

    def _add_splits(self, run_address: str, run: RunSettings, suites: Iterable[str], study: str) -> bool:
        splits = self.run_splits.setdefault(run_address, {})
        for suite in suites:
            for name, split in self.config.suites[suite].splits.items():
                if split.dataset == OWN:
                    settings: Dataset | None = run.dataset
                else:
                    settings = self.named_dataset(
                        split.dataset, f"{self.config.suite_files[suite]}: suites.{suite}"
                    )
                if settings is None:
                    continue
                where = f"{self.config.suite_files[suite]}: suites.{suite}.splits.{name}"
                if settings.split_rows()[split.split] == 0:
                    line = f"{where}: the {split.split} split of dataset {split.dataset!r} has no rows; set its rows"
                    if line not in self.mistakes:
                        self.mistakes.append(line)
                    continue
                problem = checks.evaluation(run.dataset, settings, run.model)
                if problem:
                    self.mistakes.append(f"{where}: {problem}")
                    continue
                dataset = self._add_dataset(settings)
                if dataset is None:
                    return False
                splits[EvaluatedSplit(suite, name, dataset, split.split)] = None
        return True

    def finish(self) -> Plan:
        root = self.config.root
        if self.mistakes:
            raise UserErrors(list(dict.fromkeys(self.mistakes)))
        evaluations, of_run = {}, {}
        for run, splits in self.run_splits.items():
            ordered = tuple(sorted(splits, key=lambda s: (s.suite, s.split)))
            slug = "-".join(run.rsplit("-", 1)[:1])
            key = address.address(slug, {"run": run, "splits": [vars(split) for split in ordered]})
            evaluations[key], of_run[run] = PlannedEvaluation(run, ordered), key
        studies = tuple(
            PlannedStudy(
                study,
                file,
                swept,
                tuple(
                    Point(
                        sweep.label(values),
                        values,
                        as_published,
                        differs,
                        tuple(Replicate(run, of_run[run], seed) for run, seed in replicates),
                    )
                    for values, as_published, differs, replicates in found
                ),
            )
            for study, file, swept, found in self.studies
        )
        if not studies and self.unavailable:
            raise UserErrors(
                [
                    f"nothing can be run of what is asked for: {line}"
                    for line in dict.fromkeys(self.unavailable)
                ]
            )
        if not studies:
            raise UserError(
                f"the config asks for nothing: no study has runs at scale {root.scale!r}; "
                "name studies in `only`, or choose another scale"
            )
        return Plan(
            root.name,
            root.scale,
            root.results,
            self.datasets,
            self.runs,
            evaluations,
            studies,
            tuple(dict.fromkeys(self.unavailable)),
            root.reference,
        )


def _seeds(seeds: int | tuple[int, ...]) -> tuple[int, ...]:
    return tuple(range(seeds)) if isinstance(seeds, int) else tuple(dict.fromkeys(seeds))


def _replicate(run: RunSettings, seed: int, redraw_data: bool) -> RunSettings:
    """The run of one seed. Where data is redrawn, the first replicate (seed 0) still has the dataset as written."""
    update: dict[str, Any] = {"seed": seed}
    if redraw_data and seed:
        update["dataset"] = run.dataset.model_copy(update={"seed": run.dataset.seed + seed})
    return run.model_copy(update=update)


def _compare(run: RunSettings, published: list[RunSettings], study: Study) -> tuple[bool, tuple[str, ...]]:
    """Whether a run may decide about a published number, and the settings that still differ from the nearest one."""
    ignored = MEASUREMENT | set(study.unstated)
    if run.training.order == "fresh":
        ignored = ignored | {"dataset.rows.train"}  # rows beyond steps × batch are never read
    mine = run.complete()
    differences = [
        tuple(
            sorted(path for path in sweep.difference(mine, other.complete()) if not _covered(path, ignored))
        )
        for other in published
    ]
    nearest_difference = min(differences, key=len, default=("base",))
    return set(nearest_difference) <= {"training.stop_when_solved"}, nearest_difference


def _covered(path: str, ignored: set[str]) -> bool:
    """Whether `path` or a part above it is among the ignored."""
    parts = path.split(".")
    return any(".".join(parts[: i + 1]) in ignored for i in range(len(parts)))


def read_plan(path: Path) -> dict[str, Any]:
    """plan.json as plain data. Raises UserError where it is missing, damaged or of another format."""
    try:
        plan = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(
            f"{path}: no such plan; give a folder that the workflow has made a report in"
        ) from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise UserError(f"{path}: not a plan ({error}); remove it and run the workflow again") from None
    if not isinstance(plan, dict) or plan.get("format") != FORMAT:
        raise UserError(f"{path}: a plan of another format; this version reads format {FORMAT}")
    lacking = [key for key in ("datasets", "runs", "evaluations", "studies") if key not in plan]
    if lacking:
        raise UserError(
            f"{path}: not a whole plan, it has no {lacking[0]}; remove it and run the workflow again"
        )
    return plan
