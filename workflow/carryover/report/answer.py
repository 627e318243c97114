"""The answer of a study in sentences, made from its numbers and nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup, escape

from carryover.analysis.evidence import REFERENCE
from carryover.analysis.judges import DECIDED
from carryover.analysis.readings import CLAIM
from carryover.analysis.statistics import MIN_SEEDS
from carryover.metrics import SHARE, value_range
from carryover.report import markup, words
from carryover.report.tables import records
from carryover.report.view import Setting, Split, StudyResults

MUCH_THE_SAME = 0.005  # a sentence does not distinguish means of shares that are this close


def answer(study: StudyResults) -> Markup:
    """What the study found, in one to three sentences."""
    if not study.settings:
        return Markup("Nothing is trained for it at this scale. ") + _by_reference(study)
    if study.metric is None and study.available:
        return Markup("Not available: none of its runs has results of a test.")
    if study.metric is None:
        return Markup("Not available: none of its runs has results.")
    parts = [
        _solved(study),
        _compared(study) if len(study.available) > 1 else _alone(study),
        _replicates(study),
    ]
    told = Markup(" ").join(part for part in parts if part)
    if study.planned.demonstration:
        return Markup("A demonstration, which decides nothing: ") + told + Markup(" ") + _by_reference(study)
    if study.planned.report and not any(setting.as_published for setting in study.available):
        differs = [any(path.startswith("dataset") for path in setting.differs) for setting in study.available]
        other = (
            "On a smaller task than the report's: "
            if all(differs)
            else "With other settings than the report's: "
        )
        return Markup(other) + told
    return told


def _by_reference(study: StudyResults) -> Markup:
    """How many of the study's claims the committed reference decides."""
    of_claims = study.evidence(CLAIM)
    decided = of_claims[of_claims["word"].isin(DECIDED) & (of_claims["source"] == REFERENCE)]
    if of_claims.empty:
        return Markup("It has no claims.")
    return Markup("The committed reference decides {} of its {}.").format(
        len(decided), words.count(len(of_claims), "claim")
    )


def _solved(study: StudyResults) -> Markup | None:
    """Which settings solve the task, and how fast."""
    if not study.task.solvable:
        return None
    rows = [row for row in records(study.table("solved")) if row["seeds"]]
    if not rows:
        return None
    whole = [row for row in rows if row["solved"] == row["seeds"]]
    if len(rows) == 1:
        return Markup("The task it was trained on was solved by {} of {} runs{}.").format(
            markup.figure("solved", rows[0], "solved"),
            markup.figure("solved", rows[0], "seeds"),
            _median(rows[0]),
        )
    if not any(row["solved"] for row in rows):
        return Markup("No run of {} solved the task it was trained on.").format(
            _all_settings(study, len(rows), "either setting", "any of the {} settings")
        )
    if len(whole) == len(rows):
        lead = Markup("Every run of {} solved the task it was trained on").format(
            _all_settings(study, len(rows), "both settings", "all {} settings")
        )
    else:
        some = [row for row in rows if row["solved"] and row not in whole]
        none = [row for row in rows if not row["solved"]]
        parts = [("in every run", whole), ("in some runs", some), ("in none", none)]
        told = [
            Markup("{} by {}").format(how, _names([study.name_of(row["point"]) for row in group]))
            for how, group in parts
            if group
        ]
        lead = Markup("The task trained on was solved ") + Markup("; ").join(told)
    timed = [row for row in rows if words.none_if_nan(row["median_steps"]) is not None]
    if len(timed) < 2:
        return lead + Markup(".")
    timed.sort(key=lambda row: row["median_steps"])
    fast, slow = timed[0], timed[-1]
    all_have = len(timed) == len(rows)
    if fast["median_steps"] == slow["median_steps"]:
        where = "all after" if all_have else "where at least half of the runs did, after"
        return lead + Markup(", {} a median of {} steps.").format(where, _steps(fast))
    soonest, latest = (
        [study.name_of(row["point"]) for row in timed if row["median_steps"] == end["median_steps"]]
        for end in (fast, slow)
    )
    return lead + Markup(". Soonest: {} (median {} steps); {}: {} ({}).").format(
        _names(soonest),
        _steps(fast),
        "latest" if all_have else "latest of those that at least half of the runs solved",
        _names(latest),
        _steps(slow),
    )


def _all_settings(study: StudyResults, count: int, two: str, more: str) -> Markup:
    counted = markup.count(count, "solved", {"study": study.name})
    return Markup(two) if count == 2 else Markup(more).format(counted)


def _median(row: Mapping[str, Any]) -> Markup:
    return (
        Markup("")
        if words.absent(row["median_steps"])
        else Markup(", in a median of {} steps").format(_steps(row))
    )


def _steps(row: Mapping[str, Any]) -> Markup:
    return markup.figure("solved", row, "median_steps", "steps")


def _names(names: list[str]) -> Markup:
    if len(names) > 4:
        return escape(words.count(len(names), "setting"))
    return escape(words.listed([words.shorten(name, 60) for name in names]))


