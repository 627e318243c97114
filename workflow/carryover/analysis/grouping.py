"""Spreads of many groups at once, as columns, and which suites belong to which study."""

from __future__ import annotations

import numpy as np
import pandas as pd

from carryover.analysis.statistics import spreads
from carryover.evaluation.schemas import CROSSED
from carryover.metrics import value_range
from carryover.planning.plan import Plan


def spread_columns(
    values: np.ndarray, group: np.ndarray, metric: np.ndarray, examples: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """Spread columns for groups numbered 0..len(metric)-1; metric: the metric's name of each group.

    examples: how many are behind each value, of which the intervals of shares take account.
    """
    named, code = np.unique(metric.astype(str), return_inverse=True)
    ranges = np.array([value_range(name) for name in named]).reshape(-1, 2)[code]
    return vars(spreads(values, group, len(metric), ranges[:, 0], ranges[:, 1], examples))


def crossed(stratum: pd.Series) -> pd.Series:
    """Which strata tell seen examples from unseen ones of the same value of another stratum."""
    return stratum.astype(str).str.contains(CROSSED, regex=False)


def own_suites(plan: Plan) -> set[tuple[str, str]]:
    """(study, suite) of every suite that a study asks for. A shared run is evaluated on other suites too."""
    return {(study.name, suite) for study in plan.studies for suite in study.suites}
