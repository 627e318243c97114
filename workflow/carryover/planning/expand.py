"""From checked settings to the plan. Every study's sweep is expanded at the chosen scale; shared parts occur once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from carryover.data.shards import too_many
from carryover.errors import UserError, UserErrors
from carryover.planning import checks, readings, references, sweep
from carryover.planning.as_published import PublishedSettings
from carryover.planning.expanded import (
    Asked,
    ExpandedSetting,
    ExpandedStudy,
    listed,
    looks,
    most,
    replicate,
    unknown,
)
from carryover.planning.load import Config
from carryover.planning.messages import describe, mistakes, nearest
from carryover.planning.plan import (
    EvaluatedSplit,
    Plan,
    PlannedDataset,
    PlannedEvaluation,
    PlannedRun,
)
from carryover.planning.readings import Variant
from carryover.planning.runs import OneDataset, RunSettings, dataset_address
from carryover.planning.sources import check_source, with_sources
from carryover.settings.canonical import address, canonical_json
from carryover.settings.study import OWN, Scale, Study, SuiteSplit
from carryover.tasks.datasets import Dataset

MOST_RUNS = 1_000_000  # of a study; Snakemake could not plan as many


def make_plan(config: Config, folder: Path = Path()) -> Plan:
    """Expand every study that the config asks for at its scale.

    Relative paths start from `folder`. Raises UserErrors with one line for each mistake. Raises UserError if two
    contents share an address, or if the config asks for nothing.
    """
    planner = _Planner(config, folder)
    for name in config.datasets:
        planner.named_dataset(name)
    for name in config.suites:
        planner.check_suite(name)
    for study in config.studies.values():
        planner.check_study(study)
    wanted = config.root.only if config.root.only is not None else tuple(config.studies)
    for name in dict.fromkeys(wanted):
        planner.add(config.studies[name])
    return planner.plan()


class _NotAvailable(Exception):
    """A dataset cannot be made here. The reason is noted."""


class _Planner:
    """Collects datasets, runs and evaluations over all studies. Those that two studies share are listed once."""

    def __init__(self, config: Config, folder: Path) -> None:
        self.config = config
        self.folder = folder
        self.mistakes: dict[str, None] = {}
        self.unavailable: dict[str, None] = {}
        self.asked = Asked()
        self.studies: list[ExpandedStudy] = []
        self.named: dict[str, Dataset | None] = {}
        self.told: dict[str, set[str]] = {}  # what is wrong with the settings of each study
        self.of_two_tasks: set[str] = set()  # suites that contradict their own datasets
        self.located: dict[str, tuple[Dataset, str, str | None]] = {}

    # --- checks that hold at any scale ---

    def check_suite(self, name: str) -> None:
        """Check the datasets that a suite names, whether or not a study is evaluated on it."""
        suite = self.config.suites[name]
        for split_name, split in suite.splits.items():
            dataset = None if split.dataset == OWN else self.suite_dataset(name, split.dataset)
            problem = dataset and checks.suite_split(suite, split, dataset)
            if dataset and problem:
                self._mistake(
                    f"{self.config.suite_files[name]}: suites.{name}.splits.{split_name}: {problem}"
                )
                if dataset.task != suite.task:
                    self.of_two_tasks.add(name)

    def check_study(self, study: Study) -> None:
        """Check a study, also one that is not asked for. A mistake anywhere in a config must be corrected first."""
        file, suites = self._file(study), self.config.suites
        evaluated = [*study.evaluate, *(s for scale in study.scales.values() for s in scale.evaluate or ())]
        for suite in dict.fromkeys(evaluated):
            if suite not in suites:
                self._mistake(f"{file}: evaluate: no suite {suite!r}{nearest(suite, suites)}")
            elif suites[suite].task != study.task and suite not in self.of_two_tasks:
                self._mistake(
                    f"{file}: evaluate: suite {suite!r} is of task {suites[suite].task}, "
                    f"the study of task {study.task}; choose a suite of the study's task"
                )
        for line in references.mistakes(study, suites):
            self._mistake(f"{file}: {line}")
        if self._run_settings(study, {}, {}) is not None:
            self._check_readings(study)
            for name, scale in study.scales.items():
                if name != self.config.root.scale and not scale.skip:
                    for values in sweep.covering(study.sweep if scale.sweep is None else scale.sweep):
                        self._run_settings(study, values, scale.set)

    def _check_readings(self, study: Study) -> None:
        """Check the readings, also where the scale has no runs of them."""
        settings = []
        for values in sweep.covering(study.sweep) if study.readings else ():
            run = self._run_settings(study, values, {})
            if run is not None:
                settings.append((values, {"dataset": study.base.dataset, **values}, run))
        for line in readings.mistakes(study, [(written, run) for _, written, run in settings]):
            self._mistake(f"{self._file(study)}: {line}")
        for other in readings.variants(study):
            changed = ((values, readings.changes(other, written, run)) for values, written, run in settings)
            first = next((values | more for values, more in changed if more is not None), None)
            if first is not None:
                self._run_settings(study, first, {})

    def suite_dataset(self, suite: str, name: str) -> Dataset | None:
        """A dataset that a suite names."""
        if name not in self.config.datasets:
            where = f"{self.config.suite_files[suite]}: suites.{suite}"
            self._mistake(f"{where}: no dataset {name!r}{nearest(name, self.config.datasets)}")
            return None
        return self.named_dataset(name)

    def named_dataset(self, name: str) -> Dataset | None:
        """The settings of a dataset of the config, checked once. None if they have a mistake."""
        if name not in self.named:
            try:
                self.named[name] = OneDataset.read({"dataset": self.config.datasets[name]}).dataset
            except ValidationError as error:
                for mistake in mistakes(error, OneDataset):
                    key = ".".join(("datasets", name, *mistake.keys[1:]))
                    self._mistake(f"{self.config.dataset_files[name]}: {key}: {mistake.text}")
                self.named[name] = None
        return self.named[name]

    # --- expansion at the scale asked for ---

    def add(self, study: Study) -> None:
        """Add a study's datasets, runs and evaluations at the config's scale."""
        scale = study.scales.get(self.config.root.scale, Scale())
        if self._run_settings(study, {}, {}) is None:
            return  # a mistake in the base is reported once, and not again for every setting
        suites = scale.evaluate or study.evaluate
        if any(suite not in self.config.suites for suite in suites):
            return  # reported by check_study
        look_at = looks(scale.seeds or study.seeds)
        file = self._file(study)
        nothing = ExpandedStudy(study, file, suites, (), [], [], look_at)
        if scale.skip:
            self.studies.append(nothing)
            return
        blocks = study.sweep if scale.sweep is None else scale.sweep
        others = readings.variants(study)
        with_runs = self.config.root.scale == "full" and self.config.root.readings
        settings = sum(block.settings() for block in blocks) or 1
        asked = self.config.root.seeds_of(study.study) or scale.seeds or study.seeds
        runs = most(asked) * settings * (1 + len(others) * with_runs)
        if runs > MOST_RUNS:
            self._mistake(
                f"{self._file(study)}: seeds: {runs:,} runs, which is more than {MOST_RUNS:,}; "
                "take fewer seeds, or leave out values of the sweep"
            )
            return
        published = PublishedSettings(self._published(study), study.accepted)
        before = self.asked.copy()
        expanded = []
        swept: dict[str, None] = {}
        combinations = sweep.selected(sweep.combinations(blocks), scale.only)
        for line in unknown(asked, map(sweep.label, combinations)):
            self._mistake(f"{self.config.seeds_from}: seeds.{study.study}: {line}")
        try:
            for values in combinations:
                swept |= dict.fromkeys(values)
                label = sweep.label(values)
                seeds = listed(asked, label)
                run = self._run_settings(study, values, scale.set) if seeds else None
                if run is not None:
                    replicates = self._replicates(study, run, seeds, suites)
                    differs = published.differences(run)
                    expanded.append((ExpandedSetting(label, values, differs, replicates), run))
            of_readings = [
                (other, self._under(study, other, expanded, scale, with_runs, suites)) for other in others
            ]
        except _NotAvailable:
            self.asked = before  # if one of its datasets is not available, nothing of the study is trained
            self.studies.append(nothing)
            return
        own = [setting for setting, _ in expanded]
        self.studies.append(
            ExpandedStudy(study, file, suites, tuple(swept), own, of_readings, look_at, scale.demonstration)
        )

    def _under(
        self,
        study: Study,
        other: Variant,
        expanded: Iterable[tuple[ExpandedSetting, RunSettings]],
        scale: Scale,
        with_runs: bool,
        suites: Iterable[str],
    ) -> list[ExpandedSetting]:
        """The settings as published that another reading changes, under the labels that they have in the study."""
        found = []
        for setting, run in expanded:
            if not PublishedSettings.decides(setting.differs):
                continue
            written = {"dataset": study.base.dataset, **scale.set, **setting.values}
            changed = readings.changes(other, written, run)
            if changed is None:
                continue
            values = setting.values | changed
            read = self._run_settings(study, values, scale.set)
            if read is not None:
                seeds = [seed for _, seed in setting.replicates] if with_runs else []
                replicates = self._replicates(study, read, seeds, suites)
                found.append(setting._replace(values=values, replicates=replicates))
        return found

    def _replicates(
        self, study: Study, run: RunSettings, seeds: Iterable[int], suites: Iterable[str]
    ) -> list[tuple[str, int]]:
        """Add a run of each seed: (address, seed). Raises _NotAvailable if one of its datasets is not available."""
        replicates = []
        for seed in seeds:
            key = self._add_run(replicate(run, seed, study.redraw_data), suites)
            if key is None:
                raise _NotAvailable
            replicates.append((key, seed))
        return replicates

    def _run_settings(
        self, study: Study, values: Mapping[str, Any], scale_set: Mapping[str, Any]
    ) -> RunSettings | None:
        """The settings of a run with these values of the sweep; None where they have a mistake."""
        dataset = {"dataset": study.base.dataset, **scale_set, **values}["dataset"]
        is_named = isinstance(dataset, str) and dataset in self.config.datasets
        if is_named and self.named_dataset(dataset) is None:
            return None  # reported for the dataset's own file
        try:
            data = sweep.with_values(study.base.complete(), self.config.datasets, scale_set, values)
            run = RunSettings.read(data)
        except sweep.UnknownPath as error:
            known = self.config.datasets if "." not in str(error) else []
            problems = [f"no dataset or setting {str(error)!r}{nearest(str(error), known)}"]
        except ValidationError as error:
            problems = describe(error, RunSettings)
        except (TypeError, ValueError) as error:
            problems = [str(error)]
        else:
            problems = checks.run(run.dataset, run.model, run.training)
            if run.dataset.task != study.task:
                problems = [f"the dataset is of task {run.dataset.task}, the study of task {study.task}"]
        told = self.told.setdefault(study.study, set())
        for line in (one for one in problems if one not in told):  # once for all points of the sweep
            self._mistake(f"{self._file(study)}: {checks.place(study, values, scale_set, line)}: {line}")
        told.update(problems)
        return None if problems else run

    def _published(self, study: Study) -> list[RunSettings]:
        """The settings of every run as published: the study's own base and sweep, without any scale."""
        published = []
        for values in sweep.combinations(study.sweep):
            try:
                data = sweep.with_values(study.base.complete(), self.config.datasets, values)
                published.append(RunSettings.read(data))
            except (sweep.UnknownPath, ValidationError, TypeError, ValueError):
                # Report the mistake of the published setting, even if the scale replaces it by a correct one.
                self._run_settings(study, values, {})
        return published

    def _add_run(self, run: RunSettings, suites: Iterable[str]) -> str | None:
        """Add a run with all it needs, and return its address. None if one of its datasets is not available here."""
        trained_on = self._add_dataset(run.dataset)
        if trained_on is None:
            return None
        run = run.model_copy(update={"dataset": self.asked.datasets[trained_on].settings})
        key = run.address()
        known = self.asked.runs.get(key)
        if known is not None and known.settings != run:
            raise UserError(f"two different runs share the address {key}; change any setting of one of them")
        if known is None:
            steps = run.training.total_steps(run.dataset.split_rows()["train"])
            self.asked.runs[key] = PlannedRun(settings=run, dataset=trained_on, steps=steps)
        splits = self.asked.splits.setdefault(key, {})
        for suite in suites:
            for name, split in self.config.suites[suite].splits.items():
                tested_on = self._tested_on(run, suite, name, split)
                if tested_on is None:
                    continue
                dataset = self._add_dataset(tested_on)
                if dataset is None:
                    return None
                one = EvaluatedSplit(suite=suite, split=name, dataset=dataset, dataset_split=split.split)
                splits[one] = None
        return key

    def _tested_on(self, run: RunSettings, suite: str, name: str, split: SuiteSplit) -> Dataset | None:
        """The dataset of a suite's split. None if the split has a mistake."""
        dataset = run.dataset if split.dataset == OWN else self.suite_dataset(suite, split.dataset)
        if dataset is None:
            return None
        where = f"{self.config.suite_files[suite]}: suites.{suite}.splits.{name}"
        problem = checks.no_rows(split, dataset) or checks.evaluation(run.dataset, dataset, run.model)
        if problem:
            self._mistake(f"{where}: {problem}")
            return None
        return dataset

    def _add_dataset(self, dataset: Dataset) -> str | None:
        """The address of a dataset that can be made here, or None with the reason noted."""
        written = canonical_json(dataset.canonical())
        if written not in self.located:
            self.located[written] = self._locate(dataset)
        located, key, reason = self.located[written]
        if reason is not None:
            self.unavailable[reason] = None
            return None
        if jobs := too_many(located, self.config.root.shard_rows):
            self._mistake(f"dataset {key}: {jobs}")
        known = self.asked.datasets.setdefault(key, PlannedDataset(settings=located))
        if known.settings is not located and known.settings.canonical() != located.canonical():
            raise UserError(f"two different datasets share the address {key}; change the seed of one of them")
        return key

    def _locate(self, dataset: Dataset) -> tuple[Dataset, str, str | None]:
        """A dataset with the content of its source, its address, and why it is not available here (or None)."""
        try:
            located, reason = with_sources(dataset, self.folder, self.folder / self.config.root.data)
        except UserError as error:
            self._mistake(str(error))
            located, reason = dataset, "its source cannot be read"
        key = dataset_address(located)
        made = self.folder / self.config.root.results / "datasets" / key / "dataset.json"
        if made.is_file():  # it no longer needs its source
            return located, key, None
        if reason is None:
            try:
                check_source(located, self.folder)
            except UserError as error:
                self._mistake(str(error))
        return located, key, reason

    # --- the end ---

    def plan(self) -> Plan:
        """The plan of everything that was added. Raises UserErrors if there were mistakes."""
        root = self.config.root
        if self.mistakes:
            raise UserErrors(list(self.mistakes))
        if not self.asked.runs and self.unavailable:
            raise UserErrors(
                [f"no study that the config asks for can run here: {line}" for line in self.unavailable]
            )
        if not self.asked.runs:
            raise UserError(
                f"the config asks for nothing: no study has runs at scale {root.scale!r}; "
                "name studies in `only`, or choose another scale"
            )
        evaluations, of_run = {}, {}
        for run, splits in self.asked.splits.items():
            ordered = tuple(sorted(splits, key=lambda split: (split.suite, split.split)))
            content = {"run": run, "splits": [split.model_dump() for split in ordered]}
            key = of_run[run] = address(run.rpartition("-")[0], content)
            evaluations[key] = PlannedEvaluation(run=run, splits=ordered)
        return Plan(
            name=root.name,
            scale=root.scale,
            results=root.results,
            datasets=self.asked.datasets,
            runs=self.asked.runs,
            evaluations=evaluations,
            studies=tuple(one.planned(of_run) for one in self.studies),
            unavailable=tuple(self.unavailable),
            reference=root.reference,
            titles=self.config.titles,
        )

    def _file(self, study: Study) -> Path:
        return self.config.study_files[study.study]

    def _mistake(self, line: str) -> None:
        self.mistakes[line] = None  # each is told once
