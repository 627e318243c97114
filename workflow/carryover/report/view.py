"""One study as figures and page see it: its points, and what the tables have of each."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from carryover.report import words
from carryover.report.tables import Tables, records

PRIMARY = ("accuracy", "exact_match", "token_accuracy")
LENGTHS_OF_TRAINING = ("training.steps", "training.epochs")
Split = tuple[str, str]  # suite, split


@dataclass(frozen=True, eq=False)
class Point:
    """One setting of a study. `name` is short and unique within the study."""

    label: str
    name: str
    values: Mapping[str, Any]
    as_published: bool
    differs: tuple[str, ...]
    runs: tuple[str, ...]


class Report:
    """Tables and plan of a report, indexed once for all studies."""

    def __init__(self, tables: Tables, plan: Mapping[str, Any]) -> None:
        self.tables = tables
        self.plan = plan

    @cached_property
    def studies(self) -> list[Study]:
        return [Study(self, planned) for planned in self.plan.get("studies", [])]

    @cached_property
    def runs(self) -> dict[str, dict[str, Any]]:
        """Run → its row of `runs`, with `_row`, the row number."""
        frame = self.tables["runs"]
        return {row["run"]: row for row in records(frame)}

    @cached_property
    def dataset_names(self) -> dict[str, str]:
        """Run → the name that its study gives the training data; nothing for data that a study spells out."""
        found: dict[str, str] = {}
        for study in self.studies:
            base = study.planned.get("base", {}).get("dataset")
            for run, point in study.point_of.items():
                name = point.values.get("dataset", base)
                if isinstance(name, str):
                    found.setdefault(run, name)
        return found

    @cached_property
    def summary(self) -> dict[str, pd.DataFrame]:
        return _by(self.tables["summary"], "study")

    @cached_property
    def whole(self) -> dict[str, pd.DataFrame]:
        """Run → its metrics on whole splits (stratum `all`)."""
        metrics = self.tables["metrics"]
        return _by(metrics[metrics["stratum"].astype(str) == "all"], "run")

    @cached_property
    def history(self) -> dict[tuple[str, str, str], tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """(run, split, metric) → steps, epochs, values."""
        table = self.tables["history"]
        groups = table.groupby(["run", "split", "metric"], sort=False, observed=True).indices
        step, epoch = (table[name].to_numpy(dtype=float) for name in ("step", "epoch"))
        value = table["value"].to_numpy(dtype=float)
        found = {}
        for key, rows in groups.items():
            run, split, metric = map(str, key)  # type: ignore[call-overload]
            found[run, split, metric] = (step[rows], epoch[rows], value[rows])
        return found

    @cached_property
    def curves(self) -> dict[tuple[str, str, str], pd.DataFrame]:
        """(study, point, metric) → the spread over runs at each validation."""
        frame = self.tables["curves"]
        frame = frame[frame["split"].astype(str) == "validation"]
        return {
            (str(study), str(point), str(metric)): group
            for (study, point, metric), group in frame.groupby(
                ["study", "point", "metric"], sort=False, observed=True
            )
        }

    @cached_property
    def histories_of(self) -> dict[str, list[tuple[str, str, str]]]:
        """Run → the keys of `history` that it has."""
        found: dict[str, list[tuple[str, str, str]]] = {}
        for key in self.history:
            found.setdefault(key[0], []).append(key)
        return found

    @cached_property
    def training_costs(self) -> dict[str, dict[str, Any]]:
        frame = self.tables["costs"]
        frame = frame[frame["stage"].astype(str) == "train"]
        return {row["run"]: row for row in records(frame)}


class Study:
    """One study of the plan with its rows of every table."""

    def __init__(self, report: Report, planned: Mapping[str, Any]) -> None:
        self.report = report
        self.planned = planned
        self.name: str = planned["name"]
        self.title: str = planned.get("title") or planned["name"]
        self.task: str = planned.get("task", "")
        self.swept: list[str] = list(planned.get("swept", []))

    @cached_property
    def points(self) -> list[Point]:
        planned = self.planned["points"]
        names = _short_names(
            [point["values"] for point in planned], [point["point"] for point in planned], self
        )
        points = [
            Point(
                point["point"],
                name,
                point["values"],
                bool(point["as_published"]),
                tuple(point["differs"]),
                tuple(replicate["run"] for replicate in point["runs"]),
            )
            for point, name in zip(planned, names, strict=True)
        ]
        return by_number(points)

    @cached_property
    def available(self) -> list[Point]:
        """Points of which at least one run has results."""
        return [point for point in self.points if any(run in self.report.runs for run in point.runs)]

    @cached_property
    def summary(self) -> pd.DataFrame:
        empty = self.report.tables["summary"].iloc[:0]
        return self.report.summary.get(self.name, empty)

    @cached_property
    def _rows(self) -> dict[tuple[str, str, str, str, str], dict[str, Any]]:
        frame = self.summary
        return {
            (row["point"], row["suite"], row["split"], row["stratum"], row["metric"]): row
            for row in records(frame)
        }

    def spread(self, point: Point, split: Split, metric: str, stratum: str = "all") -> dict[str, Any] | None:
        """The row of `summary` (with `_row`, its number), or None."""
        return self._rows.get((point.label, *split, stratum, metric))

    @cached_property
    def strata(self) -> dict[Split, dict[str, dict[str, list[str]]]]:
        """Test split → family of strata → metric → the strata (`family=value`) that it was broken down by."""
        found: dict[Split, dict[str, dict[str, dict[str, None]]]] = {}
        for _, suite, split, stratum, metric in self._rows:
            family, equals, _ = stratum.partition("=")
            if equals:
                of_split = found.setdefault((suite, split), {})
                of_split.setdefault(family, {}).setdefault(metric, {})[stratum] = None
        return {
            split: {family: {metric: list(strata) for metric, strata in metrics.items()}
                    for family, metrics in families.items()}
            for split, families in found.items()
        }  # fmt: skip

    def mean(self, point: Point, split: Split, metric: str, stratum: str = "all") -> float:
        row = self.spread(point, split, metric, stratum)
        return math.nan if row is None or words.absent(row["mean"]) else float(row["mean"])

    @cached_property
    def metric(self) -> str | None:
        """The metric that answers the question: whether the whole answer is right."""
        there = set(self.summary.loc[self.summary["stratum"].astype(str) == "all", "metric"])
        return next((name for name in PRIMARY if name in there), min(there, default=None))

    @cached_property
    def headline(self) -> str | None:
        """The metric of whole test splits: as its report counted, where that is another way to count the same."""
        named = {item["metric"] for item in self.planned.get("published", [])}
        asked = (claim.get("of") for claim in self.planned.get("claims", []))
        named |= {
            of["metric"] for of in asked if isinstance(of, dict)
        }  # where it is text, it is no metric of a test
        return "batch_accuracy" if self.metric == "accuracy" and "batch_accuracy" in named else self.metric

    @cached_property
    def splits(self) -> list[Split]:
        """(suite, split) of every test split that was evaluated, shortest numbers first where they have lengths."""
        frame = self.summary[self.summary["stratum"].astype(str) == "all"]
        found = list(dict.fromkeys(zip(frame["suite"], frame["split"], strict=True)))
        order = {suite: i for i, suite in enumerate(self.planned.get("suites", []))}
        return sorted(
            found, key=lambda split: (order.get(split[0], len(order)), self.length(split) or 0, split[1])
        )

    def split_name(self, split: Split) -> str:
        """A split's name: with its suite where the study has several, by its suite where that has no other split."""
        suites = [suite for suite, _ in self.splits]
        if len(set(suites)) == 1:
            return split[1]
        return split[0] if suites.count(split[0]) == 1 else f"{split[0]}/{split[1]}"

    @cached_property
    def _datasets_of_splits(self) -> dict[tuple[str, Split], str]:
        evaluations = self.report.plan.get("evaluations", {})
        found = {}
        for point in self.planned["points"]:
            for replicate in point["runs"]:
                for split in evaluations.get(replicate["evaluation"], {}).get("splits", []):
                    found[(point["point"], (split["suite"], split["split"]))] = split["dataset"]
        return found

    def length(self, split: Split, point: Point | None = None) -> int | None:
        """Digits of the longest operand of a test split; None where its distribution has none, or points differ."""
        labels = [point.label] if point else [other["point"] for other in self.planned["points"]]
        found = {
            digits_of(self.report.plan, self._datasets_of_splits.get((label, split)))
            for label in labels
            if (label, split) in self._datasets_of_splits
        }
        return found.pop() if len(found) == 1 else None

    def trained_length(self, point: Point) -> int | None:
        """Digits of the longest operand in training."""
        run = self.report.plan.get("runs", {}).get(point.runs[0]) if point.runs else None
        return digits_of(self.report.plan, run["dataset"]) if run else None

    def values(self, point: Point, split: Split, metric: str) -> list[float]:
        """The metric of each run on a whole split, NaN where it has none (diverged)."""
        return [value for value, _ in self.outcomes(point, split, metric)]

    def outcomes(self, point: Point, split: Split, metric: str) -> list[tuple[float, str]]:
        """The metric of each run on a whole split, with the run's status."""
        found = []
        for run in point.runs:
            frame = self.report.whole.get(run)
            if frame is None:
                continue
            status = str(self.report.runs.get(run, {}).get("status", ""))
            rows = frame[
                (frame["suite"] == split[0]) & (frame["split"] == split[1]) & (frame["metric"] == metric)
            ]
            found += [(float(value), status) for value in rows["value"]]
        return found

    def status(self, point: Point) -> list[str]:
        runs = self.report.runs
        return [str(runs[run]["status"]) for run in point.runs if run in runs]

    def table(self, name: str) -> pd.DataFrame:
        """The study's rows of a table that has studies."""
        frame = self.report.tables[name]
        return frame[frame["study"].astype(str) == self.name]

    def of_runs(self, name: str) -> pd.DataFrame:
        """The rows of a table by run and suite that belong to this study's runs and suites."""
        frame = self.report.tables[name]
        mine = frame["run"].isin(list(self.point_of)) & frame["suite"].isin(self.planned.get("suites", []))
        return frame[mine]

    @cached_property
    def point_of(self) -> dict[str, Point]:
        return {run: point for point in self.points for run in point.runs}

    @cached_property
    def seed_of(self) -> dict[str, int]:
        return {
            replicate["run"]: replicate["seed"]
            for point in self.planned["points"]
            for replicate in point["runs"]
        }


