"""Statistics of every setting of every study, from run-level tables: final metrics, solving, costs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from carryover.analysis.grouping import own_suites, spread_columns
from carryover.analysis.quantities import Results
from carryover.analysis.statistics import median_steps, share_interval
from carryover.planning.plan import Plan


def summary(plan: Plan, points: pd.DataFrame, metrics: pd.DataFrame) -> pd.DataFrame:
    """One row a study, setting, suite of the study, split, stratum and metric: its spread over the setting's runs.

    Rows keep the order of settings in the plan, and within a setting that of the evaluation. `n` is the number of test
    rows behind one run's value (the median over runs).
    """
    keys = ["suite", "split", "stratum", "metric"]
    if metrics.empty:
        return pd.DataFrame()
    metrics = metrics.assign(key=metrics.groupby(keys, sort=False, observed=True).ngroup())
    names = metrics.drop_duplicates("key").set_index("key")[keys]
    members = points[["study", "point", "run"]].drop_duplicates()
    members = members.assign(member=members.groupby(["study", "point"], sort=False).ngroup())
    labels = members.drop_duplicates("member").set_index("member")[["study", "point"]]
    joined = members[["member", "run"]].merge(metrics[["run", "key", "value", "n"]], on="run", how="inner")
    wanted = own_suites(plan)
    of_study = np.array([[(study, suite) in wanted for suite in names["suite"]] for study in labels["study"]])
    joined = joined[of_study[joined["member"].to_numpy(), joined["key"].to_numpy()]]
    if joined.empty:
        return pd.DataFrame()
    code, pairs = pd.factorize(joined["member"].to_numpy() * len(names) + joined["key"].to_numpy())
    members_of, keys_of = np.divmod(pairs, len(names))
    frame = pd.concat(
        [labels.loc[members_of].reset_index(drop=True), names.loc[keys_of].reset_index(drop=True)], axis=1
    )
    values, examples = (joined[name].to_numpy(dtype=float) for name in ("value", "n"))
    columns = spread_columns(values, code, frame["metric"].to_numpy(), examples)
    rows = joined.groupby(code, sort=True)["n"].median().round().astype("int64").to_numpy()
    frame = frame.assign(**columns, n=rows, member=members_of)
    # Keep the rows of a setting together, in whichever of its runs a key appeared first.
    return frame.sort_values("member", kind="stable").drop(columns="member")


def solved(results: Results) -> list[dict[str, Any]]:
    """How many runs of each setting solved the task, and the median steps to solve (runs that never did: censored)."""
    rows = []
    for study in results.plan.studies:
        for setting in study.settings:
            runs = results.available(setting.runs)
            steps = results.steps_to_solve(runs)
            count = int((~steps.censored).sum())
            low, high = share_interval(count, len(runs)) or (None, None)
            rows.append(
                {
                    "study": study.name,
                    "point": setting.label,
                    "seeds": len(runs),
                    "solved": count,
                    "share": count / len(runs) if runs else None,
                    "low": low,
                    "high": high,
                    "median_steps": median_steps(steps.values, steps.censored),
                    "diverged": sum(results.status(run) == "diverged" for run in runs),
                }
            )
    return rows


def costs_summary(results: Results) -> list[dict[str, Any]]:
    """What training each setting cost: means over its runs."""
    costs = results.tables["costs"]
    train = costs[costs["stage"] == "train"].set_index("run")
    runs = results.tables["runs"].set_index("run")
    rows = []
    for study in results.plan.studies:
        for setting in study.settings:
            timed = [run for run in setting.runs if run in train.index and run in runs.index]
            mine, made = train.loc[timed], runs.loc[timed]
            steps = made["steps"].to_numpy(dtype=float)
            per_step = np.divide(
                mine["seconds"].to_numpy(dtype=float), steps, where=steps > 0, out=steps * math.nan
            )
            rows.append(
                {
                    "study": study.name,
                    "point": setting.label,
                    "parameters": int(made["parameters"].iloc[0]) if timed else None,
                    **{
                        name: _mean(mine[name].to_numpy(dtype=float))
                        for name in ("seconds", "cpu_seconds", "peak_memory_mb", "examples_per_second")
                    },
                    "seconds_per_step": _mean(per_step),
                    "device": ", ".join(sorted(set(mine["device"].dropna()))),
                    "alone": bool(mine["alone"].fillna(False).astype(bool).all()) if timed else None,
                    "seeds": len(timed),
                }
            )
    return rows


def _mean(values: np.ndarray) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else None
