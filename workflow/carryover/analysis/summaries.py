"""Statistics of every setting of every study, from run-level tables: final metrics, curves, solving, costs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from carryover.analysis.grouping import own_suites, spread_columns
from carryover.analysis.quantities import Results
from carryover.analysis.statistics import (
    Sample,
    compare,
    median_steps,
    share_interval,
)
from carryover.planning.plan import Plan, PlannedStudy
from carryover.settings.claims import Quantity


def summary(plan: Plan, points: pd.DataFrame, metrics: pd.DataFrame) -> pd.DataFrame:
    """One row a study, point, suite of the study, split, stratum and metric: its spread over the point's runs.

    Rows keep the order of points in the plan, and within a point that of the evaluation. `n` is the number of test
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
    columns = spread_columns(joined["value"].to_numpy(dtype=float), code, frame["metric"].to_numpy())
    rows = joined.groupby(code, sort=True)["n"].median().round().astype("int64").to_numpy()
    frame = frame.assign(**columns, n=rows, member=members_of)
    # A point's rows together, whichever of its runs an evaluation's key appeared in first.
    return frame.sort_values("member", kind="stable").drop(columns="member")


def curves(points: pd.DataFrame, history: pd.DataFrame) -> pd.DataFrame:
    """Learning curves: at each step of a point, the spread over its runs.

    A run that ended before others of its point (it stopped once solved, or diverged) keeps its last value, or a curve
    would show only those that had not solved the task; `ended` counts such runs.
    """
    if history.empty:
        return pd.DataFrame()
    order = [
        (study, point)
        for study, point in points[["study", "point"]].drop_duplicates().itertuples(index=False)
    ]
    by_run = history.groupby("run", sort=False, observed=True).indices
    split, metric = history["split"].to_numpy(), history["metric"].to_numpy()
    step, value = history["step"].to_numpy(), history["value"].to_numpy(dtype=float)
    runs_of = {
        key: list(dict.fromkeys(rows)) for key, rows in points.groupby(["study", "point"], sort=False)["run"]
    }
    parts: list[pd.DataFrame] = []
    values: list[np.ndarray] = []
    groups: list[np.ndarray] = []
    offset = 0
    for key in order:
        series: dict[tuple[str, str], list[tuple[np.ndarray, np.ndarray]]] = {}
        for run in runs_of[key]:
            rows = by_run.get(run)
            if rows is None:
                continue
            for name in dict.fromkeys(zip(split[rows], metric[rows], strict=True)):
                mine = rows[(split[rows] == name[0]) & (metric[rows] == name[1])]
                series.setdefault(name, []).append((step[mine], value[mine]))
        for name, lines in series.items():
            steps = np.unique(np.concatenate([one for one, _ in lines]))
            ended = np.zeros(steps.size, dtype=np.int64)
            for xs, ys in lines:
                position = np.searchsorted(xs, steps, side="right") - 1
                there = (position >= 0) & ((xs[np.maximum(position, 0)] == steps) | (steps > xs[-1]))
                values.append(ys[position[there]])
                groups.append(offset + np.flatnonzero(there))
                ended += steps > xs[-1]
            parts.append(
                pd.DataFrame(
                    {
                        "study": key[0],
                        "point": key[1],
                        "split": name[0],
                        "metric": name[1],
                        "step": steps,
                        "ended": ended,
                    }
                )
            )
            offset += steps.size
    frame = pd.concat(parts, ignore_index=True)
    columns = spread_columns(np.concatenate(values), np.concatenate(groups), frame["metric"].to_numpy())
    return frame.assign(**columns)


def solved(results: Results) -> list[dict[str, Any]]:
    """How many runs of each point solved the task, and the median steps to solve (runs that never did: censored)."""
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


def comparisons(results: Results) -> list[dict[str, Any]]:
    """Each point of a study against its first: exact match on every test split, and steps to solve."""
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
    found = compare(a, b, higher_is_better=quantity.better == "higher")
    return {
        "study": study.name,
        "suite": quantity.suite,
        "split": quantity.split,
        "metric": quantity.metric,
        "a": a_label,
        "b": b_label,
        "difference": found.difference,
        "low": found.low,
        "high": found.high,
        "probability": found.probability,
        "probability_low": found.probability_low,
        "probability_high": found.probability_high,
        "decided": found.decided,
        "method": found.method,
        "seeds_a": len(a.available()),
        "seeds_b": len(b.available()),
    }


def costs_summary(results: Results) -> list[dict[str, Any]]:
    """What training each point cost: means over its runs."""
    costs = results.tables["costs"]
    train = costs[costs["stage"] == "train"].set_index("run")
    runs = results.tables["runs"].set_index("run")
    rows = []
    for study in results.plan.studies:
        for setting in study.settings:
            there = [run for run in setting.runs if run in train.index and run in runs.index]
            mine, made = train.loc[there], runs.loc[there]
            steps = made["steps"].to_numpy(dtype=float)
            per_step = np.divide(
                mine["seconds"].to_numpy(dtype=float), steps, where=steps > 0, out=steps * math.nan
            )
            rows.append(
                {
                    "study": study.name,
                    "point": setting.label,
                    "parameters": int(made["parameters"].iloc[0]) if there else None,
                    **{
                        name: _mean(mine[name].to_numpy(dtype=float))
                        for name in ("seconds", "cpu_seconds", "peak_memory_mb", "examples_per_second")
                    },
                    "seconds_per_step": _mean(per_step),
                    "device": ", ".join(sorted(set(mine["device"].dropna()))),
                    "alone": bool(mine["alone"].fillna(False).astype(bool).all()) if there else None,
                    "seeds": len(there),
                }
            )
    return rows


def _mean(values: np.ndarray) -> float | None:
    there = values[~np.isnan(values)]
    return float(there.mean()) if there.size else None