def digits_of(plan: Mapping[str, Any], dataset: str | None) -> int | None:
    """Digits of the longest operand that a dataset of sums may have; None for any other."""
    planned = plan.get("datasets", {}).get(dataset)
    if planned is None or planned["task"] != "digit_sum":
        return None
    distribution = planned["settings"].get("distribution", {})
    for key in ("digits", "longest"):
        if isinstance(distribution.get(key), int):
            return int(distribution[key])
    high = distribution.get("high")
    return len(str(whole_number(high) - 1)) if high is not None else None


def whole_number(content: Any) -> int:
    """A bound as settings write it: a number, or text such as `10^10`."""
    if isinstance(content, str) and "^" in content:
        base, _, exponent = content.partition("^")
        return int(base) ** int(exponent)
    return int(content)


def _short_names(values: list[Mapping[str, Any]], labels: list[str], study: Study) -> list[str]:
    """Names of points, always unique: `setting value` pairs, without the setting where one of texts is swept."""
    swept = [path for path in study.swept if len(_told_apart(values, [path])) > 1]
    varied = [path for path in swept if path not in LENGTHS_OF_TRAINING] or swept
    for path in reversed(
        varied
    ):  # what follows from the others, such as an optimizer's own rate, names nothing
        others = [other for other in varied if other != path]
        if others and len(_told_apart(values, others)) == len(_told_apart(values, varied)):
            varied = others
    lengths = [
        path for path in swept if path not in varied and path in LENGTHS_OF_TRAINING
    ]  # a reader must know
    names = []
    for value, label in zip(values, labels, strict=True):
        shown = [path for path in varied if path in value]
        if not shown:
            names.append("base" if len(values) > 1 and not value else label)
        elif len(varied) == 1:
            text = words.value(value[shown[0]])
            names.append(text if isinstance(value[shown[0]], str) else f"{words.setting(shown[0])} {text}")
        else:
            names.append(", ".join(f"{words.setting(path)} {words.value(value[path])}" for path in shown))
        for path in lengths:
            names[-1] += f", {words.setting(path)} {words.value(value[path])}" if path in value else ""
    return names if len(set(names)) == len(names) else labels


def by_number(points: list[Point]) -> list[Point]:
    """Points whose names differ in one number alone in the order of that number; any others as planned."""
    numbers, texts = {}, set()
    for point in points:
        match = re.fullmatch(r"(\D*)(\d+(?:\.\d+)?)", point.name)
        if match is None:
            return points
        texts.add(match[1])
        numbers[point] = float(match[2])
    return sorted(points, key=numbers.__getitem__) if len(texts) == 1 else points


def _told_apart(values: list[Mapping[str, Any]], paths: list[str]) -> set[tuple[str, ...]]:
    """The different combinations of what points set at these paths."""
    return {tuple(words.value(value.get(path)) for path in paths) for value in values}


def _by(frame: pd.DataFrame, column: str) -> dict[str, pd.DataFrame]:
    return {str(key): group for key, group in frame.groupby(column, sort=False, observed=True)}
