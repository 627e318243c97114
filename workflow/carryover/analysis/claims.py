"""Claims of the reports and their verdicts, each with the numbers that decide it.

A verdict is decided at the 95% level: by Wilson's interval of a share of runs, by the interval of a mean or of a
difference of means, or by an exact permutation test where a mean does not exist. Runs whose settings are not the
published ones decide nothing; their numbers are shown all the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from carryover.analysis import wording
from carryover.analysis.quantities import ALONE_NOTE, TIMED, Point, Results, better_is_higher
from carryover.analysis.statistics import (
    LEVEL,
    MIN_SEEDS,
    Comparison,
    Sample,
    compare,
    sample,
    share_interval,
    spread,
)
from carryover.settings.claims import (
    BetterThan,
    Claim,
    Equivalent,
    Fails,
    FasterThan,
    Ordered,
    Quantity,
    SmootherThan,
    SolvesWithin,
    ValueClaim,
)
from carryover.settings.values import At

SUPPORTED, REFUTED, INCONCLUSIVE = "supported", "refuted", "inconclusive"
NOT_TESTED = "not tested at this scale"
SOLVED_AT = (
    0.999  # validation exact match at two consecutive validations: the project's word for a solved task
)

_CLAIM: TypeAdapter[Any] = TypeAdapter(Claim)
COLUMNS = (
    "study",
    "id",
    "report",
    "place",
    "text",
    "kind",
    "verdict",
    "evidence",
    "reason",
    "because",
    "note",
)


@dataclass(frozen=True)
class Finding:
    """What the runs say about a claim: the verdict, the numbers as one sentence, and why it is not more."""

    verdict: str
    evidence: str
    reason: str = ""


def verdicts(results: Results, timed: bool) -> list[dict[str, Any]]:
    """One row (COLUMNS) a claim of the plan: those about time where `timed`, else all others."""
    rows = []
    for study in results.plan["studies"]:
        for data in study["claims"]:
            claim = _CLAIM.validate_json(json.dumps(data))
            if is_timed(claim) != timed:
                continue
            finding = judge(results, study, claim)
            rows.append(
                {
                    "study": study["name"],
                    "id": claim.id,
                    "report": study["report"],
                    "place": claim.place,
                    "text": claim.text,
                    "kind": claim.kind,
                    "verdict": finding.verdict,
                    "evidence": finding.evidence,
                    "reason": finding.reason,
                    "because": claim.because,
                    "note": claim.note,
                }
            )
    return rows


def is_timed(claim: Any) -> bool:
    """Whether a claim is about measured time, which no promise of equal results covers."""
    of = getattr(claim, "of", None)
    metric = of.metric if isinstance(of, Quantity) else of
    return metric in TIMED


def judge(results: Results, study: Mapping[str, Any], claim: Any) -> Finding:
    """The verdict on one claim of a study."""
    metric = _metric(claim)
    sides: list[list[Point]] = [results.select(study, at) for at in _selected(claim)]
    for at, points in zip(_selected(claim), sides, strict=True):
        if not points:
            return Finding(NOT_TESTED, "", f"no run here has {wording.point_name(at)}")
    deciding = [[point for point in points if point.decides(metric)] for points in sides]
    decides = all(deciding)
    runs = [_runs_of(points) for points in (deciding if decides else sides)]
    missing = sum(len(side) for side in runs) - sum(len(results.available(side)) for side in runs)
    available = [results.available(side) for side in runs]
    if not all(available):
        return Finding(NOT_TESTED, "", "not available: no run of one side has results")
    if is_timed(claim):
        available = [results.alone(side) for side in available]
        together = [run for side in available for run in side]
        if min(map(len, available)) < MIN_SEEDS:
            return Finding(NOT_TESTED, "", f"{ALONE_NOTE}; {len(together)} of {sum(map(len, runs))} were")
        if not results.same_machine(together):
            return Finding(NOT_TESTED, "", "times on different machines do not compare")
    finding = _JUDGES[type(claim)](results, claim, available)
    if not decides:
        differs = sorted({path for points in sides for point in points for path in point.differs})
        reason = f"the runs here differ from the published settings in {', '.join(differs)}"
        return Finding(NOT_TESTED, f"At this scale: {finding.evidence}", reason)
    if missing:
        note = f"{wording.runs(missing)} not available"
        finding = replace(finding, reason=f"{finding.reason}; {note}" if finding.reason else note)
    return finding


def _metric(claim: Any) -> str:
    if isinstance(claim, SmootherThan):
        return "roughness"
    of = getattr(claim, "of", None)
    if of is None:
        return str(claim.metric)
    return of.metric if isinstance(of, Quantity) else str(of)


def _selected(claim: Any) -> list[At]:
    if isinstance(claim, Ordered):
        return list(claim.points)
    return [claim.at] if hasattr(claim, "at") else [claim.a, claim.b]


def _runs_of(points: Sequence[Point]) -> list[str]:
    return list(dict.fromkeys(run for point in points for run in point.runs))


def _few(count: int) -> str:
    return f"{wording.seeds(count)}; a verdict needs at least {MIN_SEEDS}"


# --- claims about one side ---


def _solves_within(results: Results, claim: SolvesWithin, sides: list[list[str]]) -> Finding:
    (runs,) = sides
    outcomes = [_reached_within(results, claim, run) for run in runs]
    reached, unknown = outcomes.count(True), outcomes.count(None)
    sign = "at most" if claim.below else "at least"
    evidence = (
        f"{wording.point_name(claim.at)}: {reached} of {len(runs)} runs reached validation {claim.metric} "
        f"{sign} {claim.threshold:g} within {claim.steps:,} steps"
    )
    return _most(evidence, reached, unknown, len(runs), claim.share)


def _reached_within(results: Results, claim: SolvesWithin, run: str) -> bool | None:
    """Whether the run got there in time; None where it was trained too short to tell."""
    steps, values = results.curve(run, claim.metric)
    if claim.metric == "exact_match" and claim.threshold == SOLVED_AT and not claim.below:
        solving = results.steps_to_solve([run])
        if not solving.censored[0]:
            return bool(solving.values[0] <= claim.steps)
    else:
        early = values[steps <= claim.steps]
        if (early <= claim.threshold if claim.below else early >= claim.threshold).any():
            return True
    trained = int(steps[-1]) if steps.size else 0
    return None if trained < claim.steps and results.status(run) == "finished" else False


def _fails(results: Results, claim: Fails, sides: list[list[str]]) -> Finding:
    (runs,) = sides
    higher = better_is_higher(claim.of.metric, claim.of.better)
    best = [_best(results, claim.of, run, higher) for run in runs]
    there = [value for value in best if not np.isnan(value)]
    failed = sum(value < claim.threshold if higher else value > claim.threshold for value in there)
    evidence = (
        f"{wording.point_name(claim.at)}: {failed} of {len(there)} runs stayed {'below' if higher else 'above'} "
        f"{_name(claim.of)} {claim.threshold:g}"
    )
    if there:
        closest = max(there) if higher else min(there)
        reached = wording.number(closest, claim.of.metric)
        evidence += f"; the {'highest' if higher else 'lowest'} that any reached is {reached}"
    return _most(evidence, failed, 0, len(there), claim.share)


def _best(results: Results, of: Quantity, run: str, higher: bool) -> float:
    """The best validation value so far (to fail is to stay short to the end), or the value on a test split."""
    steps, values = results.curve(run, of.metric) if of.suite is None else (np.empty(0), np.empty(0))
    if not values.size:
        return float(results.sample(of, [run]).values[0])
    early = values[steps <= of.at_step] if of.at_step is not None else values
    if not early.size or (of.at_step is not None and not results.reached(run, of.at_step)):
        return float("nan")
    return float(early.max() if higher else early.min())


def _most(evidence: str, successes: int, unknown: int, trials: int, share: float) -> Finding:
    """Whether the share of runs is at least `share`, by Wilson's interval; unknown ones count against a decision."""
    certain, possible = share_interval(successes, trials), share_interval(successes + unknown, trials)
    if certain is None or possible is None:
        return Finding(INCONCLUSIVE, f"{evidence}.", _few(trials))
    low, high = certain[0], possible[1]
    evidence = f"{evidence} (share{wording.interval(low, high, 'share')})."
    if low >= share:
        return Finding(SUPPORTED, evidence)
    if high < share:
        return Finding(REFUTED, evidence)
    reason = (
        f"{wording.runs(unknown, past=True)} trained too short to tell"
        if unknown
        else f"the interval holds {share:g}"
    )
    return Finding(INCONCLUSIVE, evidence, reason)


