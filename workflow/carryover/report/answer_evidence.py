"""What an answer is made from: the study whose numbers it tells, and the words for its numbers and settings."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from carryover.analysis.statistics import LEVEL, Sample
from carryover.analysis.two_samples import compare
from carryover.metrics import SHARE, value_range
from carryover.report import markup, words
from carryover.report.view import Setting, Split, StudyResults

MUCH_THE_SAME = 0.005  # a sentence does not distinguish means of shares that are this close
MOST_NAMED = 5  # settings, in one sentence

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Evidence:
    """The study whose numbers are told, and whose runs these are. `own`: they are in this report's tables."""

    study: StudyResults
    by: str
    own: bool

    def number(self, table: str, row: Row, column: str, metric: str) -> Markup:
        """One number of a row."""
        shown = markup.figure(table, row, column, metric, brief=True)
        return shown if self.own else escape(shown.striptags())

    def spread(self, setting: Setting, split: Split) -> Markup:
        """Mean and interval of the study's metric."""
        row = self.study.spread(setting, split, self.metric)
        return markup.NOTHING if row is None else self.told("summary", row, self.metric)

    def told(self, table: str, row: Row, metric: str) -> Markup:
        """Mean and interval of a row."""
        shown = markup.spread(table, row, metric, brief=True)
        return shown if self.own else escape(shown.striptags())

    def mean(self, setting: Setting, split: Split) -> Markup:
        """The mean of the study's metric alone."""
        row = self.study.spread(setting, split, self.metric)
        return markup.NOTHING if row is None else self.number("summary", row, "mean", self.metric)

    @property
    def metric(self) -> str:
        """The metric that answers the question: on tests, that which the report counts in."""
        return self.study.headline or ""

    def means(self, split: Split) -> list[tuple[float, Setting]]:
        """Settings with the mean of the metric on a test, the best first."""
        means = [(self.study.mean(one, split, self.metric), one) for one in self.study.available]
        known = [pair for pair in means if math.isfinite(pair[0])]
        return sorted(known, key=lambda pair: pair[0], reverse=value_range(self.metric) == SHARE)

    def telling(self) -> Split:
        """The test on which settings differ most."""

        def difference(split: Split) -> float:
            means = [mean for mean, _ in self.means(split)]
            return max(means) - min(means) if means else -1.0

        return max(self.study.measured_splits, key=difference)

    def on(self, split: Split) -> str:
        """The metric, and the test where there are several: `exact match on ten-digit sums`."""
        several = len(self.study.measured_splits) > 1
        where = self.study.split_name(split) if several else "the test"
        return f"{words.metric(self.metric)} on {where}"

    def tests(self, settings: Sequence[Setting]) -> str:
        """How many tests these settings had, and how long: `5 tests, with 2 to 100 digits of the longest operand`."""
        study = self.study
        counted = words.count(len(study.measured_splits), "test")
        known = {
            length
            for split in study.measured_splits
            for setting in settings
            if (length := study.length(split, setting)) is not None
        }
        if study.task.length is None or not known:
            return counted
        span = f"{min(known):,}" if len(known) == 1 else f"{min(known):,} to {max(known):,}"
        return f"{counted}, with {span} {study.task.length.label}"


def name_of(study: StudyResults, setting: Setting) -> str:
    """What a sentence calls a setting: `GRU (2 layers)`."""
    return in_list(study.short_name(setting))


def are_apart(a: Sample, b: Sample, higher_is_better: bool, pairs: int) -> bool:
    """Whether two settings are told apart, where so many comparisons count together (Bonferroni)."""
    level = 1 - (1 - LEVEL) / pairs
    return compare(a, b, higher_is_better, level=level).decided is not None


def listed(parts: Sequence[Markup]) -> Markup:
    """`a`, `a and b`, `a, b and c`."""
    *others, last = parts
    return Markup("{} and {}").format(Markup(", ").join(others), last) if others else last


def with_settings(study: StudyResults, settings: Sequence[Setting]) -> Markup:
    """`with RNN and GRU (Adam)`, or `when trained on 2-digit sums`; a number where there are many."""
    names = [name_of(study, setting) for setting in settings]
    if len(names) > MOST_NAMED:
        return escape(f"with {words.count(len(names), 'setting')}")
    told = "trained on "
    if all(name.startswith(told) for name in names):
        return escape(f"when {told}{words.listed([name.removeprefix(told) for name in names])}")
    return escape(f"with {words.listed(names)}")


def in_list(name: str) -> str:
    """A name of several parts as one that can stand in a list: `GRU, Adam, 2 layers` as `GRU (Adam, 2 layers)`."""
    first, comma, others = name.partition(", ")
    return f"{first} ({others})" if comma else name
