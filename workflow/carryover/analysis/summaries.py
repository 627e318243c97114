"""Statistics of every point of every study, from run-level tables: final metrics, curves, solving, horizon, costs."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from carryover.analysis.quantities import Results
from carryover.analysis.statistics import (
    Sample,
    compare,
    median_steps,
    metric_range,
    share_interval,
    spreads,
)
from carryover.planning.runs import read_dataset
from carryover.settings.claims import Quantity
from carryover.tasks import TASKS

HORIZON_LEVEL = 0.99
HORIZON_ROWS = 50  # test rows of a length in each run, below which a length says nothing
_SPREAD = ("mean", "low", "high", "prediction_low", "prediction_high", "minimum", "maximum", "sd", "seeds")


def _spread_columns(values: np.ndarray, group: np.ndarray, metric: np.ndarray) -> dict[str, np.ndarray]:
    """Spread columns for groups numbered 0..len(metric)-1; metric: the metric's name of each group."""
    named, code = np.unique(metric.astype(str), return_inverse=True)
    ranges = np.array([metric_range(name) for name in named]).reshape(-1, 2)[code]
    found = spreads(values, group, len(metric), ranges[:, 0], ranges[:, 1])
    return {name: getattr(found, name) for name in _SPREAD}


def own_suites(plan: Mapping[str, Any]) -> set[tuple[str, str]]:
    """(study, suite) of every suite that a study asks for: a run that it shares may be evaluated on others' too."""
    return {(study["name"], suite) for study in plan["studies"] for suite in study["suites"]}


def summary(plan: Mapping[str, Any], points: pd.DataFrame, metrics: pd.DataFrame) -> pd.DataFrame:
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
    columns = _spread_columns(joined["value"].to_numpy(dtype=float), code, frame["metric"].to_numpy())
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
    columns = _spread_columns(np.concatenate(values), np.concatenate(groups), frame["metric"].to_numpy())
    return frame.assign(**columns)


