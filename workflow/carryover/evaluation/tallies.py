"""Sums over the examples of one split, block by block: its metrics on all rows, on every stratum, at every position.

A tally holds sums only, so a split of any length takes the same memory. Losses and token accuracies are means over
positions, exact match is a mean over examples.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from carryover.data.hashing import hash_rows
from carryover.evaluation.schemas import CROSSED
from carryover.metrics import METRICS, PRIMARY
from carryover.settings.models import Reading
from carryover.tasks.encoded import OUTSIDE, Encoded
from carryover.tasks.record import Task
from carryover.training.metrics import Scores, batch_accuracy, metrics

SINGLE_POSITIONS = 32  # positions that are strata of their own; beyond, a stratum doubles: 33-64, 65-128 …
MOST_CROSSED = (
    40  # values of a stratum within which seen and unseen examples are told apart: those of most examples
)
ALL = "all"


class Tally:
    """The metrics of one split, from blocks of scored examples."""

    def __init__(self, task: Task, reading: Reading, classes: int, batch: int) -> None:
        self.kind, self.reading, self.batch = (reading, task.answers), reading, batch
        self.summands: tuple[str, ...] = ()  # the names of the sums
        self.total = np.zeros(())
        self.strata: dict[str, dict[str, np.ndarray]] = {}  # stratum → label → sums
        self.crossed: dict[str, np.ndarray] = {}  # `family=value,seen=yes`, or `no` → sums
        self.outside = 0
        self.exact: list[np.ndarray] = []
        self.correct_at = _Positions()
        self.correct_from_end = _Positions()
        self.first_wrong = _Positions()
        self.baselines = _Baselines(classes)

    def add(
        self,
        scores: Scores,
        encoded: Encoded,
        answers: np.ndarray,
        strata: dict[str, np.ndarray],
        within: tuple[str, np.ndarray] | None = None,
    ) -> None:
        """Add a block of N examples.

        answers: how many symbols each correct answer is written with (N,). strata: each stratum's labels (N,).
        within: the stratum within whose labels (N,) those of `seen` are told apart.
        """
        summands = scores.summands()
        self.summands = tuple(summands)
        sums = np.stack(list(summands.values()), axis=1).astype(np.float64)  # (N, summands)
        self.total = self.total + sums.sum(axis=0)
        for name, values in strata.items():
            _add_by_label(self.strata.setdefault(name, {}), values, sums)
        if within is not None:
            family, values = within
            crossed = [
                f"{family}={value}{CROSSED}{seen}" for value, seen in zip(values, strata["seen"], strict=True)
            ]
            _add_by_label(self.crossed, np.array(crossed), sums)
        self.exact.append(scores.exact)
        self.outside += int((encoded.targets == OUTSIDE).any(axis=1).sum())
        self.baselines.add(encoded)
        if encoded.targets.shape[1] > 1:
            self._add_positions(scores, encoded, answers)

    def _add_positions(self, scores: Scores, encoded: Encoded, answers: np.ndarray) -> None:
        position = np.arange(encoded.targets.shape[1])
        counted = position < encoded.target_lengths[:, None]
        correct = (scores.predictions == encoded.targets) & counted  # (N, T)
        self.correct_at.add(correct.sum(axis=0), counted.sum(axis=0))
        wrong = scores.first_wrong[scores.first_wrong >= 0]
        first = np.bincount(wrong, minlength=position.size)
        self.first_wrong.add(first, np.full(position.size, wrong.size))
        # Counted from the other end. The answer's last symbol is 1; in a sum it is the highest digit.
        from_end = answers[:, None] - 1 - position
        inside = (from_end >= 0) & counted
        self.correct_from_end.add(
            np.bincount(from_end[inside], weights=correct[inside], minlength=position.size),
            np.bincount(from_end[inside], minlength=position.size),
        )

    def rows(self) -> Iterator[dict[str, Any]]:
        """The split's rows of metrics.parquet, without run, suite and split: all rows first, then the strata."""
        yield from self._of_all()
        for name, known in self.strata.items():
            for label in sorted(known, key=_natural):
                for row in self._metrics(f"{name}={label}", known[label]):
                    # With a single class, token accuracy equals exact match.
                    if not (row["metric"] == "token_accuracy" and self.reading == "class"):
                        yield row
        yield from self._seen_and_unseen()
        for name, metric, positions in (
            ("position", "token_accuracy", self.correct_at),
            ("position_from_end", "token_accuracy", self.correct_from_end),
            ("position", "first_wrong", self.first_wrong),
        ):
            for label, value, n in positions.strata():
                yield _row(f"{name}={label}", metric, value, n)

    def _seen_and_unseen(self) -> Iterator[dict[str, Any]]:
        """How many answers are correct of the seen and of the unseen examples of each value, if the split has both.

        Values that have both come first, then those of more examples.
        """
        if len(self.strata.get("seen", {})) < 2:
            return
        kinds: dict[str, dict[str, np.ndarray]] = {}  # `family=value` → `yes` or `no` → sums
        for stratum, sums in self.crossed.items():
            value, _, seen = stratum.rpartition(CROSSED)
            kinds.setdefault(value, {})[seen] = sums
        examples = self.summands.index("examples")

        def priority(value: str) -> tuple[bool, float, list[tuple[int, int, str]]]:
            of_value = kinds[value].values()
            return len(of_value) < 2, -sum(sums[examples] for sums in of_value), _natural(value)

        for value in sorted(sorted(kinds, key=priority)[:MOST_CROSSED], key=_natural):
            for seen, sums in sorted(kinds[value].items()):
                measured = {row["metric"]: row for row in self._metrics(f"{value}{CROSSED}{seen}", sums)}
                yield next(measured[name] for name in PRIMARY if name in measured)

    def _metrics(self, stratum: str, sums: np.ndarray) -> Iterator[dict[str, Any]]:
        """The metrics that are computed from sums, as far as this model and task have them."""
        named = dict(zip(self.summands, sums.tolist(), strict=True))
        for name, value in metrics(named).items():
            if name == "loss" and not named["loss_positions"]:
                continue
            if METRICS[name].applies(*self.kind):
                yield _row(stratum, name, value, named["examples"])

    def _of_all(self) -> Iterator[dict[str, Any]]:
        yield from self._metrics(ALL, self.total)
        exact = np.concatenate(self.exact)
        if METRICS["batch_accuracy"].applies(*self.kind):
            yield _row(ALL, "batch_accuracy", batch_accuracy(exact, self.batch), len(exact))
        yield _row(ALL, "outside_classes", self.outside / len(exact), len(exact))
        for metric, value in self.baselines.values().items():
            yield _row(ALL, metric, value, len(exact))