def _compared(study: StudyResults) -> Markup | None:
    """Best and worst setting on the test on which settings differ most, and on the one before it."""
    metric = study.metric
    assert metric is not None
    known = [split for split in study.measured_splits if _means(study, split, metric)]
    ranked = sorted(known, key=lambda split: -_range(study, split, metric))
    if not ranked:
        return None
    if _range(study, ranked[0], metric) < MUCH_THE_SAME and value_range(metric) == SHARE:
        return _much_the_same(study, ranked, metric)
    sentences = [_best_and_worst(study, ranked[0], metric)]
    hardest = min(known, key=lambda split: _best(study, split, metric))
    if hardest != ranked[0]:
        sentences.append(_best_and_worst(study, hardest, metric))
    return Markup(" ").join(sentences)


def _means(study: StudyResults, split: Split, metric: str) -> list[tuple[float, Setting]]:
    means = [(study.mean(setting, split, metric), setting) for setting in study.available]
    known = [pair for pair in means if math.isfinite(pair[0])]
    return sorted(known, key=lambda pair: pair[0], reverse=value_range(metric) == SHARE)


def _range(study: StudyResults, split: Split, metric: str) -> float:
    means = [mean for mean, _ in _means(study, split, metric)]
    return max(means) - min(means) if means else -1.0


def _best(study: StudyResults, split: Split, metric: str) -> float:
    means = _means(study, split, metric)
    return means[0][0] if means else math.inf


def _best_and_worst(study: StudyResults, split: Split, metric: str) -> Markup:
    means = _means(study, split, metric)
    (_, best), (_, worst) = means[0], means[-1]
    rows = [study.spread(setting, split, metric) for setting in (worst, best)]
    html = Markup("{} is between {} (for {}) and {} (for {})").format(
        _subject(study, split, metric), _spread(rows[0], metric), words.shorten(study.short_name(worst), 70),
        _spread(rows[1], metric), words.shorten(study.short_name(best), 70),
    )  # fmt: skip
    return html + Markup(_overlap(rows[0], rows[1]) + ".")


def _overlap(a: Mapping[str, Any] | None, b: Mapping[str, Any] | None) -> str:
    """Whether the two intervals have values in common; nothing where there are none."""
    assert a is not None
    assert b is not None
    bounds = [words.none_if_nan(row[name]) for row in (a, b) for name in ("low", "high")]
    if None in bounds:
        return f"; no interval with fewer than {MIN_SEEDS} seeds"
    low_a, high_a, low_b, high_b = bounds
    return "; their intervals overlap" if low_a <= high_b and low_b <= high_a else ""


def _much_the_same(study: StudyResults, splits: list[Split], metric: str) -> Markup:
    split = splits[0]
    means = _means(study, split, metric)
    low, high = (study.spread(setting, split, metric) for _, setting in (means[-1], means[0]))
    assert low is not None
    assert high is not None
    numbers = [markup.figure("summary", row, "mean", metric) for row in (low, high)]
    told = Markup("{} is within {:g} for all of them: ").format(_subject(study, split, metric), MUCH_THE_SAME)
    told += (
        numbers[0]
        if numbers[0].striptags() == numbers[1].striptags()
        else Markup("from {} to {}").format(*numbers)
    )
    guessing = study.spread(means[0][1], split, words.baseline_of(metric))
    if guessing is not None and means[0][0] <= guessing["mean"] + MUCH_THE_SAME:
        told += Markup(", and no better than always giving the most frequent answer ({})").format(
            markup.figure("summary", guessing, "mean", "share")
        )
    return told + Markup(".")


def _subject(study: StudyResults, split: Split, metric: str) -> str:
    """`On digits-10, exact match`, or `Exact match on the test` where there is only one."""
    name = words.metric(metric)
    if len(study.splits) > 1:
        return f"On {study.split_name(split)}, {name}"
    return f"{name[0].upper()}{name[1:]} on the test"


def _alone(study: StudyResults) -> Markup | None:
    """One setting: how it does on its tests, best and worst."""
    metric = study.metric
    assert metric is not None
    if not study.available:
        return None
    setting = study.available[0]
    splits = [split for split in study.measured_splits if math.isfinite(study.mean(setting, split, metric))]
    if not splits:
        return None
    splits.sort(key=lambda split: study.mean(setting, split, metric))
    ends = [splits[-1]] if len(splits) == 1 else [splits[-1], splits[0]]
    rows = [study.spread(setting, split, metric) for split in ends]
    told = [
        Markup("{} on {}").format(_spread(row, metric), study.split_name(split))
        for row, split in zip(rows, ends, strict=True)
    ]
    between = Markup(", at worst ") if len(told) > 1 else Markup("")
    best = Markup("at best ") if len(told) > 1 else Markup("")
    name = words.metric(metric)
    if len(study.settings) > 1:
        return Markup("Only {} has results: {} {}{}.").format(
            study.short_name(setting), name, best, between.join(told)
        )
    return Markup("{} is {}{}.").format(name[0].upper() + name[1:], best, between.join(told))


def _spread(row: Mapping[str, Any] | None, metric: str) -> Markup:
    assert row is not None
    return markup.spread("summary", row, metric, brief=True)


def _replicates(study: StudyResults) -> Markup:
    """How many seeds the numbers stand on."""
    counts = [len(study.rows_of_runs(setting)) for setting in study.available]
    if not counts:
        return Markup("")
    low, high = min(counts), max(counts)
    return Markup('<span class="seeds">({} {} a setting)</span>').format(
        words.span(low, high), "seed" if high == 1 else "seeds"
    )
