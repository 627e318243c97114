"""The sentence that answers a question, by the kind of the question."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup, escape

from carryover.analysis.statistics import MIN_SEEDS, Sample
from carryover.analysis.two_samples import compare
from carryover.metrics import SHARE, value_range
from carryover.report import markup, words
from carryover.report.tables import records
from carryover.report.view import Setting, Split, StudyResults

MUCH_THE_SAME = 0.005  # a sentence does not distinguish means of shares that are this close
KEPT = 0.99  # exact match from which on a test counts as done
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
        shown = markup.NOTHING if row is None else markup.spread("summary", row, self.metric, brief=True)
        return shown if self.own else escape(shown.striptags())

    @property
    def metric(self) -> str:
        """The metric that answers the question."""
        return self.study.metric or ""

    def means(self, split: Split) -> list[tuple[float, Setting]]:
        """Settings with the mean of the metric on a test, the best first."""
        means = [(self.study.mean(one, split, self.metric), one) for one in self.study.available]
        known = [pair for pair in means if math.isfinite(pair[0])]
        return sorted(known, key=lambda pair: pair[0], reverse=value_range(self.metric) == SHARE)


def sentence(evidence: Evidence) -> Markup:
    """The answer, without capital and full stop."""
    study = evidence.study
    kind = _scores
    if _is_transfer(study):
        kind = _carries_over
    elif study.task.solvable and any(row["solved"] for row in records(study.table("solved"))):
        kind = _solves
    return kind(evidence)


def _is_transfer(study: StudyResults) -> bool:
    """Whether settings differ in what they were trained on, and were tested on other data too."""
    trained_on = {str(setting.values.get("dataset")) for setting in study.available}
    shares = study.metric is not None and value_range(study.metric) == SHARE
    return shares and len(trained_on) > 1 and len(study.measured_splits) > 1


# --- what carries over ---


def _carries_over(evidence: Evidence) -> Markup:
    """Which training data are enough for every test, and where the others fail."""
    study, metric = evidence.study, words.metric(evidence.metric)
    worst = {one.label: _extreme(evidence, one, min) for one in study.available}
    settings = [one for one in study.available if worst[one.label] is not None]
    if len(settings) > MOST_NAMED + 3:
        return _ranges(evidence)
    good = [one for one in settings if worst[one.label][1] >= KEPT]
    bad = sorted((one for one in settings if one not in good), key=lambda one: worst[one.label][1])
    if not good and len(settings) <= 3:
        parts = [_best_and_worst_test(evidence, one) for one in settings]
        return escape(metric) + Markup(" is ") + Markup("; ").join(parts)
    if not good:
        return _ranges(evidence)
    # Of those that fail, the nearest: it says from which training data on there is enough.
    lowest = bad[-1] if bad else min(good, key=lambda one: worst[one.label][1])
    split, _ = worst[lowest.label]
    if not bad:
        return Markup("every setting keeps {} at {} or more on every test; the lowest is {} on {}").format(
            metric, KEPT, evidence.spread(lowest, split), study.split_name(split)
        )
    return Markup("{} stays at {} or more on every test {}; {}, it falls to {} on {}").format(
        metric, KEPT, _for(study, good), _for(study, [lowest]), evidence.spread(lowest, split), study.split_name(split)
    )  # fmt: skip


def _extreme(evidence: Evidence, setting: Setting, which: Any) -> Any:
    """The test on which a setting is worst (`min`) or best (`max`), with its mean; None without any."""
    splits = evidence.study.measured_splits
    means = [(split, evidence.study.mean(setting, split, evidence.metric)) for split in splits]
    return which((pair for pair in means if math.isfinite(pair[1])), key=lambda pair: pair[1], default=None)


def _best_and_worst_test(evidence: Evidence, setting: Setting) -> Markup:
    (best, _), (worst, _) = (_extreme(evidence, setting, which) for which in (max, min))
    name = evidence.study.split_name
    return Markup("{} on {} but {} on {} {}").format(
        evidence.spread(setting, best), name(best), evidence.spread(setting, worst), name(worst),
        _for(evidence.study, [setting]),
    )  # fmt: skip


def _ranges(evidence: Evidence) -> Markup:
    """The test that tells settings apart best, from its worst setting to its best."""
    split = _telling(evidence)
    means = evidence.means(split)
    (_, best), (_, worst) = means[0], means[-1]
    return Markup("{} on {} ranges from {} {} to {} {}, over {}").format(
        words.metric(evidence.metric), evidence.study.split_name(split),
        evidence.spread(worst, split), _for(evidence.study, [worst]),
        evidence.spread(best, split), _for(evidence.study, [best]), words.count(len(means), "setting"),
    )  # fmt: skip


def _telling(evidence: Evidence) -> Split:
    """The test on which settings differ most."""

    def difference(split: Split) -> float:
        means = [mean for mean, _ in evidence.means(split)]
        return max(means) - min(means) if means else -1.0

    return max(evidence.study.measured_splits, key=difference)


# --- how soon a task is solved ---


def _solves(evidence: Evidence) -> Markup:
    """Which settings solve their task in every run, how soon, and which do not."""
    study = evidence.study
    by_label = {setting.label: setting for setting in study.available}
    rows = [row for row in records(study.table("solved")) if row["seeds"] and row["point"] in by_label]
    whole = [row for row in rows if row["solved"] == row["seeds"]]
    some = [row for row in rows if 0 < row["solved"] < row["seeds"]]
    none = [row for row in rows if not row["solved"]]
    timed = sorted(whole, key=lambda row: row["median_steps"])
    if len(rows) > MOST_NAMED:
        return _many(evidence, len(rows), timed, some, none, by_label)
    parts = [
        Markup("{} solves the task {}").format("every run", _with_steps(evidence, timed, by_label))
        if timed
        else Markup("no setting solves the task in every run"),
        *(
            Markup("{} of {} runs {} {}").format(
                evidence.number("solved", row, "solved", "solved"),
                evidence.number("solved", row, "seeds", "seeds"),
                "does" if row["solved"] == 1 else "do",
                _for(study, [by_label[row["point"]]]),
            )
            for row in some
        ),
    ]
    if none:
        parts.append(Markup("none does {}").format(_for(study, [by_label[row["point"]] for row in none])))
    if len(timed) > 1:
        sooner = _is_sooner(study, by_label[timed[0]["point"]], by_label[timed[-1]["point"]])
        ranked = "the first is sooner than the last by more than chance" if sooner else "too close to rank"
        parts.insert(1, Markup(ranked))
    beyond = _beyond(evidence)
    return Markup("; ").join([*parts, *([beyond] if beyond and not some and not none else [])])


def _with_steps(evidence: Evidence, timed: Sequence[Row], by_label: Mapping[str, Setting]) -> Markup:
    """`after a median of 375 steps with lstm, and 425 with rnn and gru`."""
    groups: dict[float, list[Row]] = {}
    for row in timed:
        groups.setdefault(float(row["median_steps"]), []).append(row)
    told = [
        Markup("{}{} {}").format(
            evidence.number("solved", rows[0], "median_steps", "steps"),
            "" if place else " steps",
            _for(evidence.study, [by_label[row["point"]] for row in rows]),
        )
        for place, rows in enumerate(groups.values())
    ]
    return Markup("after a median of ") + Markup(", ").join(told)


def _many(
    evidence: Evidence, count: int, timed: Sequence[Row], some: Sequence[Row], none: Sequence[Row],
    by_label: Mapping[str, Setting],
) -> Markup:  # fmt: skip
    """Of many settings: how many solve their task, and the soonest; for each training set where these differ."""
    if not some and not none:
        lead = Markup("every run of all {} settings solves its task").format(count)
    else:
        parts = [(len(timed), "in every run"), (len(some), "in some runs"), (len(none), "in none")]
        shown = [f"{number} {how}" for number, how in parts if number]
        lead = Markup("of {} settings, {} solve their task").format(count, words.listed(shown))
    if not timed:
        return lead
    groups: dict[str, list[Row]] = {}
    for row in timed:
        groups.setdefault(str(by_label[row["point"]].values.get("dataset", "")), []).append(row)
    told = []
    for rows in groups.values():
        first = [row for row in rows if row["median_steps"] == rows[0]["median_steps"]]
        told.append(
            Markup("{} (median {} steps)").format(
                _for(evidence.study, [by_label[row["point"]] for row in first]),
                evidence.number("solved", first[0], "median_steps", "steps"),
            )
        )
    return lead + Markup("; soonest ") + Markup(" and ").join(told)


def _is_sooner(study: StudyResults, a: Setting, b: Setting) -> bool:
    """Whether one of two settings is decided to solve its task sooner."""
    samples = []
    for setting in (a, b):
        steps = np.array([float(row["solved_at"]) for row in study.rows_of_runs(setting)])
        samples.append(Sample(steps, np.zeros(len(steps), dtype=bool)))
    return compare(samples[0], samples[1], higher_is_better=False).decided is not None


def _beyond(evidence: Evidence) -> Markup | None:
    """How settings do on their hardest test, where there is more than one."""
    splits = evidence.study.measured_splits
    if len(splits) < 2:
        return None
    split = min(splits, key=lambda one: min((mean for mean, _ in evidence.means(one)), default=2.0))
    means = evidence.means(split)
    if not means:
        return None
    (_, best), (_, worst) = means[0], means[-1]
    low, high = (evidence.spread(one, split) for one in (worst, best))
    where = f"on {evidence.study.split_name(split)}, {words.metric(evidence.metric)} is"
    if low.striptags() == high.striptags() or len(means) == 1:
        return Markup("{} {}{}").format(where, low, " with each" if len(means) > 1 else "")
    if value_range(evidence.metric) == SHARE and means[-1][0] >= KEPT:
        return Markup("on every test, {} is {} or more").format(words.metric(evidence.metric), KEPT)
    return Markup("{} {} {} and more with the others").format(where, low, _for(evidence.study, [worst]))


# --- which scores best ---


def _scores(evidence: Evidence) -> Markup:
    """How settings score on the test that tells them apart best, and whether that ranks them."""
    study, metric = evidence.study, words.metric(evidence.metric)
    split = _telling(evidence)
    means = evidence.means(split)
    where = (
        f"{metric} on {study.split_name(split)}"
        if len(study.measured_splits) > 1
        else f"{metric} on the test"
    )
    if len(means) < 2:
        return (
            Markup("{} is {}").format(where, evidence.spread(means[0][1], split))
            if means
            else Markup("no run has a value of {}").format(metric)
        )
    (high, best), (low, worst) = means[0], means[-1]
    ends = (evidence.spread(worst, split), evidence.spread(best, split))
    rows = [study.spread(one, split, evidence.metric) for one in (worst, best)]
    if any(row is None or row["seeds"] < MIN_SEEDS for row in rows):
        lead = f"undecided, as it takes {MIN_SEEDS} seeds: "
    elif value_range(evidence.metric) == SHARE and high - low < MUCH_THE_SAME:
        told = Markup("no difference to be seen: {} is from {} to {}").format(where, *ends)
        return told + _guessing(evidence, best, split, high)
    elif _overlap(*rows):
        lead = "too close to rank: "
    else:
        return Markup("{} is highest {}: {}, against {} {}").format(
            where, _for(study, [best]), ends[1], ends[0], _for(study, [worst])
        )
    return Markup("{}{} is {} {} and {} {}").format(
        lead, where, ends[1], _for(study, [best]), ends[0], _for(study, [worst])
    )


def _guessing(evidence: Evidence, setting: Setting, split: Split, mean: float) -> Markup:
    """That a score is no better than always giving the most frequent answer, where it is so."""
    row = evidence.study.spread(setting, split, words.baseline_of(evidence.metric))
    if row is None or mean > row["mean"] + MUCH_THE_SAME:
        return Markup("")
    return Markup(", no better than always giving the most frequent answer ({})").format(
        evidence.number("summary", row, "mean", "share")
    )


def _overlap(a: Row | None, b: Row | None) -> bool:
    """Whether two intervals have values in common, or there are none to compare."""
    ends = [
        None if row is None else words.none_if_nan(row[name]) for row in (a, b) for name in ("low", "high")
    ]
    known = [float(end) for end in ends if end is not None]
    if len(known) < len(ends):
        return True
    low_a, high_a, low_b, high_b = known
    return low_a <= high_b and low_b <= high_a


# --- names ---


def _for(study: StudyResults, settings: Sequence[Setting]) -> Markup:
    """`with rnn and gru`, or `when trained on 2-digit sums`; a number where there are many."""
    names = [study.short_name(setting).replace(", ", " and ") for setting in settings]
    if len(names) > MOST_NAMED:
        return escape(f"with {words.count(len(names), 'setting')}")
    told = "trained on "
    if all(name.startswith(told) for name in names):
        return escape(f"when {told}{words.listed([name.removeprefix(told) for name in names])}")
    return escape(f"with {words.listed(names)}")