def _value(results: Results, claim: ValueClaim, sides: list[list[str]]) -> Finding:
    (runs,) = sides
    values = results.sample(claim.of, runs).available()
    bounds = _bounds(claim.low, claim.high)
    evidence = (
        f"{wording.point_name(claim.at)}: {_name(claim.of)} {wording.of_sample(values, claim.of.metric)}, "
        f"against {bounds}."
    )
    low = -np.inf if claim.low is None else claim.low
    high = np.inf if claim.high is None else claim.high
    if claim.of.metric in ("parameters", "steps") and len(values) and np.ptp(values.values) == 0:
        return Finding(
            SUPPORTED if low <= values.values[0] <= high else REFUTED, evidence
        )  # nothing random in it
    found = spread(values.values, claim.of.metric)
    if values.censored.any():
        return Finding(INCONCLUSIVE, evidence, "some runs never solved the task, so there is no mean")
    if found.low is None or found.high is None:
        reason = (
            _few(len(values)) if found.seeds < MIN_SEEDS else "some values are infinite, so there is no mean"
        )
        return Finding(INCONCLUSIVE, evidence, reason)
    if low <= found.low and found.high <= high:
        return Finding(SUPPORTED, evidence)
    if found.high < low or found.low > high:
        return Finding(REFUTED, evidence)
    return Finding(INCONCLUSIVE, evidence, "the interval of the mean crosses a bound")


