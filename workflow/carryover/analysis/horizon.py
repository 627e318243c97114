"""The extrapolation horizon: up to which length a model still answers correctly."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from carryover.analysis.grouping import crossed, own_suites, spread_columns
from carryover.metrics import HORIZON
from carryover.planning.plan import Plan
from carryover.tasks import TASKS

HORIZON_ROWS = 50  # test rows of a length in each run, below which a length says nothing


def horizon(plan: Plan, points: pd.DataFrame, metrics: pd.DataFrame) -> list[dict[str, Any]]:
    """Extrapolation horizon: the longest length at which the lower end of exact match's interval is at least 0.99.

    The task defines the length of an example. If all examples of a split are equally long, the split has one length.
    Otherwise the task's strata give the lengths. All splits of a suite count together, weighted by rows, and only
    lengths with at least 50 rows in each run. `horizon` is null if no length reaches 0.99, or with fewer than 3 seeds.
    """
    lengths = _lengths(plan)
    if lengths.empty or metrics.empty:
        return []
    exact = metrics[(metrics["metric"] == "exact_match") & ~crossed(metrics["stratum"])]
    rows = exact.astype({"run": str, "suite": str, "split": str, "stratum": str}).merge(
        lengths, on=["run", "suite", "split"]
    )
    if rows.empty:  # of such text pandas would make no columns
        return []
    stratum = rows["stratum"].str.partition("=")
    fixed = rows["fixed"].notna()
    counted = (fixed & (rows["stratum"] == "all")) | (~fixed & (stratum[0] == rows["by"]))
    rows, of_stratum = rows[counted], stratum.loc[counted, 2].map(_length)
    if rows.empty:
        return []
    rows = rows.assign(
        length=rows["fixed"].fillna(of_stratum).astype("int64"), correct=rows["value"] * rows["n"]
    )
    per_run = rows.groupby(["run", "suite", "length"], sort=True)[["correct", "n"]].sum().reset_index()
    per_run = per_run[per_run["n"] >= HORIZON_ROWS]
    joined = points[["study", "point", "run"]].drop_duplicates().merge(per_run, on="run")
    wanted = own_suites(plan)
    joined = joined[[pair in wanted for pair in zip(joined["study"], joined["suite"], strict=True)]]
    if joined.empty:
        return []
    keys = ["study", "point", "suite", "length"]
    code = joined.groupby(keys, sort=False).ngroup().to_numpy()
    frame = joined.drop_duplicates(keys)[keys].reset_index(drop=True)
    share = (joined["correct"] / joined["n"]).clip(0, 1).to_numpy(dtype=float)
    examples = joined["n"].to_numpy(dtype=float)
    frame = frame.assign(**spread_columns(share, code, np.full(len(frame), "exact_match"), examples))
    horizons = []
    for (study, point, suite), group in frame.groupby(["study", "point", "suite"], sort=False):
        reached = group.loc[group["low"] >= HORIZON, "length"]
        horizons.append(
            {
                "study": study,
                "point": point,
                "suite": suite,
                "horizon": None if reached.empty else int(reached.max()),
                "shortest_tested": int(group["length"].min()),
                "longest_tested": int(group["length"].max()),
                "lengths": len(group),
                "seeds": int(group["seeds"].max()),
            }
        )
    return horizons


def _lengths(plan: Plan) -> pd.DataFrame:
    """run, suite, split of every test whose examples have lengths: `fixed`, that of all, or by the stratum `by`."""
    known = {
        address: (dataset.settings.fixed_length(), length.stratum)
        for address, dataset in plan.datasets.items()
        if (length := TASKS[dataset.task].length) is not None
    }
    rows = [
        (evaluation.run, split.suite, split.split, *known[split.dataset])
        for evaluation in plan.evaluations.values()
        for split in evaluation.splits
        if split.dataset in known
    ]
    return pd.DataFrame(rows, columns=["run", "suite", "split", "fixed", "by"]).astype({"fixed": "Int64"})


def _length(text: str) -> int | None:
    """The length that a stratum's value stands for. For a range such as `21-50`, its lower end, which claims less."""
    match = re.match(r"\d+", text)
    return int(match.group()) if match else None
