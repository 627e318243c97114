"""Quantities that published numbers and claims name → one value for each run, read from the tables."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from carryover.analysis.statistics import Sample, sample
from carryover.metrics import FROM_ZERO, METRICS, SHARE, TIMED, higher_is_better, value_range
from carryover.planning.plan import Plan, PlannedStudy, Reading, Setting
from carryover.planning.sweep import flat
from carryover.settings.claims import Quantity
from carryover.settings.values import At

IN_RUNS = ("parameters", "steps", "solved_at")  # metrics that are columns of the table `runs`
_SMALLEST = 1e-12  # a loss, for its logarithm
ALONE_NOTE = "times compare only where runs were made alone on one machine"


def decides(setting: Setting, metric: str) -> bool:
    """Whether runs of a setting may decide about a published number or a claim on `metric`.

    A run may have stopped early because it solved the task. It still shows when it did so, and how many answers are
    correct. But its loss and its total time are those of a shorter training.
    """
    if metric == "parameters":
        return all(path.startswith("training.") for path in setting.differs)
    stopped_early = bool(setting.differs)
    return setting.as_published and (not stopped_early or (metric in METRICS and METRICS[metric].stops))


class Results:
    """The plan of a report and its run-level tables, ready to be asked."""

    def __init__(self, plan: Plan, tables: Mapping[str, pd.DataFrame]) -> None:
        self.plan = plan
        self.tables = tables
        self._flat: dict[str, dict[str, Any]] = {}
        self._changed: dict[str, Setting] = {}  # by another reading, under their labels in the study

    @cached_property
    def _runs(self) -> dict[str, dict[str, Any]]:
        columns = ["run", "parameters", "status", "steps", "solved_at"]
        return _by_run(self.tables["runs"][columns])

    @cached_property
    def _metrics(self) -> dict[tuple[str, str, str, str, str], float]:
        return self._by_metric("value")

    @cached_property
    def _rows_of_metrics(self) -> dict[tuple[str, str, str, str, str], float]:
        return self._by_metric("n")

    def _by_metric(self, column: str) -> dict[tuple[str, str, str, str, str], float]:
        table = self.tables["metrics"]
        keys = zip(
            *(table[name].to_list() for name in ("run", "suite", "split", "stratum", "metric")), strict=True
        )
        return dict(zip(keys, table[column].to_list(), strict=True))

    @cached_property
    def _history(self) -> dict[tuple[str, str, str], tuple[np.ndarray, np.ndarray]]:
        """(run, split, metric) → steps and values, in the order of steps."""
        table = self.tables["history"]
        groups: Mapping[Any, Any] = table.groupby(
            ["run", "split", "metric"], sort=False, observed=True
        ).indices
        steps, values = table["step"].to_numpy(), table["value"].to_numpy(dtype=float)
        return {key: (steps[rows], values[rows]) for key, rows in groups.items()}

    @cached_property
    def _costs(self) -> dict[str, dict[str, Any]]:
        table = self.tables["costs"]
        return _by_run(table[table["stage"] == "train"])

    def under(self, reading: Reading) -> Results:
        """The same results for another reading of one study: `select` gives the settings as it changes them."""
        other = copy.copy(self)
        other._changed = {setting.label: setting for setting in reading.settings}
        return other

    def select(self, study: PlannedStudy, at: At) -> list[Setting]:
        """The settings of a study that `at` names: those with its values that set the fewest others.

        In a sweep of one factor at a time, `at: {training.lr: 0.001}` therefore means the base's other values, not
        every other setting that happens to have this learning rate. In a grid it means all of them.
        """
        matching = [setting for setting in study.settings if self._matches(study, setting, at)]
        others = [len(setting.values.keys() - at.keys()) for setting in matching]
        chosen = [setting for setting, count in zip(matching, others, strict=True) if count == min(others)]
        return [self._changed.get(setting.label, setting) for setting in chosen]

    def _matches(self, study: PlannedStudy, setting: Setting, at: At) -> bool:
        settings = self._flat_settings(setting.runs[0]) if setting.runs else {}
        for path, wanted in at.items():
            known = [values[path] for values in (setting.values, settings) if path in values]
            if path == "dataset" and path not in setting.values:
                known = [study.base.dataset]
            if wanted not in known:
                return False
        return True

    def _flat_settings(self, run: str) -> dict[str, Any]:
        if run not in self._flat:
            self._flat[run] = flat(self.plan.runs[run].settings.complete())
        return self._flat[run]

    def available(self, runs: Iterable[str]) -> list[str]:
        """The runs that have results."""
        return [run for run in runs if run in self._runs]

    def status(self, run: str) -> str:
        return str(self._runs[run]["status"])

    def sample(self, quantity: Quantity, runs: Iterable[str]) -> Sample:
        """The quantity of each run: NaN where it is not available, censored where a run never solved the task."""
        runs = list(runs)
        if quantity.metric == "solved_at" and quantity.suite is None:
            return self.steps_to_solve(runs)
        values = [self._value(quantity, run) if run in self._runs else math.nan for run in runs]
        if value_range(quantity.metric) != SHARE:
            return sample(values)
        return sample(values, [self._examples(quantity, run) for run in runs])

    def _examples(self, quantity: Quantity, run: str) -> float:
        """How many examples are behind a share: rows of a test split, or of a stratum of it, or of validation."""
        if quantity.suite is None or quantity.split is None:
            return float(self.plan.datasets[self.plan.runs[run].dataset].rows.get("validation", math.nan))
        key = (run, quantity.suite, quantity.split, quantity.stratum, quantity.metric)
        return float(self._rows_of_metrics.get(key, math.nan))

    def steps_to_solve(self, runs: Iterable[str]) -> Sample:
        """Steps to solve. A run that never solved the task is censored at its last step, a diverged run at infinity."""
        values, censored = [], []
        for run in runs:
            row = self._runs.get(run)
            if row is None:
                values.append(math.nan)
                censored.append(False)
                continue
            solved = row["status"] == "solved" and not pd.isna(row["solved_at"])
            lasted = math.inf if row["status"] == "diverged" else float(row["steps"])
            values.append(float(row["solved_at"]) if solved else lasted)
            censored.append(not solved)
        return Sample(np.array(values, dtype=float), np.array(censored, dtype=bool))

    def _value(self, quantity: Quantity, run: str) -> float:
        metric = quantity.metric
        if quantity.suite is not None and quantity.split is not None:
            key = (run, quantity.suite, quantity.split, quantity.stratum, metric)
            return self._worst_if_nan(self._metrics.get(key), metric)
        if metric in IN_RUNS:
            value = self._runs[run][metric]
            return math.nan if pd.isna(value) else float(value)
        if metric in TIMED:
            return self._time(metric, run)
        if metric == "gap":
            if self.status(run) == "diverged":
                return math.inf
            return self._last(run, "validation", "loss", None) - self._last(run, "train", "loss", None)
        if metric == "train_loss":
            return self._last(run, "train", "loss", quantity.at_step)
        if metric == "roughness":
            return self.roughness(run, "exact_match")
        if metric == "gradient_norm":
            norms = self._recorded(run, "train", metric)[1]
            return float(norms.mean()) if norms.size else math.nan
        return self._last(run, "validation", metric, quantity.at_step)

    def curve(self, run: str, metric: str, split: str = "validation") -> tuple[np.ndarray, np.ndarray]:
        """Steps and values of a metric in training. The last value of a diverged run is the worst possible one.

        Some metrics have another name in a history: accuracy is what training calls exact match.
        """
        name = next(iter(METRICS[metric].also), metric) if metric in METRICS else metric
        steps, values = self._recorded(run, split, name)
        worst = _worst(metric)
        values = np.where(np.isnan(values), worst, values)
        if self.status(run) == "diverged":  # between two validations, so that its history does not say so
            steps, values = np.append(steps, float(self._runs[run]["steps"])), np.append(values, worst)
        return steps, values

    def _recorded(self, run: str, split: str, metric: str) -> tuple[np.ndarray, np.ndarray]:
        """Steps and values as training wrote them; none where it wrote none."""
        return self._history.get((run, split, metric), (np.empty(0), np.empty(0)))

    def _last(self, run: str, split: str, metric: str, at_step: int | None) -> float:
        steps, values = self.curve(run, metric, split)
        if at_step is not None:
            values = values[steps <= at_step] if self.reached(run, at_step) else values[:0]
        return float(values[-1]) if values.size else math.nan

    def reached(self, run: str, step: int) -> bool:
        """Whether a run says something about a step: it reached the step, or had solved the task or diverged before."""
        return bool(self._runs[run]["steps"] >= step) or self.status(run) != "finished"

    def roughness(self, run: str, metric: str) -> float:
        """How rough a curve of validation is: of a share, its mean worsening between consecutive validations.

        Of what may be any number from 0 up, such as a loss, it is the mean absolute second difference of its
        logarithm: a loss that falls by the same factor each time is smooth, however fast, and rough where it turns.
        """
        values = self.curve(run, metric)[1]
        if value_range(metric) == FROM_ZERO:
            if not np.isfinite(values).all():
                return math.inf
            logs = np.log(np.maximum(values, _SMALLEST))
            return float(np.abs(np.diff(logs, 2)).mean()) if values.size > 2 else math.nan
        if values.size < 2 or not np.isfinite(values).all():
            return math.nan if values.size < 2 else math.inf
        worsening = -np.diff(values) if higher_is_better(metric) else np.diff(values)
        return float(np.clip(worsening, 0, None).mean())

    def _worst_if_nan(self, value: float | None, metric: str) -> float:
        if value is None:
            return math.nan
        return _worst(metric) if math.isnan(value) else float(value)

    def alone(self, runs: Iterable[str]) -> list[str]:
        """The runs that were timed alone on their machine."""
        return [run for run in runs if run in self._costs and bool(self._costs[run]["alone"])]

    def same_machine(self, runs: Iterable[str]) -> bool:
        """Whether all runs were timed on one machine and device."""
        return len({(self._costs[run]["device"], self._costs[run]["host"]) for run in runs}) <= 1

    def _time(self, metric: str, run: str) -> float:
        cost = self._costs.get(run)
        if cost is None:
            return math.nan
        if metric in cost and not pd.isna(cost[metric]):
            return float(cost[metric])
        steps = float(self._runs[run]["steps"])
        planned = self.plan.runs[run]
        if metric == "seconds_per_step":
            return float(cost["seconds"]) / steps if steps else math.nan
        rows = self.plan.datasets[planned.dataset].rows["train"]
        batches = -(-rows // planned.settings.training.batch)
        return float(cost["seconds"]) / steps * batches if steps else math.nan


def _worst(metric: str) -> float:
    """The value that counts for a diverged run, which has none."""
    return 0.0 if higher_is_better(metric) else math.inf


def _by_run(table: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """The rows of a table by run."""
    names = [str(name) for name in table.columns]
    rows = zip(*(table[name].to_list() for name in names), strict=True)
    return {row[names.index("run")]: dict(zip(names, row, strict=True)) for row in rows}