def _bounds(low: float | None, high: float | None) -> str:
    if low is None:
        return f"at most {high:g}"
    return f"at least {low:g}" if high is None else f"{low:g} to {high:g}"


# --- claims that compare ---


def _better_than(results: Results, claim: BetterThan, sides: list[list[str]]) -> Finding:
    a, b, paired = _two(results, claim.of, claim.of_b, sides)
    comparison = compare(a, b, better_is_higher(claim.of.metric, claim.of.better), paired)
    first, second = _two_names(claim.a, claim.b, claim.of, claim.of_b)
    return _directed(_against(first, a, claim.of.metric, second, b, comparison), comparison, a, b)


def _faster_than(results: Results, claim: FasterThan, sides: list[list[str]]) -> Finding:
    return _better_than(results, _as_better(claim, Quantity(metric=claim.of, better="lower")), sides)


def _as_better(claim: FasterThan, of: Quantity) -> BetterThan:
    return BetterThan(id=claim.id, text=claim.text, kind="better_than", a=claim.a, b=claim.b, of=of)


def _smoother_than(results: Results, claim: SmootherThan, sides: list[list[str]]) -> Finding:
    a, b = (sample([results.roughness(run, claim.metric) for run in runs]) for runs in sides)
    comparison = compare(a, b, higher_is_better=False)
    name = f"mean worsening of validation {claim.metric} between validations"
    first, second = (f"{wording.point_name(at)}: {name}" for at in (claim.a, claim.b))
    return _directed(_against(first, a, "roughness", second, b, comparison), comparison, a, b)


def _equivalent(results: Results, claim: Equivalent, sides: list[list[str]]) -> Finding:
    a, b, paired = _two(results, claim.of, claim.of_b, sides)
    comparison = compare(a, b, better_is_higher(claim.of.metric, claim.of.better), paired)
    first, second = _two_names(claim.a, claim.b, claim.of, claim.of_b)
    evidence = f"{_against(first, a, claim.of.metric, second, b, comparison)[:-1]}; margin {claim.margin:g}."
    if comparison.low is None or comparison.high is None:
        return Finding(INCONCLUSIVE, evidence, _why_open(comparison, a, b))
    if -claim.margin <= comparison.low and comparison.high <= claim.margin:
        return Finding(SUPPORTED, evidence)
    if comparison.low > claim.margin or comparison.high < -claim.margin:
        return Finding(REFUTED, evidence)
    return Finding(INCONCLUSIVE, evidence, "the interval of the difference reaches beyond the margin")


