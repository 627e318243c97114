"""Judges of claims that compare settings. Each gets the runs of every side."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, pairwise

from carryover.analysis import wording
from carryover.analysis.designs import Design
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
from carryover.analysis.statistics import MIN_SEEDS, Sample, sample
from carryover.analysis.two_samples import Comparison, compare, p_within
from carryover.metrics import FROM_ZERO, higher_is_better, value_range
from carryover.settings.claims import BetterThan, Equivalent, FasterThan, Ordered, Quantity, SmootherThan
from carryover.settings.values import At

# how two sides were compared → the rule that decides
RULES = {
    "Welch": "Welch's t test, two-sided",
    "paired t": "paired t test, two-sided",
    "exact permutation test": "exact permutation test of the probability that the first beats the second, two-sided",
}


def better_than(results: Results, claim: BetterThan, sides: list[list[str]], design: Design) -> Finding:
    """Whether the first side is better than the second."""
    a, b, paired = _two(results, claim.of, claim.of_b, sides)
    higher = higher_is_better(claim.of.metric, claim.of.better)
    comparison = compare(a, b, higher, paired, 1 - design.level(sides=2))
    first, second = _two_names(claim.a, claim.b, claim.of, claim.of_b)
    return _directed(_against(first, a, claim.of.metric, second, b, comparison), comparison, a, b, design)


def faster_than(results: Results, claim: FasterThan, sides: list[list[str]], design: Design) -> Finding:
    """Whether the first side needs less of what is counted than the second."""
    return better_than(results, _as_better(claim, Quantity(metric=claim.of, better="lower")), sides, design)


def _as_better(claim: FasterThan, of: Quantity) -> BetterThan:
    return BetterThan(id=claim.id, text=claim.text, kind="better_than", a=claim.a, b=claim.b, of=of)


def smoother_than(results: Results, claim: SmootherThan, sides: list[list[str]], design: Design) -> Finding:
    """Whether the curve of a validation metric is less rough on the first side than on the second."""
    a, b = (sample([results.roughness(run, claim.metric) for run in runs]) for runs in sides)
    comparison = compare(a, b, higher_is_better=False, level=1 - design.level(sides=2))
    of_logs = value_range(claim.metric) == FROM_ZERO
    name = (
        f"mean turn of the logarithm of validation {wording.metric(claim.metric)}"
        if of_logs
        else f"mean worsening of validation {wording.metric(claim.metric)} between validations"
    )
    first, second = (f"{wording.setting_name(at)}: {name}" for at in (claim.a, claim.b))
    return _directed(_against(first, a, "roughness", second, b, comparison), comparison, a, b, design)


def equivalent(results: Results, claim: Equivalent, sides: list[list[str]], design: Design) -> Finding:
    """Whether both sides differ by less than the margin."""
    a, b, paired = _two(results, claim.of, claim.of_b, sides)
    error = design.level(sides=1)
    higher = higher_is_better(claim.of.metric, claim.of.better)
    comparison = compare(a, b, higher, paired, 1 - 2 * error)
    first, second = _two_names(claim.a, claim.b, claim.of, claim.of_b)
    evidence = f"{_against(first, a, claim.of.metric, second, b, comparison)[:-1]}; margin {claim.margin:g}."
    if comparison.low is None or comparison.high is None:
        return _open(evidence, comparison, a, b)
    within, beyond = p_within(comparison, claim.margin)
    verdict, nominal = (SUPPORTED, within) if within <= beyond else (REFUTED, beyond)
    rule, p = "two one-sided t tests against the margin", design.overall(nominal, nominal <= error)
    if nominal <= error:
        return Finding(verdict, evidence, rule=rule, p=p)
    detail = "the interval of the difference reaches beyond the margin"
    return Finding(INCONCLUSIVE, evidence, Reason.TOO_CLOSE, detail, rule, p)


def ordered(results: Results, claim: Ordered, sides: list[list[str]], design: Design) -> Finding:
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
    level = design.level(sides=2)
    rule = "t tests: each against the next; refuted by any pair (Bonferroni)"
    turned = [
        (pair, compare(samples[pair[0]], samples[pair[1]], higher, level=1 - level / len(pairs)))
        for pair in pairs
    ]
    worse = [(comparison.p or 0.0, pair) for pair, comparison in turned if comparison.decided == "worse"]
    if worse:
        smallest, (i, j) = min(worse)
        detail = f"{names[j]} is better than {names[i]}"
        return Finding(REFUTED, evidence, None, detail, rule, design.overall(smallest * len(pairs), True))
    steps = [
        compare(samples[i], samples[j], higher, level=1 - level) for i, j in pairwise(range(len(samples)))
    ]
    p = max(_p_of(comparison, "better") for comparison in steps)
    undecided = [
        f"{first} and {second}"
        for (first, second), comparison in zip(pairwise(names), steps, strict=True)
        if comparison.decided != "better"
    ]
    if undecided:
        detail = f"the runs do not tell apart {', '.join(undecided)}"
        return Finding(INCONCLUSIVE, evidence, Reason.TOO_CLOSE, detail, rule, design.overall(p, False))
    return Finding(SUPPORTED, evidence, rule=rule, p=design.overall(p, True))


def _p_of(comparison: Comparison, direction: str) -> float:
    """The p value of a comparison that came out in this direction; 1 where it did not."""
    came_out = comparison.probability is not None and comparison.probability > 0.5
    return comparison.p if comparison.p is not None and came_out == (direction == "better") else 1.0


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


def _directed(evidence: str, comparison: Comparison, a: Sample, b: Sample, design: Design) -> Finding:
    rule = RULES.get(comparison.method, "")
    p = None if comparison.p is None else design.overall(comparison.p, comparison.decided is not None)
    if comparison.decided is not None:
        return Finding(SUPPORTED if comparison.decided == "better" else REFUTED, evidence, rule=rule, p=p)
    return replace(_open(evidence, comparison, a, b), rule=rule, p=p)


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
        equal = len({*a.available().values, *b.available().values}) == 1
        detail = "both are equal in every run, so this cannot tell" if equal else "the interval holds 0"
    return Finding(INCONCLUSIVE, evidence, reason, detail)
