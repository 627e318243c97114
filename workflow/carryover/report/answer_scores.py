"""The answer to which setting scores best: the order of settings on a test, or that they are too close to rank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from carryover.analysis.statistics import MIN_SEEDS, Sample, sample
from carryover.metrics import SHARE, higher_is_better, value_range
from carryover.report import words
from carryover.report.answer_evidence import (
    MOST_NAMED,
    MUCH_THE_SAME,
    Evidence,
    are_apart,
    listed,
    name_of,
    with_settings,
)
from carryover.report.view import Setting, Split

MOST_RANKED = 8  # settings, whose order one sentence names
TOO_CLOSE = "too close to rank"

Row = Mapping[str, Any]
Ranked = Sequence[tuple[float, Setting]]  # settings with their means, the best first


def scores(evidence: Evidence) -> Markup:
    """How settings score on the test that tells them apart best, and in which order."""
    split = evidence.telling()
    means, where = evidence.means(split), evidence.on(split)
    if not means:
        return Markup("no run has a value of {}").format(words.metric(evidence.metric))
    if len(means) == 1:
        return Markup("{} is {}").format(where, evidence.spread(means[0][1], split))
    if any(_seeds(evidence, one, split) < MIN_SEEDS for _, one in means):
        return Markup("too few seeds to rank settings ({} are needed): {}").format(
            MIN_SEEDS, _ends(evidence, split, means)
        )
    if value_range(evidence.metric) == SHARE and means[0][0] - means[-1][0] < MUCH_THE_SAME:
        (high, best), (_, worst) = means[0], means[-1]
        ends = (evidence.spread(worst, split), evidence.spread(best, split))
        told = Markup("no difference to be seen: {} is from {} to {}").format(where, *ends)
        return told + guessing(evidence, best, split, high)
    return _order(evidence, split, means)


def _order(evidence: Evidence, split: Split, means: Ranked) -> Markup:
    """Which settings are told apart, each from the next and from the first. These comparisons count together."""
    study, where = evidence.study, evidence.on(split)
    tests = _Tests(evidence, split, len(means))
    (_, best), (_, worst) = means[0], means[-1]
    if not tests.apart(best, worst):
        return Markup("{}: {}").format(TOO_CLOSE, _ends(evidence, split, means))
    ends = Markup("{} is highest {}: {}, against {} {}") if _higher(evidence) else Markup(
        "{} is lowest {}: {}, against {} {}"
    )  # fmt: skip
    lead = ends.format(
        where, with_settings(study, [best]), evidence.spread(best, split),
        evidence.spread(worst, split), with_settings(study, [worst]),
    )  # fmt: skip
    if len(means) == 2:
        return lead
    rivals = [one for _, one in means[1:] if not tests.apart(best, one)]
    if len(means) > MOST_RANKED:
        close = f"{len(rivals)} of the other {len(means) - 1} settings are {TOO_CLOSE} with the first"
        return lead + Markup("; {}").format(close if rivals else "no other setting comes close to the first")
    # A new place begins with the first setting that is told apart from the one that leads the place before.
    places: list[list[Setting]] = []
    for _, one in means:
        if not places or tests.apart(places[-1][0], one):
            places.append([])
        places[-1].append(one)
    told = [_place(evidence, split, place) for place in places]
    return Markup("{}: best {} (all {} compared at once)").format(
        where, Markup("; then ").join(told), len(means)
    )


def _place(evidence: Evidence, split: Split, settings: Sequence[Setting]) -> Markup:
    """`rmsprop (0.88), too close to rank with adam (0.87)`."""
    first, *others = (
        Markup("{} ({})").format(name_of(evidence.study, one), evidence.mean(one, split)) for one in settings
    )
    return first + Markup(", {} with {}").format(TOO_CLOSE, listed(others)) if others else first


def _ends(evidence: Evidence, split: Split, means: Ranked) -> Markup:
    """All settings with their intervals; of many the best and the worst, and of how many they are."""
    (_, best), (_, worst) = means[0], means[-1]
    study = evidence.study
    if 2 < len(means) <= MOST_NAMED:
        parts = [evidence.spread(one, split) + " " + with_settings(study, [one]) for _, one in means]
        return Markup("{} is {}").format(evidence.on(split), listed(parts))
    told = Markup("{} is {} {} and {} {}").format(
        evidence.on(split), evidence.spread(best, split), with_settings(study, [best]),
        evidence.spread(worst, split), with_settings(study, [worst]),
    )  # fmt: skip
    return told if len(means) == 2 else told + f", the best and the worst of {len(means)} settings"


@dataclass(frozen=True)
class _Tests:
    """Comparisons on a test, of as many as tell `count` settings apart."""

    evidence: Evidence
    split: Split
    count: int

    def apart(self, a: Setting, b: Setting) -> bool:
        """Whether two settings are told apart."""
        return are_apart(self._sample(a), self._sample(b), _higher(self.evidence), self.count - 1)

    def _sample(self, setting: Setting) -> Sample:
        study, metric = self.evidence.study, self.evidence.metric
        values = study.values(setting, self.split, metric)
        row = study.spread(setting, self.split, metric)
        if row is None or value_range(metric) != SHARE:
            return sample(values)
        return sample(values, [float(row["n"])] * len(values))


def _higher(evidence: Evidence) -> bool:
    return higher_is_better(evidence.metric, "higher")


def _seeds(evidence: Evidence, setting: Setting, split: Split) -> int:
    row = evidence.study.spread(setting, split, evidence.metric)
    return 0 if row is None else int(row["seeds"])


def guessing(evidence: Evidence, setting: Setting, split: Split, mean: float) -> Markup:
    """That a score is no better than always giving the most frequent answer, where it is so."""
    row = evidence.study.spread(setting, split, words.baseline_of(evidence.metric))
    if row is None or mean > row["mean"] + MUCH_THE_SAME:
        return Markup("")
    return Markup(", no better than always giving the most frequent answer ({})").format(
        evidence.number("summary", row, "mean", "share")
    )