def solved(results: Results) -> list[dict[str, Any]]:
    """How many runs of each point solved the task, and the median steps to solve (runs that never did: censored)."""
    rows = []
    for study in results.plan["studies"]:
        for point in results.points(study):
            runs = results.available(dict.fromkeys(point.runs))
            steps = results.steps_to_solve(runs)
            count = int((~steps.censored).sum())
            low, high = share_interval(count, len(runs)) or (None, None)
            rows.append(
                {
                    "study": study["name"],
                    "point": point.label,
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
    for study in results.plan["studies"]:
        points = results.points(study)
        if not points:
            continue
        first, *others = points
        for quantity in _compared(results, study):
            b = results.sample(quantity, results.available(first.runs))
            for point in others:
                a = results.sample(quantity, results.available(point.runs))
                if not len(a.available()) or not len(b.available()):
                    continue
                rows.append(_comparison(study, quantity, point.label, first.label, a, b))
    return rows


def _compared(results: Results, study: Mapping[str, Any]) -> list[Quantity]:
    runs = {replicate["run"] for point in study["points"] for replicate in point["runs"]}
    evaluations = [one for one in results.plan["evaluations"].values() if one["run"] in runs]
    suites = set(study["suites"])
    splits = {
        (split["suite"], split["split"]): None
        for one in evaluations
        for split in one["splits"]
        if split["suite"] in suites
    }
    found = [Quantity(metric="exact_match", suite=suite, split=split) for suite, split in splits]
    return [*found, Quantity(metric="solved_at", better="lower")]


def _comparison(
    study: Mapping[str, Any], quantity: Quantity, a_label: str, b_label: str, a: Sample, b: Sample
) -> dict[str, Any]:
    found = compare(a, b, higher_is_better=quantity.better == "higher")
    return {
        "study": study["name"],
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


def horizon(plan: Mapping[str, Any], points: pd.DataFrame, metrics: pd.DataFrame) -> list[dict[str, Any]]:
    """Extrapolation horizon: the longest length at which the interval's lower end of exact match is at least 0.99.

    Lengths are what the task calls so, over all splits of a suite together (weighted by rows): that of a split whose
    examples are all equally long, else the task's strata of lengths. Only lengths with at least 50 rows a run count.
    `horizon` is null where no length reaches it, or with fewer than 3 seeds.
    """
    lengths = _lengths(plan)
    if lengths.empty or metrics.empty:
        return []
    exact = metrics[metrics["metric"] == "exact_match"]
    rows = exact.astype({"run": str, "suite": str, "split": str, "stratum": str}).merge(
        lengths, on=["run", "suite", "split"]
    )
    stratum = rows["stratum"].str.partition("=")
    fixed = rows["fixed"].notna()
    counted = (fixed & (rows["stratum"] == "all")) | (~fixed & (stratum[0] == rows["by"]))
    rows, of_stratum = rows[counted], stratum.loc[counted, 2].map(_length)
    if rows.empty:
        return []
    rows = rows.assign(
        length=rows["fixed"].fillna(of_stratum).astype("int64"), right=rows["value"] * rows["n"]
    )
    per_run = rows.groupby(["run", "suite", "length"], sort=True)[["right", "n"]].sum().reset_index()
    per_run = per_run[per_run["n"] >= HORIZON_ROWS]
    joined = points[["study", "point", "run"]].drop_duplicates().merge(per_run, on="run")
    wanted = own_suites(plan)
    joined = joined[[pair in wanted for pair in zip(joined["study"], joined["suite"], strict=True)]]
    if joined.empty:
        return []
    keys = ["study", "point", "suite", "length"]
    code = joined.groupby(keys, sort=False).ngroup().to_numpy()
    frame = joined.drop_duplicates(keys)[keys].reset_index(drop=True)
    share = (joined["right"] / joined["n"]).clip(0, 1).to_numpy(dtype=float)
    frame = frame.assign(**_spread_columns(share, code, np.full(len(frame), "exact_match")))
    found = []
    for (study, point, suite), group in frame.groupby(["study", "point", "suite"], sort=False):
        reached = group.loc[group["low"] >= HORIZON_LEVEL, "length"]
        found.append(
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
    return found


def _lengths(plan: Mapping[str, Any]) -> pd.DataFrame:
    """run, suite, split of every test whose examples have lengths: `fixed`, that of all, or by the stratum `by`."""
    known = {
        address: (read_dataset(dataset["settings"]).fixed_length(), length.stratum)
        for address, dataset in plan["datasets"].items()
        if (length := TASKS[dataset["task"]].length) is not None
    }
    rows = [
        (evaluation["run"], split["suite"], split["split"], *known[split["dataset"]])
        for evaluation in plan["evaluations"].values()
        for split in evaluation["splits"]
        if split["dataset"] in known
    ]
    return pd.DataFrame(rows, columns=["run", "suite", "split", "fixed", "by"]).astype({"fixed": "Int64"})


def _length(text: str) -> int | None:
    """The length that a stratum's value stands for; of a range such as `21-50` its shorter end, which claims less."""
    match = re.match(r"\d+", text)
    return int(match.group()) if match else None


def costs_summary(results: Results) -> list[dict[str, Any]]:
    """What training each point cost: means over its runs."""
    costs = results.tables["costs"]
    train = costs[costs["stage"] == "train"].set_index("run")
    runs = results.tables["runs"].set_index("run")
    rows = []
    for study in results.plan["studies"]:
        for point in results.points(study):
            there = [run for run in dict.fromkeys(point.runs) if run in train.index and run in runs.index]
            mine, made = train.loc[there], runs.loc[there]
            steps = made["steps"].to_numpy(dtype=float)
            per_step = np.divide(
                mine["seconds"].to_numpy(dtype=float), steps, where=steps > 0, out=steps * math.nan
            )
            rows.append(
                {
                    "study": study["name"],
                    "point": point.label,
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
