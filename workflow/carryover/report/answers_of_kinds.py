"""The sentence that answers a question, by the kind of the question."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup, escape

from carryover.analysis.statistics import MIN_SEEDS, Sample
from carryover.metrics import SHARE, value_range
from carryover.report import words
from carryover.report.answer_evidence import MOST_NAMED, Evidence, are_apart, listed, name_of, with_settings
from carryover.report.answer_scores import TOO_CLOSE, guessing, scores
from carryover.report.tables import records
from carryover.report.view import Setting, StudyResults

KEPT = 0.99  # exact match from which on a test counts as done

Row = Mapping[str, Any]


def sentence(evidence: Evidence) -> Markup:
    """The answer, without capital and full stop."""
    study = evidence.study
    if _is_transfer(study):
        return _carries_over(evidence)
    if _is_solved(study):
        return _solves(evidence)
    return _in_training(evidence) if _read_in_training(study) else scores(evidence)


def measure(evidence: Evidence) -> str:
    """The metric in which the answer is told. The figure beside it shows the same."""
    study = evidence.study
    if _is_transfer(study):
        return evidence.metric
    if _is_solved(study):
        return "solved_at"
    return next(iter(_read_in_training(study)), evidence.metric)


def _is_solved(study: StudyResults) -> bool:
    """Whether the task can be solved, and some run has."""
    return study.task.solvable and any(row["solved"] for row in records(study.table("solved")))


def _is_transfer(study: StudyResults) -> bool:
    """Whether settings differ in what they were trained on, and were tested on other data too."""
    trained_on = {str(setting.values.get("dataset")) for setting in study.available}
    shares = study.metric is not None and value_range(study.metric) == SHARE
    return shares and len(trained_on) > 1 and len(study.measured_splits) > 1


def _read_in_training(study: StudyResults) -> dict[str, list[Row]]:
    """Metric → our values at the end of training, where all that a report prints for a study is read there.

    Those of the validation split come first.
    """
    printed = study.planned.published
    if not printed or any(item.suite or item.at_step for item in printed):
        return {}
    rows: dict[str, list[Row]] = {}
    available = {setting.label for setting in study.available}
    for row in records(study.table("published")):
        if row["point"] in available and not words.absent(row["mean"]):
            rows.setdefault(str(row["metric"]), []).append(row)
    return {metric: rows[metric] for metric in sorted(rows, key=lambda name: name.startswith("train_"))}


# --- what carries over ---


def _carries_over(evidence: Evidence) -> Markup:
    """Which training data are enough for every test, and where the others fail."""
    study, metric = evidence.study, words.metric(evidence.metric)
    worst = {one.label: _extreme(evidence, one, min) for one in study.available}
    settings = [one for one in study.available if worst[one.label] is not None]
    if len(settings) > MOST_NAMED + 3:
        return _by_training(evidence)
    good = [one for one in settings if worst[one.label][1] >= KEPT]
    bad = sorted((one for one in settings if one not in good), key=lambda one: worst[one.label][1])
    if not good and len(settings) <= 3:
        parts = [_best_and_worst_test(evidence, one) for one in settings]
        return escape(metric) + Markup(" is ") + Markup("; ").join(parts)
    if not good:
        return scores(evidence)
    # Of those that fail, the nearest: it says from which training data on there is enough.
    lowest = bad[-1] if bad else min(good, key=lambda one: worst[one.label][1])
    split, _ = worst[lowest.label]
    if not bad:
        return Markup(
            "every setting keeps a mean {} of {} or more on every test ({}); the lowest is {} on {}"
        ).format(metric, KEPT, evidence.tests(good), evidence.spread(lowest, split), study.split_name(split))
    return Markup("mean {} stays at {} or more on every test ({}) {}; {}, it falls to {} on {}").format(
        metric, KEPT, evidence.tests(good), with_settings(study, good),
        with_settings(study, [lowest]), evidence.spread(lowest, split), study.split_name(split),
    )  # fmt: skip


def _by_training(evidence: Evidence) -> Markup:
    """How far the other settings move the test that tells most, for each of the training data."""
    split = evidence.telling()
    groups: dict[str, list[Setting]] = {}
    for _, one in evidence.means(split):
        groups.setdefault(str(one.values.get("dataset", "")), []).append(one)
    if len(groups) == 1 or any(len(group) == 1 for group in groups.values()):
        return scores(evidence)
    parts = []
    for group in groups.values():
        best, worst = group[0], group[-1]
        parts.append(
            Markup("from {} {} to {} {}, over {}").format(
                evidence.spread(worst, split), with_settings(evidence.study, [worst]),
                evidence.spread(best, split), with_settings(evidence.study, [best]), words.count(len(group), "setting"),
            )
        )  # fmt: skip
    return Markup("{} is {}").format(evidence.on(split), Markup("; and ").join(parts))


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
        with_settings(evidence.study, [setting]),
    )  # fmt: skip


# --- what is read in training ---


def _in_training(evidence: Evidence) -> Markup:
    """Where training ends, in the metrics that the report prints; and whether a test shows that nothing is learned."""
    study = evidence.study
    by_label = {setting.label: setting for setting in study.available}
    parts = []
    for metric, rows in _read_in_training(study).items():
        told = [
            evidence.told("published", row, metric) + " " + with_settings(study, [by_label[row["point"]]])
            for row in rows
        ]
        name = words.metric(metric) if metric.startswith("train_") else f"validation {words.metric(metric)}"
        parts.append(Markup("{} at the end is {}").format(name, listed(told)))
    split = evidence.telling()
    mean, best = evidence.means(split)[0]
    guessed = guessing(evidence, best, split, mean)
    if guessed:
        parts.append(Markup("{} is {}{}").format(evidence.on(split), evidence.spread(best, split), guessed))
    return Markup("; ").join(parts)


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
        _all_runs(evidence, timed, by_label, alone=not some and not none)
        if timed
        else Markup("no setting solves the task in all its runs")
    ]
    parts += [
        Markup("{} of {} runs {} so {}").format(
            evidence.number("solved", row, "solved", "solved"),
            evidence.number("solved", row, "seeds", "seeds"),
            "does" if row["solved"] == 1 else "do",
            with_settings(study, [by_label[row["point"]]]),
        )
        for row in some
    ]
    for seeds in dict.fromkeys(int(row["seeds"]) for row in none):
        alike = [by_label[row["point"]] for row in none if row["seeds"] == seeds]
        few = "the only run does not" if seeds == 1 else f"the {seeds} runs do not"
        runs = few if seeds < MIN_SEEDS else "no run does so"
        parts.append(Markup("{} {}").format(runs, with_settings(study, alike)))
    if len(timed) > 1:
        enough = [by_label[row["point"]] for row in timed if row["seeds"] >= MIN_SEEDS]
        parts.insert(1, _ranked(study, enough) if len(enough) > 1 else Markup("too few seeds to rank"))
    beyond = _beyond(evidence)
    return Markup("; ").join([*parts, *([beyond] if beyond and not some and not none else [])])


def _ranked(study: StudyResults, settings: Sequence[Setting]) -> Markup:
    """From which of the others the soonest is told apart. All these comparisons count together."""
    first, *others = settings
    later = [one for one in others if _is_sooner(study, first, one, len(others))]
    close = [name_of(study, one) for one in others if one not in later]
    if not later:
        return Markup(TOO_CLOSE)
    than = words.listed([name_of(study, one) for one in later])
    told = f"{name_of(study, first)} is sooner than {than} by more than chance"
    told += f", and {TOO_CLOSE} with {words.listed(close)}" if close else ""
    return escape(told.replace("trained on", "training on"))


def _all_runs(
    evidence: Evidence, timed: Sequence[Row], by_label: Mapping[str, Setting], alone: bool
) -> Markup:
    """`all 5 runs of each setting solve the task, the median one after 375 steps with LSTM, 425 with RNN and GRU`.

    timed: the rows of `solved` of settings that solve it in all runs, the soonest first. alone: there are no others.
    """
    seeds = {int(row["seeds"]) for row in timed}
    groups: dict[tuple[float, bool], list[Row]] = {}
    for row in timed:
        # Where others have several runs, a single one is told.
        single = len(seeds) > 1 and row["seeds"] == 1
        groups.setdefault((float(row["median_steps"]), single), []).append(row)

    def names(rows: Sequence[Row]) -> Markup:
        return Markup(" ") + with_settings(evidence.study, [by_label[row["point"]] for row in rows])

    nothing = Markup("")
    told = [
        Markup("{}{}{}").format(
            evidence.number("solved", rows[0], "median_steps", "steps"),
            "" if place else " steps",
            (names(rows) if len(timed) > 1 else nothing) + (" (1 run)" if single else ""),
        )
        for place, ((_, single), rows) in enumerate(groups.items())
    ]
    after = Markup(", ").join(told)
    if len(timed) == 1:
        solved_with, each = nothing if alone else names(timed), ""
    else:
        solved_with, each = nothing, f"of {'each setting' if alone else words.count(len(timed), 'setting')} "
    if seeds == {1}:
        who = "the one run solves" if len(timed) == 1 else f"the one run {each}solves"
        return Markup("{} the task{}, after {}").format(who, solved_with, after)
    same = len(seeds) == 1 and (alone or len(timed) == 1)
    number = evidence.number("solved", timed[0], "seeds", "seeds") + " " if same else nothing
    return Markup("all {}runs {}solve the task{}, the median one after {}").format(
        number, each, solved_with, after
    )


def _many(
    evidence: Evidence, count: int, timed: Sequence[Row], some: Sequence[Row], none: Sequence[Row],
    by_label: Mapping[str, Setting],
) -> Markup:  # fmt: skip
    """Of many settings: how many solve their task, and the soonest; for each training set where these differ."""
    if not some and not none:
        lead = Markup("all runs of all {} settings solve their task").format(count)
    else:
        parts = [(len(timed), "in all their runs"), (len(some), "in some of them"), (len(none), "in none")]
        shown = [f"{number} {how}" for number, how in parts if number]
        lead = Markup("of {} settings, {} solve their task").format(count, words.listed(shown))
    if not timed:
        return lead
    groups: dict[str, list[Row]] = {}
    for row in timed:
        groups.setdefault(str(by_label[row["point"]].values.get("dataset", "")), []).append(row)
    told = []
    for rows in groups.values():
        first, *others = [by_label[row["point"]] for row in rows]
        close = [one for one in others if not _is_sooner(evidence.study, first, one, len(others))]
        told.append(
            Markup("{}, the median run after {} steps{}").format(
                with_settings(evidence.study, [first]),
                evidence.number("solved", rows[0], "median_steps", "steps"),
                f" ({len(close)} of the other {len(others)} {TOO_CLOSE} with it)" if close else "",
            )
        )
    return lead + Markup("; soonest ") + Markup("; and ").join(told)


def _is_sooner(study: StudyResults, a: Setting, b: Setting, pairs: int) -> bool:
    """Whether one of two settings is decided to solve its task sooner, where so many pairs count together."""
    samples = []
    for setting in (a, b):
        steps = np.array([float(row["solved_at"]) for row in study.rows_of_runs(setting)])
        samples.append(Sample(steps, np.zeros(len(steps), dtype=bool)))
    return are_apart(samples[0], samples[1], higher_is_better=False, pairs=pairs)


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
        return Markup("on every test ({}), mean {} is {} or more").format(
            evidence.tests([one for _, one in means]), words.metric(evidence.metric), KEPT
        )
    return Markup("{} {} {} and more with the others").format(
        where, low, with_settings(evidence.study, [worst])
    )
