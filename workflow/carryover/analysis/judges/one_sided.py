"""Judges of claims about one setting. Each gets the runs of that setting."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from carryover.analysis import shares, wording
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
from carryover.analysis.statistics import MIN_SEEDS, Sample, p_of_mean
from carryover.metrics import higher_is_better
from carryover.settings.claims import Fails, Quantity, SolvesWithin, ValueClaim
from carryover.settings.training import SOLVED_AT


def solves_within(results: Results, claim: SolvesWithin, sides: list[list[str]], design: Design) -> Finding:
    """Whether runs reach the threshold on validation in so many steps, in most seeds."""
    (runs,) = sides
    outcomes = [reached_within(results, claim, run) for run in runs]
    sign = "at most" if claim.below else "at least"
    reached = outcomes.count(True)
    evidence = (
        f"{wording.setting_name(claim.at)}: {reached} of {len(runs)} runs reached validation "
        f"{wording.metric(claim.metric)} {sign} {claim.threshold:g} within {claim.steps:,} steps"
    )
    return _most(evidence, outcomes, claim.share, design)


def reached_within(results: Results, claim: SolvesWithin, run: str) -> bool | None:
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


def fails(results: Results, claim: Fails, sides: list[list[str]], design: Design) -> Finding:
    """Whether runs stay short of the threshold to the end, in most seeds."""
    (runs,) = sides
    higher = higher_is_better(claim.of.metric, claim.of.better)
    best = best_values(results, claim, runs)
    known = [value for value in best if not np.isnan(value)]
    stayed: list[bool | None] = [stays_short(claim, value) for value in known]
    failed = stayed.count(True)
    evidence = (
        f"{wording.setting_name(claim.at)}: {failed} of {len(known)} runs stayed {'below' if higher else 'above'} "
        f"{name_of(claim.of)} {claim.threshold:g}"
    )
    if not known:
        evidence = f"{wording.setting_name(claim.at)}: no run has a value of {name_of(claim.of)}"
    else:
        closest = max(known) if higher else min(known)
        reached = wording.number(closest, claim.of.metric)
        evidence += f"; the {'highest' if higher else 'lowest'} that any reached is {reached}"
    return _most(evidence, stayed, claim.share, design)


def best_values(results: Results, claim: Fails, runs: Sequence[str]) -> list[float]:
    """The best value of each run, NaN where it has none."""
    higher = higher_is_better(claim.of.metric, claim.of.better)
    return [_best(results, claim.of, run, higher) for run in runs]


def stays_short(claim: Fails, best: float) -> bool:
    """Whether a run whose best value this is never reaches the threshold."""
    higher = higher_is_better(claim.of.metric, claim.of.better)
    return best < claim.threshold if higher else best > claim.threshold


def _best(results: Results, of: Quantity, run: str, higher: bool) -> float:
    """The best validation value so far (to fail is to stay short to the end), or the value on a test split."""
    steps, values = results.curve(run, of.metric) if of.suite is None else (np.empty(0), np.empty(0))
    if not values.size:
        return float(results.sample(of, [run]).values[0])
    early = values[steps <= of.at_step] if of.at_step is not None else values
    if not early.size or (of.at_step is not None and not results.reached(run, of.at_step)):
        return float("nan")
    return float(early.max() if higher else early.min())


def _most(evidence: str, outcomes: Sequence[bool | None], bound: float, design: Design) -> Finding:
    """Whether more than a share `bound` of the runs did it. Unknown outcomes (None) count against a decision."""
    yes = shares.above([outcome is True for outcome in outcomes], bound, design)
    no = shares.above([outcome is False for outcome in outcomes], 1 - bound, design)
    if yes is None and no is None:
        return too_few(
            f"{evidence}.", len(outcomes), min(shares.sizes(bound)[:1] + shares.sizes(1 - bound)[:1])
        )
    tests = [(word, test) for word, test in ((SUPPORTED, yes), (REFUTED, no)) if test is not None]
    verdict, test = min(tests, key=lambda one: one[1].p)
    rule = f"exact binomial test, one-sided: more than {bound:g} of the runs"
    used = f" Decided by the first {test.runs}." if test.runs < len(outcomes) else ""
    evidence = f"{evidence}.{used}"
    if test.decided:
        return Finding(verdict, evidence, rule=rule, p=test.p)
    unknown = outcomes.count(None)
    if unknown:
        detail = f"{wording.runs(unknown, past=True)} trained too short to tell"
        return Finding(INCONCLUSIVE, evidence, Reason.TOO_SHORT, detail, rule, test.p)
    detail = (
        f"{outcomes.count(True)} of {len(outcomes)} runs do so, which chance explains too if a share of {bound:g} of "
        f"all runs does (p = {test.p:.2g})"
    )
    return Finding(INCONCLUSIVE, evidence, Reason.TOO_CLOSE, detail, rule, test.p)


def value(results: Results, claim: ValueClaim, sides: list[list[str]], design: Design) -> Finding:
    """Whether the mean lies within the bounds; of a claim of perfection, whether most runs are that good."""
    (runs,) = sides
    values = results.sample(claim.of, runs).available()
    evidence = (
        f"{wording.setting_name(claim.at)}: {name_of(claim.of)} {wording.of_sample(values, claim.of.metric)}, "
        f"against {_bounds(claim.low, claim.high)}."
    )
    low = -np.inf if claim.low is None else claim.low
    high = np.inf if claim.high is None else claim.high
    if claim.of.metric in ("parameters", "steps") and len(values) and np.ptp(values.values) == 0:
        # Nothing is random in it, so one run is enough.
        verdict = SUPPORTED if low <= values.values[0] <= high else REFUTED
        return Finding(verdict, evidence, rule="counted; nothing is random in it")
    if claim.says_perfect:
        perfect = [bool(one >= low) for one in values.values]
        evidence = f"{evidence[:-1]}; {sum(perfect)} of {len(perfect)} runs are that good"
        return _most(evidence, perfect, 0.5, design)
    if values.censored.any():
        return Finding(INCONCLUSIVE, evidence, Reason.NO_MEAN, "some runs never solved the task")
    if len(values) < MIN_SEEDS:
        return too_few(evidence, len(values))
    if not np.isfinite(values.values).all():
        return Finding(INCONCLUSIVE, evidence, Reason.NO_MEAN, "some values are infinite")
    return _of_mean(evidence, values, low, high, design)


def _of_mean(evidence: str, values: Sample, low: float, high: float, design: Design) -> Finding:
    """Whether the mean lies between `low` and `high`, by its interval."""
    inside = 2 * max(p_of_mean(values, low, above=True), p_of_mean(values, high, above=False))
    outside = 2 * min(p_of_mean(values, low, above=False), p_of_mean(values, high, above=True))
    verdict, nominal = (SUPPORTED, inside) if inside <= outside else (REFUTED, outside)
    level = design.level(sides=2)
    decided = nominal <= level
    rule = f"{1 - level:.3g} t interval of the mean"
    p = design.overall(min(1.0, nominal), decided)
    if decided:
        return Finding(verdict, evidence, rule=rule, p=p)
    return Finding(
        INCONCLUSIVE, evidence, Reason.TOO_CLOSE, "the interval of the mean crosses a bound", rule, p
    )


def _bounds(low: float | None, high: float | None) -> str:
    if low is None:
        return f"at most {high:g}"
    return f"at least {low:g}" if high is None else f"{low:g} to {high:g}"
