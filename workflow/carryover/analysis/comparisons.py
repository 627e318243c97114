"""Each setting of a study against its first."""

from __future__ import annotations

from typing import Any

from carryover.analysis.quantities import Results
from carryover.analysis.statistics import Sample
from carryover.analysis.two_samples import compare
from carryover.planning.plan import PlannedStudy
from carryover.settings.claims import Quantity


def comparisons(results: Results) -> list[dict[str, Any]]:
    """Each setting of a study against its first: exact match on every test split, and steps to solve."""
    rows = []
    for study in results.plan.studies:
        if not study.settings:
            continue
        first, *others = study.settings
        for quantity in _compared(results, study):
            b = results.sample(quantity, results.available(first.runs))
            for setting in others:
                a = results.sample(quantity, results.available(setting.runs))
                if not len(a.available()) or not len(b.available()):
                    continue
                rows.append(_comparison(study, quantity, setting.label, first.label, a, b))
    return rows


def _compared(results: Results, study: PlannedStudy) -> list[Quantity]:
    runs, suites = set(study.runs), set(study.suites)
    splits = {
        (split.suite, split.split): None
        for evaluation in results.plan.evaluations.values()
        if evaluation.run in runs
        for split in evaluation.splits
        if split.suite in suites
    }
    quantities = [Quantity(metric="exact_match", suite=suite, split=split) for suite, split in splits]
    return [*quantities, Quantity(metric="solved_at", better="lower")]


def _comparison(
    study: PlannedStudy, quantity: Quantity, a_label: str, b_label: str, a: Sample, b: Sample
) -> dict[str, Any]:
    comparison = compare(a, b, higher_is_better=quantity.better == "higher")
    return {
        "study": study.name,
        "suite": quantity.suite,
        "split": quantity.split,
        "metric": quantity.metric,
        "a": a_label,
        "b": b_label,
        "difference": comparison.difference,
        "low": comparison.low,
        "high": comparison.high,
        "probability": comparison.probability,
        "probability_low": comparison.probability_low,
        "probability_high": comparison.probability_high,
        "decided": comparison.decided,
        "method": comparison.method,
        "seeds_a": len(a.available()),
        "seeds_b": len(b.available()),
    }
