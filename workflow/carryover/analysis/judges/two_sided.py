"""Judges of claims that compare settings. Each gets the runs of every side."""

from __future__ import annotations

from itertools import combinations, pairwise

from carryover.analysis import wording
from carryover.analysis.judges.finding import (
    INCONCLUSIVE,
    REFUTED,
    SUPPORTED,
    Finding,
    Reason,
    name_of,
    too_few,
)
from carryover.analysis.quantities import Results
from carryover.analysis.statistics import LEVEL, MIN_SEEDS, Comparison, Sample, compare, sample
from carryover.metrics import higher_is_better
from carryover.settings.claims import BetterThan, Equivalent, FasterThan, Ordered, Quantity, SmootherThan
from carryover.settings.values import At


def better_than(results: Results, claim: BetterThan, sides: list[list[str]]) -> Finding:
    """Whether the first side is better than the second."""
    a, b, paired = _two(results, claim.of, claim.of_b, sides)
    comparison = compare(a, b, higher_is_better(claim.of.metric, claim.of.better), paired)
    first, second = _two_names(claim.a, claim.b, claim.of, claim.of_b)
    return _directed(_against(first, a, claim.of.metric, second, b, comparison), comparison, a, b)


def faster_than(results: Results, claim: FasterThan, sides: list[list[str]]) -> Finding:
    """Whether the first side needs less of what is counted than the second."""
    return better_than(results, _as_better(claim, Quantity(metric=claim.of, better="lower")), sides)


def _as_better(claim: FasterThan, of: Quantity) -> BetterThan:
    return BetterThan(id=claim.id, text=claim.text, kind="better_than", a=claim.a, b=claim.b, of=of)


def smoother_than(results: Results, claim: SmootherThan, sides: list[list[str]]) -> Finding:
    """Whether the validation metric worsens less on the first side than on the second."""
    a, b = (sample([results.roughness(run, claim.metric) for run in runs]) for runs in sides)
    comparison = compare(a, b, higher_is_better=False)
    name = f"mean worsening of validation {claim.metric} between validations"
    first, second = (f"{wording.setting_name(at)}: {name}" for at in (claim.a, claim.b))
    return _directed(_against(first, a, "roughness", second, b, comparison), comparison, a, b)


def equivalent(results: Results, claim: Equivalent, sides: list[list[str]]) -> Finding:
    """Whether both sides differ by less than the margin."""
    a, b, paired = _two(results, claim.of, claim.of_b, sides)
    comparison = compare(a, b, higher_is_better(claim.of.metric, claim.of.better), paired)
    first, second = _two_names(claim.a, claim.b, claim.of, claim.of_b)
    evidence = f"{_against(first, a, claim.of.metric, second, b, comparison)[:-1]}; margin {claim.margin:g}."
    if comparison.low is None or comparison.high is None:
        return _open(evidence, comparison, a, b)
    if -claim.margin <= comparison.low and comparison.high <= claim.margin:
        return Finding(SUPPORTED, evidence)
    if comparison.low > claim.margin or comparison.high < -claim.margin:
        return Finding(REFUTED, evidence)
    detail = "the interval of the difference reaches beyond the margin"
    return Finding(INCONCLUSIVE, evidence, Reason.TOO_CLOSE, detail)


def ordered(results: Results, claim: Ordered, sides: list[list[str]]) -> Finding:
    """Supported where each is better than the next; refuted where any is worse than a later one (Bonferroni)."""
    metric, higher = claim.of.metric, higher_is_better(claim.of.metric, claim.of.better)
    samples = [results.sample(claim.of, runs) for runs in sides]
    names = [wording.setting_name(at) for at in claim.points]
    described = (
        f"{name}: {wording.of_sample(one, metric)}" for name, one in zip(names, samples, strict=True)
    )
    evidence = f"{name_of(claim.of)}, claimed best first: {'; '.join(described)}."
    if any(len(one.available()) < MIN_SEEDS for one in samples):
        return too_few(evidence, min(len(one.available()) for one in samples))
    pairs = list(combinations(range(len(samples)), 2))
    strict = 1 - (1 - LEVEL) / len(pairs)
    for i, j in pairs:
        if compare(samples[i], samples[j], higher, level=strict).decided == "worse":
            return Finding(REFUTED, evidence, detail=f"{names[j]} is better than {names[i]}")
    undecided = [
        f"{names[i]} and {names[j]}"
        for i, j in pairwise(range(len(samples)))
        if compare(samples[i], samples[j], higher).decided != "better"
    ]
    if undecided:
        detail = f"the runs do not tell apart {', '.join(undecided)}"
        return Finding(INCONCLUSIVE, evidence, Reason.TOO_CLOSE, detail)
    return Finding(SUPPORTED, evidence)


def _two(
    results: Results, of: Quantity, of_b: Quantity | None, sides: list[list[str]]
) -> tuple[Sample, Sample, bool]:
    """Both samples, and whether they are two quantities of the same runs, which then are compared pair by pair."""
    a, b = results.sample(of, sides[0]), results.sample(of_b or of, sides[1])
    return a, b, of_b is not None and sides[0] == sides[1]


def _two_names(at_a: At, at_b: At, of: Quantity, of_b: Quantity | None) -> tuple[str, str]:
    return (
        f"{wording.setting_name(at_a)}: {name_of(of)}",
        f"{wording.setting_name(at_b)}: {name_of(of_b or of)}",
    )


def _against(first: str, a: Sample, metric: str, second: str, b: Sample, comparison: Comparison) -> str:
    compared = wording.of_comparison(comparison)
    sides = f"{first} {wording.of_sample(a, metric)}; {second} {wording.of_sample(b, metric)}"
    return f"{sides}; {compared}." if compared else f"{sides}."


def _directed(evidence: str, comparison: Comparison, a: Sample, b: Sample) -> Finding:
    if comparison.decided == "better":
        return Finding(SUPPORTED, evidence)
    if comparison.decided == "worse":
        return Finding(REFUTED, evidence)
    return _open(evidence, comparison, a, b)


def _open(evidence: str, comparison: Comparison, a: Sample, b: Sample) -> Finding:
    smaller = min(len(a.available()), len(b.available()))
    if smaller < MIN_SEEDS:
        return too_few(evidence, smaller)
    reason = Reason.TOO_CLOSE
    if comparison.low is None and comparison.decided is not None:
        reason, detail = (
            Reason.NO_MEAN,
            "runs without a value leave no difference of means to hold against it",
        )
    elif comparison.low is None:
        detail = "the order of the runs is within chance (some never solved the task or have no finite value)"
    else:
        equal = comparison.low == comparison.high == 0
        detail = "both are equal in every run" if equal else "the interval holds 0"
    return Finding(INCONCLUSIVE, evidence, reason, detail)