def _add_by_label(known: dict[str, np.ndarray], values: np.ndarray, sums: np.ndarray) -> None:
    """Add the sums (N, …) of examples to those of their labels (N,)."""
    labels, code = np.unique(values.astype(str), return_inverse=True)
    for number, label in enumerate(labels.tolist()):
        known[label] = known.get(label, 0) + sums[code == number].sum(axis=0)


def _row(stratum: str, metric: str, value: float, n: int) -> dict[str, Any]:
    return {"stratum": stratum, "metric": metric, "value": float(value), "n": int(n)}


class _Positions:
    """A count of hits and of tries at each position, which may be more in later blocks."""

    def __init__(self) -> None:
        self.hits = np.zeros(0)
        self.tries = np.zeros(0)

    def add(self, hits: np.ndarray, tries: np.ndarray) -> None:
        grow = max(len(hits) - len(self.hits), 0)
        self.hits, self.tries = np.pad(self.hits, (0, grow)), np.pad(self.tries, (0, grow))
        self.hits[: len(hits)] += hits
        self.tries[: len(tries)] += tries

    def strata(self) -> Iterator[tuple[str, float, int]]:
        """Label, share of hits, and tries, from position 1 on. A range counts all its positions together."""
        start = 0
        while start < len(self.hits):
            stop = start + 1 if start < SINGLE_POSITIONS else 2 * start
            stop = min(stop, len(self.hits))
            tries = self.tries[start:stop].sum()
            if tries:
                label = str(stop) if stop - start == 1 else f"{start + 1}-{stop}"
                yield label, self.hits[start:stop].sum() / tries, int(tries)
            start = stop


class _Baselines:
    """How often constant answers and guesses would be correct on a split.

    `majority` always gives the most frequent answer of this split, or the most frequent symbol at each position. So no
    constant answer does better. `chance` guesses every class equally often.
    """

    def __init__(self, classes: int) -> None:
        self.classes = classes
        self.answers: list[np.ndarray] = []  # a hash of each (N,)
        self.symbols = np.zeros((0, classes), dtype=np.int64)
        self.rows = self.positions = 0
        self.guessed = self.guessed_symbols = 0.0

    def add(self, encoded: Encoded) -> None:
        targets = encoded.targets.astype(np.int64)
        width = targets.shape[1]
        counts = np.arange(width) < encoded.target_lengths[:, None]
        inside = counts & (targets != OUTSIDE)
        possible = (inside == counts).all(axis=1)  # an answer without a class is never given
        self.rows += len(targets)
        self.positions += int(counts.sum())
        self.guessed += float((float(self.classes) ** -encoded.target_lengths[possible].astype(float)).sum())
        self.guessed_symbols += float(inside.sum()) / self.classes
        # Class c becomes c + 1, because hashes ignore zeros at the end. Positions that do not count are zero.
        written = np.where(inside, targets + 1, 0).astype("<u4").view(np.uint8)  # (N, 4 T)
        self.answers.append(hash_rows(written)[possible, 0])
        cells = (np.arange(width) * self.classes + targets)[inside]
        symbols = np.bincount(cells, minlength=width * self.classes).reshape(width, self.classes)
        grow = max(width - len(self.symbols), 0)
        self.symbols = np.pad(self.symbols, ((0, grow), (0, 0)))
        self.symbols[:width] += symbols

    def values(self) -> dict[str, float]:
        _, count = np.unique(np.concatenate(self.answers), return_counts=True)
        return {
            "baseline_majority": int(count.max(initial=0)) / self.rows,
            "baseline_chance": self.guessed / self.rows,
            "baseline_majority_token": int(self.symbols.max(axis=1).sum()) / max(self.positions, 1),
            "baseline_chance_token": self.guessed_symbols / max(self.positions, 1),
        }


def _natural(label: str) -> list[tuple[int, int, str]]:
    """A sort key that puts 2 before 10 and -1 before 0."""
    if re.fullmatch(r"-?\d+", label):
        return [(0, int(label), "")]
    return [
        (0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", label) if part
    ]
