"""A report and its studies, as figures and sections use them: the plan with the tables."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from carryover.evaluation.schemas import CROSSED
from carryover.metrics import PRIMARY
from carryover.planning.plan import Plan, PlannedStudy, Setting
from carryover.report import tables, words
from carryover.report.names import numeric_order, short_names
from carryover.report.tables import Row, Tables, of_kind, records
from carryover.report.titles import Names, Split, teller, titled
from carryover.settings.claims import Quantity
from carryover.tasks import TASKS
from carryover.tasks.record import Task

Bounds = tuple[float | None, float | None, float | None]  # a printed value, or what it lies between


class Report:
    """Tables and plan of a report, indexed once for all studies."""

    def __init__(self, tables: Tables, plan: Plan) -> None:
        self.tables = tables
        self.plan = plan
        self.names = Names(plan.titles)
        self.studies = [StudyResults(self, planned) for planned in plan.studies]
        self.by_name = {study.name: study for study in self.studies}
        self._by_study: dict[str, dict[str, pd.DataFrame]] = {}  # table → study → its rows

    @classmethod
    def read(cls, folder: Path) -> Report:
        """The report in a folder with plan.json and tables/. Raises UserError where there is no plan of this version.

        A table that is missing or damaged is empty; `tables.problems` says so.
        """
        return cls(tables.read(folder / "tables"), Plan.read(folder / "plan.json"))

    @cached_property
    def reference(self) -> Report | None:
        """The committed reference that the plan names, without its curves and with today's titles. None without one.

        Raises UserError for a plan of another version there.
        """
        folder = None if self.plan.reference is None else Path(self.plan.reference)
        if folder is None or not (folder / "plan.json").is_file():
            return None
        plan = Plan.read(folder / "plan.json")
        plan = plan.model_copy(update={"titles": self.plan.titles.over(plan.titles)})
        return Report(tables.read(folder, without=("curves", "history")), plan)

    @cached_property
    def readings(self) -> dict[tuple[str, str, str], list[Row]]:
        """(study, `claim` or `published`, id) → its readings, run or not, the study's own first."""
        found: dict[tuple[str, str, str], list[Row]] = {}
        for row in records(self.tables["readings"]):
            found.setdefault((row["study"], row["kind"], row["id"]), []).append(row)
        return found

    def in_order_of_studies(self, name: str) -> pd.DataFrame:
        """A table that has studies, in their order in the plan."""
        order = {study.name: position for position, study in enumerate(self.studies)}
        return self.tables[name].sort_values("study", key=lambda names: names.map(order), kind="stable")

    def evidence(self, kind: str) -> pd.DataFrame:
        """The best evidence for the claims (`claim`) or published numbers (`published`) of all studies."""
        return of_kind(self.in_order_of_studies("evidence"), kind)

    @cached_property
    def runs(self) -> dict[str, Row]:
        """Run → its row of `runs`."""
        return {row["run"]: row for row in records(self.tables["runs"])}

    @cached_property
    def dataset_names(self) -> dict[str, str]:
        """Run → the name that its study gives the training data. Empty for data that the study writes out."""
        names: dict[str, str] = {}
        for study in self.studies:
            for run, setting in study.setting_of.items():
                name = setting.values.get("dataset", study.planned.base.dataset)
                if isinstance(name, str):
                    names.setdefault(run, name)
        return names

    def of_study(self, name: str, study: str) -> pd.DataFrame:
        """The rows of a study in a table that has studies."""
        if name not in self._by_study:
            groups = self.tables[name].groupby("study", sort=False, observed=True)
            self._by_study[name] = {str(key): group for key, group in groups}
        return self._by_study[name].get(study, self.tables[name].iloc[:0])

    @cached_property
    def whole(self) -> dict[str, dict[tuple[str, str, str], float]]:
        """Run → (suite, split, metric) → its value on a whole split (stratum `all`)."""
        metrics = self.tables["metrics"]
        metrics = metrics[metrics["stratum"].astype(str) == "all"]
        columns = (metrics[name].astype(str) for name in ("run", "suite", "split", "metric"))
        values: dict[str, dict[tuple[str, str, str], float]] = {}
        for run, suite, split, metric, value in zip(*columns, metrics["value"], strict=True):
            values.setdefault(run, {})[suite, split, metric] = float(value)
        return values

    @cached_property
    def history(self) -> dict[tuple[str, str, str], tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """(run, split, metric) → steps, epochs, values."""
        table = self.tables["history"]
        groups = table.groupby(["run", "split", "metric"], sort=False, observed=True).indices
        step, epoch = (table[name].to_numpy(dtype=float) for name in ("step", "epoch"))
        value = table["value"].to_numpy(dtype=float)
        histories = {}
        for key, rows in groups.items():
            run, split, metric = map(str, key)  # type: ignore[call-overload]
            histories[run, split, metric] = (step[rows], epoch[rows], value[rows])
        return histories

    @cached_property
    def validated(self) -> dict[str, set[str]]:
        """Run → the metrics that its history has of the validation split."""
        metrics: dict[str, set[str]] = {}
        for run, split, metric in self.history:
            if split == "validation":
                metrics.setdefault(run, set()).add(metric)
        return metrics

    @cached_property
    def curves(self) -> dict[tuple[str, str, str], pd.DataFrame]:
        """(study, label of a setting, metric) → the spread over runs at each validation."""
        frame = self.tables["curves"]
        frame = frame[frame["split"].astype(str) == "validation"]
        groups = frame.groupby(["study", "point", "metric"], sort=False, observed=True)
        return {(str(study), str(label), str(metric)): group for (study, label, metric), group in groups}

    @cached_property
    def training_costs(self) -> dict[str, Row]:
        """Run → its row of `costs` for training."""
        frame = self.tables["costs"]
        frame = frame[frame["stage"].astype(str) == "train"]
        return {row["run"]: row for row in records(frame)}


class StudyResults:
    """One study of the plan with its rows of every table."""

    def __init__(self, report: Report, planned: PlannedStudy) -> None:
        self.report = report
        self.planned = planned
        self.name = planned.name
        self.title = planned.title or planned.name
        self.task: Task = TASKS[planned.task]

    # --- settings and runs ---

    @cached_property
    def settings(self) -> list[Setting]:
        """The settings as planned, or in the order of the one number in which their names differ."""
        planned = self.planned.settings
        return [planned[position] for position in numeric_order([self.names[one.label] for one in planned])]

    @cached_property
    def names(self) -> dict[str, str]:
        """Label of a setting → its short name."""
        labels = [setting.label for setting in self.planned.settings]
        values = [setting.values for setting in self.planned.settings]
        shown = short_names(values, labels, self.planned.swept, self.report.names)
        return dict(zip(labels, shown, strict=True))

    def name_of(self, label: Any) -> Any:
        """The short name of the setting that tables give this label; the label where the plan has no such setting."""
        return self.names.get(label, label)

    def short_name(self, setting: Setting) -> str:
        """What the page calls a setting."""
        return self.names[setting.label]

    @cached_property
    def available(self) -> list[Setting]:
        """Settings of which at least one run has results."""
        return [setting for setting in self.settings if any(run in self.report.runs for run in setting.runs)]

    @cached_property
    def setting_of(self) -> dict[str, Setting]:
        """Run → its setting."""
        return {run: setting for setting in self.settings for run in setting.runs}

    @cached_property
    def seed_of(self) -> dict[str, int]:
        """Run → its seed."""
        return {one.run: one.seed for setting in self.planned.settings for one in setting.replicates}

    def rows_of_runs(self, setting: Setting) -> list[Row]:
        """The rows of `runs` that a setting has."""
        return [self.report.runs[run] for run in setting.runs if run in self.report.runs]

    def statuses(self, setting: Setting) -> list[str]:
        """How each run of a setting ended."""
        return [str(row["status"]) for row in self.rows_of_runs(setting)]

    # --- tables ---

    def table(self, name: str) -> pd.DataFrame:
        """The study's rows of a table that has studies."""
        return self.report.of_study(name, self.name)

    def evidence(self, kind: str) -> pd.DataFrame:
        """The best evidence for the study's claims (`claim`) or published numbers (`published`)."""
        return of_kind(self.table("evidence"), kind)

    def of_runs(self, name: str) -> pd.DataFrame:
        """The rows of a table by run and suite that belong to this study's runs and suites."""
        frame = self.report.tables[name]
        return frame[frame["run"].isin(list(self.setting_of)) & frame["suite"].isin(self.planned.suites)]

    @cached_property
    def summary(self) -> pd.DataFrame:
        """The study's rows of `summary`."""
        return self.table("summary")

    @cached_property
    def whole_splits(self) -> pd.DataFrame:
        """The rows of `summary` on whole test splits."""
        return self.summary[self.summary["stratum"].astype(str) == "all"]

    @cached_property
    def _spreads(self) -> dict[tuple[str, str, str, str, str], Row]:
        keys = ("point", "suite", "split", "stratum", "metric")
        return {tuple(row[key] for key in keys): row for row in records(self.summary)}

    def spread(self, setting: Setting, split: Split, metric: str, stratum: str = "all") -> Row | None:
        """The row of `summary` (with `_row`, its number), or None."""
        return self._spreads.get((setting.label, *split, stratum, metric))

    def mean(self, setting: Setting, split: Split, metric: str, stratum: str = "all") -> float:
        """The mean over seeds, NaN where there is none."""
        row = self.spread(setting, split, metric, stratum)
        return math.nan if row is None or words.absent(row["mean"]) else float(row["mean"])

    def outcomes(self, setting: Setting, split: Split, metric: str) -> list[tuple[float, str]]:
        """The metric of each run on a whole split (NaN where it diverged), with the run's status."""
        of_runs = self.report.whole
        return [
            (of_runs[run][*split, metric], str(self.report.runs.get(run, {}).get("status", "")))
            for run in setting.runs
            if (*split, metric) in of_runs.get(run, {})
        ]

    def values(self, setting: Setting, split: Split, metric: str) -> list[float]:
        """The metric of each run on a whole split, NaN where it has none (diverged)."""
        return [value for value, _ in self.outcomes(setting, split, metric)]

    # --- what was measured ---

    @cached_property
    def metric(self) -> str | None:
        """The metric that answers the question: whether the whole answer is correct."""
        measured = set(self.whole_splits["metric"])
        return next((name for name in PRIMARY if name in measured), min(measured, default=None))

    @cached_property
    def headline(self) -> str | None:
        """The metric of whole test splits. If the report counted in another way, it is the report's metric."""
        asked = {item.metric for item in self.planned.published}
        asked |= {quantity.metric for quantity in self._claimed.values()}
        return "batch_accuracy" if self.metric == "accuracy" and "batch_accuracy" in asked else self.metric

    @cached_property
    def claims_of_parameters(self) -> set[str]:
        """The ids of claims about a number of trainable weights."""
        return {claim for claim, quantity in self._claimed.items() if quantity.metric == "parameters"}

    @cached_property
    def _claimed(self) -> dict[str, Quantity]:
        """Id of a claim → the quantity that it is about, for claims about one."""
        quantities = {claim.id: getattr(claim, "of", None) for claim in self.planned.claims}
        return {claim: quantity for claim, quantity in quantities.items() if isinstance(quantity, Quantity)}

    @cached_property
    def _published(self) -> list[Row]:
        return records(self.table("published"))

    def published_values(self, metric: str) -> dict[tuple[Any, Any, Any], list[Bounds]]:
        """(label of a setting, suite, split) → what was published of a metric on whole splits."""
        values: dict[tuple[Any, Any, Any], list[Bounds]] = {}
        for row in self._published:
            if row["metric"] == metric and row.get("stratum", "all") == "all":
                key = (row["point"], words.none_if_nan(row["suite"]), words.none_if_nan(row["split"]))
                bounds = (row["published"], row.get("published_low"), row.get("published_high"))
                exact, low, high = (words.none_if_nan(bound) for bound in bounds)
                values.setdefault(key, []).append((exact, low, high))
        return values

    # --- test splits ---

    @cached_property
    def splits(self) -> list[Split]:
        """(suite, split) of every test split that was evaluated, shortest numbers first where they have lengths."""
        frame = self.whole_splits
        splits = list(dict.fromkeys(zip(frame["suite"], frame["split"], strict=True)))
        order = {suite: position for position, suite in enumerate(self.planned.suites)}
        return sorted(
            splits, key=lambda split: (order.get(split[0], len(order)), self.length(split) or 0, split[1])
        )

    @cached_property
    def measured_splits(self) -> list[Split]:
        """Test splits on which the study's metric was measured."""
        metric = self.metric
        if metric is None:
            return []
        return [
            split
            for split in self.splits
            if any(self.spread(setting, split, metric) for setting in self.available)
        ]

    def telling_splits(self, most: int) -> list[Split]:
        """At most so many measured splits, those on which settings differ most, in the study's order."""
        metric, splits = self.metric, self.measured_splits
        if len(splits) <= most or metric is None:
            return splits

        def difference(split: Split) -> float:
            means = [self.mean(setting, split, metric) for setting in self.available]
            known = [mean for mean in means if not math.isnan(mean)]
            return max(known) - min(known) if known else -1.0

        telling = sorted(splits, key=difference, reverse=True)[:most]
        return [split for split in splits if split in telling]

    def split_name(self, split: Split) -> str:
        """What the page calls a test split: its title, or else its name made readable."""
        return self._split_names.get(split) or self.report.names.split(split)

    def titled_split(self, split: Split) -> Markup:
        """The same as HTML, with suite and split as files name them where one points at it."""
        return titled(self.split_name(split), "/".join(split))

    def titled_setting(self, label: Any) -> Markup:
        """What the page calls the setting of this label as HTML, with the label where one points at it."""
        return titled(str(self.name_of(label)), str(label))

    def stratum_title(self, stratum: str) -> str:
        """What the page calls a stratum as tables name it: `longest_carry=3` as `longest carry 3`."""
        return str(self.told(stratum).striptags())

    def part_title(self, part: str) -> str:
        """What the page calls a part of a mixture: `2-2-2` as `three 2-digit numbers`."""
        return part if self.task.parts is None else self.stratum_title(f"{self.task.parts.STRATUM}={part}")

    @cached_property
    def told(self) -> Callable[[str], Markup]:
        """Makes HTML with titles of a sentence from a table, which has names."""
        return teller(self.report.names, self.task.titlers(), self.split_name)

    @cached_property
    def _split_names(self) -> dict[Split, str]:
        return self.report.names.splits(self.splits)

    @cached_property
    def strata(self) -> dict[Split, dict[str, dict[str, list[str]]]]:
        """Test split → family of strata → metric → the strata (`family=value`) that it was broken down by."""
        strata: dict[Split, dict[str, dict[str, list[str]]]] = {}
        for suite, split, stratum, metric in dict.fromkeys(key[1:] for key in self._spreads):
            family, equals, _ = stratum.partition("=")
            if equals and CROSSED not in stratum:
                of_split = strata.setdefault((suite, split), {})
                of_split.setdefault(family, {}).setdefault(metric, []).append(stratum)
        return strata

    # --- lengths ---

    @cached_property
    def _lengths(self) -> dict[tuple[str, Split], int | None]:
        """(label of a setting, test split) → the length of its longest example."""
        plan = self.report.plan
        return {
            (setting.label, (split.suite, split.split)): plan.datasets[split.dataset].settings.length()
            for setting in self.planned.settings
            for replicate in setting.replicates
            for split in plan.evaluations[replicate.evaluation].splits
        }

    def length(self, split: Split, setting: Setting | None = None) -> int | None:
        """The length of the longest example of a test split. None without lengths, or if settings differ in it."""
        labels = [setting.label] if setting else [one.label for one in self.planned.settings]
        lengths = {self._lengths[label, split] for label in labels if (label, split) in self._lengths}
        return lengths.pop() if len(lengths) == 1 else None

    def trained_length(self, setting: Setting) -> int | None:
        """The length of the longest example in training."""
        plan = self.report.plan
        return plan.datasets[plan.runs[setting.runs[0]].dataset].settings.length()
