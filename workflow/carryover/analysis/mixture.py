"""The mixture account: how much of an accuracy on mixed expressions is explained by what the mixture is made of.

Three numbers from 0 to 99 are a mixture of digit patterns: 72.9% of them are all of two digits (`2-2-2`), 0.1% all of
one (`1-1-1`), and so on. Each pattern's weight follows from the settings of the distribution. Its accuracy is measured
on another split in which the same expressions are drawn alike: one that is all of that pattern where there is one,
else an independent draw of the mixture. Their weighted mean predicts the accuracy on the mixture, without having
looked at it; measured beside predicted then says whether there is anything left to explain.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from carryover.analysis.statistics import LEVEL
from carryover.planning.plan import Plan
from carryover.tasks import TASKS
from carryover.tasks.datasets import Dataset
from carryover.tasks.record import Part, Parts

TOLERANCE = 0.02  # a prediction this near is correct, whatever the sampling error


@dataclass(frozen=True)
class _Split:
    """One test split of a run, with its exact match by stratum (`all` for the whole) and the rows behind it."""

    suite: str
    name: str
    address: str
    dataset: Dataset
    dataset_split: str
    task: Parts
    parts: Mapping[str, Part]
    measured: Mapping[str, tuple[float, int]]

    def accuracy(self, part: str) -> tuple[float, int] | None:
        whole = set(self.parts) == {part}
        return self.measured.get("all" if whole else f"{self.task.STRATUM}={part}")


def mixture(plan: Plan, metrics: pd.DataFrame) -> list[dict[str, Any]]:
    """The table `mixture`: one row a part of each test split that is a mixture, of every task that has mixtures.

    metrics: the table of that name (run, suite, split, stratum, metric, value, n).
    Columns: run, suite, split, component (the part), weight, accuracy and the rows behind it, source
    (`suite/split` where it was measured; null where no split has it, and then nothing is predicted), predicted with
    the 95% interval in which the measured accuracy should fall, measured, and whether it does, or is within two
    percentage points. A split for which no component has a source is left out.
    """
    values = _exact_matches(metrics)
    tasks = {
        address: task
        for address, dataset in plan.datasets.items()
        if (task := TASKS[dataset.task].parts) is not None
    }
    parts = {address: task.parts_of(plan.datasets[address].settings) for address, task in tasks.items()}
    rows: list[dict[str, Any]] = []
    for evaluation in plan.evaluations.values():
        run = evaluation.run
        splits = [
            _Split(
                split.suite,
                split.split,
                split.dataset,
                plan.datasets[split.dataset].settings,
                split.dataset_split,
                tasks[split.dataset],
                parts[split.dataset],
                values[run, split.suite, split.split],
            )
            for split in evaluation.splits
            if split.dataset in tasks and (run, split.suite, split.split) in values
        ]
        # What a model was trained on tells nothing of how it does on other draws.
        trained_on = plan.runs[run].dataset
        sources = [one for one in splits if (one.address, one.dataset_split) != (trained_on, "train")]
        for target in splits:
            rows += [{"run": run, **row} for row in _account(target, sources)]
    return rows


def _exact_matches(metrics: pd.DataFrame) -> dict[tuple[str, str, str], dict[str, tuple[float, int]]]:
    """(run, suite, split) → stratum of parts, or `all` → exact match, and the rows behind it."""
    strata = metrics["stratum"].astype(str)
    prefixes = tuple(f"{task.parts.STRATUM}=" for task in TASKS.values() if task.parts is not None)
    wanted = metrics[
        (metrics["metric"] == "exact_match") & ((strata == "all") | strata.str.startswith(prefixes))
    ]
    by_split: dict[tuple[str, str, str], dict[str, tuple[float, int]]] = {}
    for run, suite, split, stratum, value, n in zip(
        *(wanted[name] for name in ("run", "suite", "split", "stratum", "value", "n")), strict=True
    ):
        by_split.setdefault((run, suite, split), {})[stratum] = (float(value), int(n))
    return by_split


def _account(target: _Split, splits: Sequence[_Split]) -> list[dict[str, Any]]:
    """The rows of one test split, without the run; none where it is no mixture or no component has a source."""
    if len(target.parts) < 2 or "all" not in target.measured:
        return []
    sources = {pattern: _source(target, pattern, splits) for pattern in target.parts}
    if not any(sources.values()):
        return []
    from scipy import stats

    measured, rows = target.measured["all"]
    predicted = low = high = explained = None
    if all(sources.values()):
        parts = [(target.parts[pattern].weight, *source[1]) for pattern, source in sources.items() if source]
        predicted = sum(weight * accuracy for weight, accuracy, _ in parts)
        variance = sum(weight**2 * _variance(accuracy, n) for weight, accuracy, n in parts)
        half = float(stats.norm.ppf((1 + LEVEL) / 2)) * math.sqrt(variance + _variance(predicted, rows))
        low, high = max(0.0, predicted - half), min(1.0, predicted + half)
        explained = abs(measured - predicted) <= TOLERANCE or low <= measured <= high
    account = []
    for pattern, source in sources.items():
        split, (accuracy, n) = source if source else (None, (None, None))
        account.append(
            {
                "suite": target.suite,
                "split": target.name,
                "component": pattern,
                "weight": target.parts[pattern].weight,
                "accuracy": accuracy,
                "rows": n,
                "source": f"{split.suite}/{split.name}" if split else None,
                "predicted": predicted,
                "predicted_low": low,
                "predicted_high": high,
                "measured": measured,
                "explained": explained,
            }
        )
    return account


def _source(
    target: _Split, pattern: str, splits: Sequence[_Split]
) -> tuple[_Split, tuple[float, int]] | None:
    """Where the accuracy on a pattern is best measured: a split that is all of it, else any; in the target's own suite
    where it can be; with the most rows."""
    candidates = []
    for split in splits:
        accuracy = split.accuracy(pattern)
        alike = pattern in split.parts and split.parts[pattern].drawn_from == target.parts[pattern].drawn_from
        if accuracy and alike and not _same_draw(split, target):
            order = (len(split.parts) > 1, split.suite != target.suite, -accuracy[1], split.suite, split.name)
            candidates.append((order, split, accuracy))
    if not candidates:
        return None
    _, split, accuracy = min(candidates, key=lambda one: one[0])
    return split, accuracy


def _same_draw(a: _Split, b: _Split) -> bool:
    """Whether two splits have rows in common by construction: the same stream, of which one may read more."""
    return (
        a.dataset_split == b.dataset_split
        and a.dataset.seed == b.dataset.seed
        and not a.task.streams_of(a.dataset).isdisjoint(b.task.streams_of(b.dataset))
    )


def _variance(share: float, rows: int) -> float:
    """The variance of a share measured on `rows` rows, two successes and two failures added (Agresti and Coull)."""
    adjusted = (share * rows + 2) / (rows + 4)
    return adjusted * (1 - adjusted) / (rows + 4)
