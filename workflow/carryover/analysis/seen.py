"""Seen against unseen test examples, like with like.

There are few short sums, so training has most of them, and the seen examples of a test are mostly short. Short sums are
easy, so the accuracy on seen examples does not tell memory from ease. Within one value of the task's `seen_within`,
such as sums of a 3-digit and a 1-digit number, all examples are equally likely in training. There seen and unseen ones
differ in nothing else.

The difference of each run is the mean of these differences, with the weights of Mantel and Haenszel: seen times unseen
examples, over both together. So a value with one seen example counts as about one, however many unseen ones it has.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from carryover.analysis.grouping import crossed, own_suites
from carryover.analysis.statistics import Sample
from carryover.analysis.two_samples import compare
from carryover.evaluation.schemas import CROSSED
from carryover.planning.plan import Plan

KEYS = ["suite", "split"]
TEST = ["run", *KEYS, "metric"]


def seen(plan: Plan, points: pd.DataFrame, metrics: pd.DataFrame) -> list[dict[str, Any]]:
    """The table `seen`: a row for each setting and test that has seen and unseen examples, in the order of the plan.

    `within`: the stratum whose values are compared. `values`: how many of them have both kinds. `seen_rows`,
    `unseen_rows`: the examples of each kind; `seen_compared`, `unseen_compared`: those with a counterpart of the other
    kind (counts are medians over runs). `crude`: the difference of all seen and all unseen examples. `difference`:
    seen minus unseen, like with like, with its interval; null where no value has both kinds. `decided`: `better` or
    `worse` where a paired t test over seeds decides. Tests that were evaluated without these strata have no row.
    """
    per_run = _per_run(metrics)
    if per_run.empty:
        return []
    wanted = own_suites(plan)
    joined = points[["study", "point", "run"]].drop_duplicates().merge(per_run, on="run")
    joined = joined[[pair in wanted for pair in zip(joined["study"], joined["suite"], strict=True)]]
    groups = joined.groupby(["study", "point", *KEYS, "metric", "within"], sort=False, observed=True)
    return [_row(key, group) for key, group in groups]


def _per_run(metrics: pd.DataFrame) -> pd.DataFrame:
    """What one run says of a test that has seen and unseen examples: a row a run, suite, split, metric and stratum."""
    strata = metrics.loc[crossed(metrics["stratum"]), ["run", *KEYS, "stratum", "metric", "value", "n"]]
    if strata.empty:
        return pd.DataFrame()
    named = strata["stratum"].astype(str).str.rpartition(CROSSED)
    strata = strata.astype(dict.fromkeys(("run", *KEYS, "metric"), str))
    strata = strata.assign(of=named[0], within=named[0].str.partition("=")[0], kind=named[2])
    tests = strata[[*TEST, "within"]].drop_duplicates().merge(_all_of_both_kinds(metrics), on=TEST)
    return tests.merge(_like_with_like(strata), on=[*TEST, "within"], how="left").fillna(
        {"values": 0, "seen_compared": 0, "unseen_compared": 0}
    )


def _all_of_both_kinds(metrics: pd.DataFrame) -> pd.DataFrame:
    """How many examples of a test were seen and unseen, and the difference of their means."""
    known = metrics[metrics["stratum"].astype(str).isin(["seen=yes", "seen=no"])]
    known = known.astype(dict.fromkeys((*TEST, "stratum"), str))
    both = _side_by_side(known.assign(kind=known["stratum"].str.removeprefix("seen=")), TEST)
    return both[TEST].assign(
        seen_rows=both["n_seen"],
        unseen_rows=both["n_unseen"],
        crude=both["value_seen"] - both["value_unseen"],
    )


def _like_with_like(strata: pd.DataFrame) -> pd.DataFrame:
    """The weighted means of both kinds over the values that have both, and how many examples are behind them."""
    both = _side_by_side(strata, [*TEST, "within", "of"])
    both["weight"] = both["n_seen"] * both["n_unseen"] / (both["n_seen"] + both["n_unseen"])
    for kind in ("seen", "unseen"):
        both[kind] = both["weight"] * both[f"value_{kind}"]
        both[f"{kind}_variance"] = both["weight"] ** 2 / both[f"n_{kind}"]
    sums = both.groupby([*TEST, "within"], sort=False).agg(
        values=("of", "size"),
        seen_compared=("n_seen", "sum"),
        unseen_compared=("n_unseen", "sum"),
        weight=("weight", "sum"),
        seen=("seen", "sum"),
        unseen=("unseen", "sum"),
        seen_variance=("seen_variance", "sum"),
        unseen_variance=("unseen_variance", "sum"),
    )
    for kind in ("seen", "unseen"):
        sums[kind] /= sums["weight"]
        # So many examples of equal weight would have a mean of this variance.
        sums[f"{kind}_behind"] = sums["weight"] ** 2 / sums.pop(f"{kind}_variance")
    return sums.drop(columns="weight").reset_index()


def _side_by_side(strata: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """value and n of seen and of unseen examples, where both are known."""
    strata = strata.dropna(subset="value")
    seen_rows, unseen_rows = (
        strata.loc[strata["kind"] == kind, [*keys, "value", "n"]] for kind in ("yes", "no")
    )
    return seen_rows.merge(unseen_rows, on=keys, suffixes=("_seen", "_unseen"))


def _row(key: Any, group: pd.DataFrame) -> dict[str, Any]:
    row: dict[str, Any] = dict(zip(("study", "point", *KEYS, "metric", "within"), map(str, key), strict=True))
    counts = ("values", "seen_rows", "seen_compared", "unseen_rows", "unseen_compared")
    row |= {name: round(group[name].median()) for name in counts}
    row["crude"] = float(group["crude"].mean())
    a, b = _samples(group)
    comparison = compare(a, b, higher_is_better=True, paired=True)
    return row | {
        "difference": comparison.difference,
        "low": comparison.low,
        "high": comparison.high,
        "seeds": int((~np.isnan(a.values)).sum()),
        "decided": comparison.decided,
    }


def _samples(group: pd.DataFrame) -> Iterator[Sample]:
    for name in ("seen", "unseen"):
        values, behind = (group[column].to_numpy(dtype=float) for column in (name, f"{name}_behind"))
        yield Sample(values, np.zeros(len(values), dtype=bool), behind)
