"""The mixture account: how much of an accuracy on mixed expressions follows from the parts of the mixture.

Expressions of three numbers from 0 to 99 are a mixture of digit patterns. In 72.9% of them all numbers have two digits
(`2-2-2`), in 0.1% all have one (`1-1-1`), and so on. The settings of the distribution give the weight of each pattern.
The accuracy on a pattern is measured on another split that draws these expressions in the same way. Best is a split
with this pattern alone; otherwise it is an independent draw of the mixture. The weighted mean of these accuracies
predicts the accuracy on the mixture, without looking at it. If prediction and measurement agree, the mixture explains
the accuracy.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from carryover.analysis.statistics import LEVEL, share_variance
from carryover.planning.plan import Plan
from carryover.tasks import TASKS
from carryover.tasks.datasets import Dataset
from carryover.tasks.record import Part, Parts

TOLERANCE = 0.02  # a prediction this near is correct, whatever the sampling error
LARGEST = 0.98  # weight of a component, above which the mixture is this component, and predicts nothing
FEWEST = 100  # rows, below which an accuracy predicts nothing …
SMALL = 0.01  # … unless it is that of a component of so small a weight


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
    """The table `mixture`: one row for each part of each test split that is a mixture, for every task with mixtures.

    metrics: the table of that name (run, suite, split, stratum, metric, value, n).
    Columns: run, suite, split, component (the part), weight, accuracy and the number of rows behind it; source
    (`suite/split` on which it was measured; null if no split has this part, and then nothing is predicted); predicted,
    with the 95% interval for the measured accuracy; measured; and whether it lies in the interval or within two
    percentage points of the prediction. A split in which no component has a source is left out, and so is one that is
    nearly all one component. Nothing is predicted from fewer than 100 rows of a component that matters.
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
    if max(part.weight for part in target.parts.values()) > LARGEST:
        return []
    sources = {pattern: _source(target, pattern, splits) for pattern in target.parts}
    if not any(sources.values()):
        return []
    from scipy import stats

    measured, rows = target.measured["all"]
    predicted = low = high = explained = None
    parts = [(target.parts[pattern].weight, *source[1]) for pattern, source in sources.items() if source]
    thin = rows < FEWEST or any(n < FEWEST and weight > SMALL for weight, _, n in parts)
    if all(sources.values()) and not thin:
        predicted = sum(weight * accuracy for weight, accuracy, _ in parts)
        variance = sum(weight**2 * share_variance(accuracy, n) for weight, accuracy, n in parts)
        half = float(stats.norm.ppf((1 + LEVEL) / 2)) * math.sqrt(variance + share_variance(predicted, rows))
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
    """The best split to measure the accuracy on a pattern. A split with this pattern alone is better than a mixture.
    After that, the target's own suite is better than another, and more rows are better."""
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
    """Whether two splits share rows by construction, because both read the same stream (one may read more of it)."""
    return (
        a.dataset_split == b.dataset_split
        and a.dataset.seed == b.dataset.seed
        and not a.task.streams_of(a.dataset).isdisjoint(b.task.streams_of(b.dataset))
    )
