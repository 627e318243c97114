"""Statistics of settings: final metrics, learning curves, and the extrapolation horizon."""

import numpy as np
import pandas as pd
import pytest

from carryover.analysis.curves import curves
from carryover.analysis.horizon import horizon
from carryover.analysis.summaries import summary
from tests import plans
from tests.plans import DATASET


def test_summary_agrees_with_pandas_over_many_groups():
    rng = np.random.default_rng(3)
    runs = [f"r{i}" for i in range(20)]
    points = pd.DataFrame({"study": "s", "point": [f"p{i % 4}" for i in range(20)], "run": runs})
    points = pd.concat([points, points.iloc[:6].assign(study="t")])  # a run of two studies
    metrics = pd.DataFrame(
        [
            (run, "own", "test", f"position={k}", "exact_match", rng.random(), 10)
            for run in runs
            for k in range(30)
        ],
        columns=["run", "suite", "split", "stratum", "metric", "value", "n"],
    )
    plan = plans.plan(studies=[{"name": name, "suites": ["own"]} for name in "st"])
    found = summary(plan, points, metrics).set_index(["study", "point", "stratum"]).sort_index()
    wanted = (
        points.merge(metrics, on="run")
        .groupby(["study", "point", "stratum"])["value"]
        .agg(["mean", "std", "size"])
    )
    assert len(found) == len(wanted)
    for mine, theirs in (("mean", "mean"), ("sd", "std"), ("seeds", "size")):
        np.testing.assert_allclose(
            found[mine].to_numpy(float), wanted.sort_index()[theirs].to_numpy(float), rtol=1e-9
        )


def test_a_study_shows_its_own_suites_alone():
    points = pd.DataFrame({"study": ["s", "t"], "point": "p", "run": "r"})
    metrics = pd.DataFrame(
        [("r", suite, "test", "all", "exact_match", 0.5, 10) for suite in ("own", "far")],
        columns=["run", "suite", "split", "stratum", "metric", "value", "n"],
    )
    plan = plans.plan(studies=[{"name": "s", "suites": ["own"]}, {"name": "t", "suites": ["far", "own"]}])
    found = summary(plan, points, metrics)
    assert list(zip(found["study"], found["suite"], strict=True)) == [
        ("s", "own"),
        ("t", "own"),
        ("t", "far"),
    ]


def test_a_curve_keeps_runs_that_stopped_early():
    points = pd.DataFrame({"study": "s", "point": "p", "run": ["a", "b"]})
    history = pd.DataFrame(
        [("a", 10, 0.5), ("a", 20, 1.0), ("b", 10, 0.1), ("b", 20, 0.2), ("b", 30, 0.3)],
        columns=["run", "step", "value"],
    ).assign(split="validation", metric="exact_match")
    found = curves(points, history).set_index("step")
    # Without the run that was done at 20, the curve would fall from 0.6 to 0.3.
    assert found["mean"].to_dict() == pytest.approx({10: 0.3, 20: 0.6, 30: 0.65})
    assert found["ended"].to_dict() == {10: 0, 20: 0, 30: 1}
    assert found["seeds"].to_dict() == {10: 2, 20: 2, 30: 2}


def _horizon(rows, runs, settings):
    """rows: (run, split, stratum, value, n); settings: split → distribution of its dataset."""
    metrics = pd.DataFrame(rows, columns=["run", "split", "stratum", "value", "n"]).assign(
        suite="far", metric="exact_match"
    )
    points = pd.DataFrame({"study": "s", "point": "p", "run": runs})
    splits = [
        {"suite": "far", "split": split, "dataset": f"d-{split}", "dataset_split": "test"}
        for split in settings
    ]
    plan = plans.plan(
        studies=[{"name": "s", "suites": ["far"]}],
        datasets={
            f"d-{split}": {**DATASET, "distribution": distribution}
            for split, distribution in settings.items()
        },
        evaluations={run: {"run": run, "splits": splits} for run in runs},
    )
    return horizon(plan, points, metrics)


def test_horizon_is_the_longest_length_with_its_interval_above():
    lengths = {2: [1.0, 1.0, 1.0], 5: [0.999, 1.0, 0.999], 9: [0.999, 0.9, 1.0], 20: [0.4, 0.3, 0.2]}
    rows = [
        (f"r{i}", "test", f"digits={n}", values[i], 1000) for n, values in lengths.items() for i in range(3)
    ]
    rows += [(f"r{i}", "test", "digits=30", 1.0, 3) for i in range(3)]  # three rows say nothing
    rows += [(f"r{i}", "test", "all", 1.0, 1000) for i in range(3)]  # of all lengths together
    distribution = {"test": {"kind": "uniform_length", "longest": 20}}
    (found,) = _horizon(rows, ["r0", "r1", "r2"], distribution)
    assert (found["horizon"], found["shortest_tested"], found["longest_tested"], found["lengths"]) == (
        5,
        2,
        20,
        4,
    )
    (two,) = _horizon(rows, ["r0", "r1"], distribution)
    assert (two["horizon"], two["seeds"]) == (None, 2)


def test_a_split_of_one_length_counts_for_that_length():
    rows = [(f"r{i}", f"n{n}", "all", 1.0, 100) for n in (10, 100) for i in range(3)]
    rows += [(f"r{i}", "n100", "digits=51-100", 1.0, 100) for i in range(3)]
    (found,) = _horizon(
        rows, ["r0", "r1", "r2"], {f"n{n}": {"kind": "uniform_digits", "digits": n} for n in (10, 100)}
    )
    assert (found["horizon"], found["shortest_tested"]) == (100, 10)
