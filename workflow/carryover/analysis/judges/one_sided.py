"""Judges of claims about one setting. Each gets the runs of that setting."""

from __future__ import annotations

import numpy as np

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
from carryover.analysis.statistics import MIN_SEEDS, share_interval, spread
from carryover.metrics import higher_is_better
from carryover.settings.claims import Fails, Quantity, SolvesWithin, ValueClaim
from carryover.settings.training import SOLVED_AT


def solves_within(results: Results, claim: SolvesWithin, sides: list[list[str]]) -> Finding:
    """Whether runs reach the threshold on validation in so many steps, in most seeds."""
    (runs,) = sides
    outcomes = [_reached_within(results, claim, run) for run in runs]
    reached, unknown = outcomes.count(True), outcomes.count(None)
    sign = "at most" if claim.below else "at least"
    evidence = (
        f"{wording.setting_name(claim.at)}: {reached} of {len(runs)} runs reached validation {claim.metric} "
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


def fails(results: Results, claim: Fails, sides: list[list[str]]) -> Finding:
    """Whether runs stay short of the threshold to the end, in most seeds."""
    (runs,) = sides
    higher = higher_is_better(claim.of.metric, claim.of.better)
    best = [_best(results, claim.of, run, higher) for run in runs]
    known = [value for value in best if not np.isnan(value)]
    failed = sum(value < claim.threshold if higher else value > claim.threshold for value in known)
    evidence = (
        f"{wording.setting_name(claim.at)}: {failed} of {len(known)} runs stayed {'below' if higher else 'above'} "
        f"{name_of(claim.of)} {claim.threshold:g}"
    )
    if known:
        closest = max(known) if higher else min(known)
        reached = wording.number(closest, claim.of.metric)
        evidence += f"; the {'highest' if higher else 'lowest'} that any reached is {reached}"
    return _most(evidence, failed, 0, len(known), claim.share)


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
        return too_few(f"{evidence}.", trials)
    low, high = certain[0], possible[1]
    evidence = f"{evidence} (share{wording.interval(low, high, 'share')})."
    if low >= share:
        return Finding(SUPPORTED, evidence)
    if high < share:
        return Finding(REFUTED, evidence)
    if unknown:
        detail = f"{wording.runs(unknown, past=True)} trained too short to tell"
        return Finding(INCONCLUSIVE, evidence, Reason.TOO_SHORT, detail)
    return Finding(INCONCLUSIVE, evidence, Reason.TOO_CLOSE, f"the interval holds {share:g}")


def value(results: Results, claim: ValueClaim, sides: list[list[str]]) -> Finding:
    """Whether the mean lies within the bounds."""
    (runs,) = sides
    values = results.sample(claim.of, runs).available()
    bounds = _bounds(claim.low, claim.high)
    evidence = (
        f"{wording.setting_name(claim.at)}: {name_of(claim.of)} {wording.of_sample(values, claim.of.metric)}, "
        f"against {bounds}."
    )
    low = -np.inf if claim.low is None else claim.low
    high = np.inf if claim.high is None else claim.high
    if claim.of.metric in ("parameters", "steps") and len(values) and np.ptp(values.values) == 0:
        # Nothing is random in it, so one run is enough.
        return Finding(SUPPORTED if low <= values.values[0] <= high else REFUTED, evidence)
    ours = spread(values.values, claim.of.metric)
    if values.censored.any():
        return Finding(INCONCLUSIVE, evidence, Reason.NO_MEAN, "some runs never solved the task")
    if ours.seeds < MIN_SEEDS:
        return too_few(evidence, len(values))
    if ours.low is None or ours.high is None:
        return Finding(INCONCLUSIVE, evidence, Reason.NO_MEAN, "some values are infinite")
    if low <= ours.low and ours.high <= high:
        return Finding(SUPPORTED, evidence)
    if ours.high < low or ours.low > high:
        return Finding(REFUTED, evidence)
    return Finding(INCONCLUSIVE, evidence, Reason.TOO_CLOSE, "the interval of the mean crosses a bound")


def _bounds(low: float | None, high: float | None) -> str:
    if low is None:
        return f"at most {high:g}"
    return f"at least {low:g}" if high is None else f"{low:g} to {high:g}"