def _ordered(results: Results, claim: Ordered, sides: list[list[str]]) -> Finding:
    """Supported where each is better than the next; refuted where any is worse than a later one (Bonferroni)."""
    metric, higher = claim.of.metric, better_is_higher(claim.of.metric, claim.of.better)
    samples = [results.sample(claim.of, runs) for runs in sides]
    names = [wording.point_name(at) for at in claim.points]
    described = (
        f"{name}: {wording.of_sample(one, metric)}" for name, one in zip(names, samples, strict=True)
    )
    evidence = f"{_name(claim.of)}, claimed best first: {'; '.join(described)}."
    if any(len(one.available()) < MIN_SEEDS for one in samples):
        return Finding(INCONCLUSIVE, evidence, _few(min(len(one.available()) for one in samples)))
    pairs = list(combinations(range(len(samples)), 2))
    strict = 1 - (1 - LEVEL) / len(pairs)
    for i, j in pairs:
        if compare(samples[i], samples[j], higher, level=strict).decided == "worse":
            return Finding(REFUTED, evidence, f"{names[j]} is better than {names[i]}")
    undecided = [
        f"{names[i]} and {names[j]}"
        for i, j in pairwise(range(len(samples)))
        if compare(samples[i], samples[j], higher).decided != "better"
    ]
    if undecided:
        return Finding(INCONCLUSIVE, evidence, f"the runs do not tell apart {', '.join(undecided)}")
    return Finding(SUPPORTED, evidence)


def _two(
    results: Results, of: Quantity, of_b: Quantity | None, sides: list[list[str]]
) -> tuple[Sample, Sample, bool]:
    """Both samples, and whether they are two quantities of the same runs, which then are compared pair by pair."""
    a, b = results.sample(of, sides[0]), results.sample(of_b or of, sides[1])
    return a, b, of_b is not None and sides[0] == sides[1]


def _two_names(at_a: At, at_b: At, of: Quantity, of_b: Quantity | None) -> tuple[str, str]:
    return f"{wording.point_name(at_a)}: {_name(of)}", f"{wording.point_name(at_b)}: {_name(of_b or of)}"


def _against(first: str, a: Sample, metric: str, second: str, b: Sample, comparison: Comparison) -> str:
    compared = wording.of_comparison(comparison)
    sides = f"{first} {wording.of_sample(a, metric)}; {second} {wording.of_sample(b, metric)}"
    return f"{sides}; {compared}." if compared else f"{sides}."


def _directed(evidence: str, comparison: Comparison, a: Sample, b: Sample) -> Finding:
    if comparison.decided == "better":
        return Finding(SUPPORTED, evidence)
    if comparison.decided == "worse":
        return Finding(REFUTED, evidence)
    return Finding(INCONCLUSIVE, evidence, _why_open(comparison, a, b))


def _why_open(comparison: Comparison, a: Sample, b: Sample) -> str:
    smaller = min(len(a.available()), len(b.available()))
    if smaller < MIN_SEEDS:
        return _few(smaller)
    if comparison.low is None and comparison.decided is not None:
        return "runs without a value leave no difference of means to hold against it"
    if comparison.low is None:
        return "the order of the runs is within chance (some never solved the task or have no finite value)"
    return "both are equal in every run" if comparison.low == comparison.high == 0 else "the interval holds 0"


def _name(of: Quantity) -> str:
    """A quantity in words: metric, and where it is read."""
    if of.suite is not None:
        place = f" on {of.suite}/{of.split}" + ("" if of.stratum == "all" else f" ({of.stratum})")
    else:
        place = f" at step {of.at_step:,}" if of.at_step is not None else ""
    return f"{wording.metric(of.metric)}{place}"


_JUDGES: dict[type, Callable[[Results, Any, list[list[str]]], Finding]] = {
    SolvesWithin: _solves_within,
    Fails: _fails,
    BetterThan: _better_than,
    FasterThan: _faster_than,
    SmootherThan: _smoother_than,
    Equivalent: _equivalent,
    Ordered: _ordered,
    ValueClaim: _value,
}
