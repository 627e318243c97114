"""Results folders → tables: what is in them, the same bytes each time, and what is missing said line by line."""

import json
import math

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from carryover.analysis import tables
from carryover.analysis.aggregate import aggregate
from carryover.analysis.horizon import horizon
from carryover.analysis.latex import PRINTED
from carryover.analysis.summaries import curves, summary
from carryover.errors import UserError
from tests import plans
from tests.analysis.conftest import Run
from tests.plans import DATASET

OUT = "reports/tables"


@pytest.fixture
def results(report, tmp_path):
    """Results of one study: two cells, three runs each."""

    def made(cell, values):
        return [
            Run(
                f"{cell}-{i}",
                solved_at=200 if value > 0.9 else None,
                test={
                    ("own", "test", "all", "exact_match"): value,
                    ("own", "test", "digits=3", "exact_match"): value,
                },
                validation={"exact_match": [(100, value / 2), (200, value)]},
                train={"loss": [(100, 1.0), (200, 0.5)]},
                settings={"model": {"cell": cell}, "seed": i, "training": {"batch": 10, "lr": 0.1}},
            )
            for i, value in enumerate(values)
        ]

    at = [{"model.cell": cell} for cell in ("rnn", "gru")]
    report.study(
        "cells",
        [(at[0].copy(), made("rnn", [0.95, 0.96, 0.97])), (at[1].copy(), made("gru", [0.5, 0.6, 0.55]))],
        claims=[
            {
                "id": "rnn-wins",
                "text": "RNN beats GRU",
                "kind": "better_than",
                "a": at[0],
                "b": at[1],
                "of": {"metric": "exact_match", "suite": "own", "split": "test"},
            }
        ],
        published=[
            {"id": "n", "place": "p", "metric": "exact_match", "suite": "own", "split": "test", "value": 1.0}
        ],
    )
    report.write(tmp_path)
    return tmp_path


def run(root, partial=False, out=OUT):
    aggregate(root / "reports/plan.json", root, root / out, partial)
    return {path.stem: pq.read_table(path).to_pandas() for path in (root / out).glob("*.parquet")}


def test_all_tables_are_there_with_their_columns(results):
    found = run(results)
    assert set(found) == {*tables.SCHEMAS, "runs"}
    for name, schema in tables.SCHEMAS.items():
        assert list(found[name].columns) == schema.names
        assert (results / OUT / f"{name}.csv").exists()
    assert found["missing"].empty


def test_what_the_tables_say(results):
    found = run(results)
    assert len(found["runs"]) == 6
    assert sorted(found["runs"]["model.cell"]) == ["gru"] * 3 + ["rnn"] * 3
    assert list(found["runs"]["training.lr"]) == [0.1] * 6
    row = found["summary"].query("point == 'cell=rnn' and stratum == 'all'").iloc[0]
    assert (row["mean"], row["seeds"], row["n"]) == (pytest.approx(0.96), 3, 100)
    # 4.302653 standard errors of 0.01 / sqrt(3) around the mean
    assert row["low"] == pytest.approx(0.96 - 4.302653 * 0.01 / math.sqrt(3), abs=1e-6)
    solved = found["solved"].set_index("point")
    assert (solved.loc["cell=rnn", "solved"], solved.loc["cell=rnn", "median_steps"]) == (3, 200)
    assert (solved.loc["cell=gru", "solved"], solved.loc["cell=gru", "share"]) == (0, 0.0)
    assert math.isnan(solved.loc["cell=gru", "median_steps"])
    assert found["claims"].iloc[0]["verdict"] == "supported"
    assert list(found["published"]["word"]) == ["inside", "outside"]
    comparison = found["comparisons"].query("metric == 'exact_match'").iloc[0]
    assert (comparison["a"], comparison["b"]) == ("cell=gru", "cell=rnn")
    assert comparison["difference"] == pytest.approx(-0.41)
    assert comparison["decided"] == "worse"
    assert set(found["examples"]["run"]) == {"rnn-0", "gru-0"}  # the first replicate of each point
    assert found["examples"].groupby("run").size().tolist() == [12, 12]
    assert found["examples"]["question"].notna().all()
    assert set(found["costs"]["stage"]) == {"train", "evaluate"}
    assert found["datasets"].set_index("split")["digest"]["train"] == "t" * 64


def test_the_same_results_give_the_same_bytes(results):
    run(results)
    run(results, out="reports/again")
    files = sorted((results / OUT).iterdir())
    assert len(files) == 2 * (len(tables.SCHEMAS) + 1) + len(PRINTED)  # Parquet and CSV of each, and LaTeX
    for file in files:
        assert file.read_bytes() == (results / "reports/again" / file.name).read_bytes(), file.name


def test_measured_times_stand_in_the_measured_tables_alone(results):
    before = run(results)
    for path in results.glob("*/*/cost.json"):
        path.write_text(
            json.dumps(json.loads(path.read_text()) | {"seconds": 99.0, "host": "other", "alone": False})
        )
    after = run(results)
    for name, table in before.items():
        assert table.equals(after[name]) != (name in ("costs", "costs_summary")), name


@pytest.fixture
def damaged(results):
    (results / "runs/rnn-0/run.json").unlink()
    (results / "runs/rnn-1/history.parquet").write_bytes(b"PAR1 not quite")
    whole = (results / "evaluations/e-rnn-2/metrics.parquet").read_bytes()
    (results / "evaluations/e-rnn-2/metrics.parquet").write_bytes(whole[: len(whole) // 2])
    (results / "runs/gru-0/run.json").write_text('{"settings": {"seed": 7}}')
    foreign = pq.read_table(results / "evaluations/e-gru-2/metrics.parquet")
    pq.write_table(foreign, results / "evaluations/e-gru-1/metrics.parquet")
    (results / "runs/gru-2/cost.json").write_text("[1,")
    (results / "datasets/d-1/dataset.json").unlink()
    return results


def test_missing_damaged_and_foreign_files_are_listed(damaged):
    with pytest.raises(UserError) as caught:
        run(damaged)
    lines = str(caught.value).splitlines()
    assert len(lines) == 7 + 1
    assert any("runs/rnn-0/run.json: missing" in line for line in lines)
    assert "--partial" in lines[-1]
    assert not (damaged / OUT).exists()


def test_partial_takes_what_there_is(damaged):
    found = run(damaged, partial=True)
    rows = {(row.address, row.file): row.what for row in found["missing"].itertuples()}
    assert rows == {
        ("d-1", "dataset.json"): "missing",
        ("rnn-0", "run.json"): "missing",
        ("rnn-1", "history.parquet"): "damaged",
        ("gru-0", "run.json"): "foreign",
        ("gru-2", "cost.json"): "damaged",
        ("e-rnn-2", "metrics.parquet"): "damaged",
        ("e-gru-1", "metrics.parquet"): "foreign",
    }
    assert set(found["runs"]["run"]) == {"rnn-1", "rnn-2", "gru-1", "gru-2"}
    row = found["summary"].query("point == 'cell=rnn' and stratum == 'all'").iloc[0]
    assert (row["seeds"], row["mean"]) == (1, 0.96)
    assert math.isnan(row["low"])
    assert found["claims"].iloc[0]["verdict"] == "inconclusive"


def test_nothing_at_all_is_a_report_of_what_is_missing(results):
    for folder in ("runs", "evaluations", "datasets"):
        (results / folder).rename(results / f"no-{folder}")
    found = run(results, partial=True)
    assert len(found["missing"]) == 1 + 6
    assert found["runs"].empty
    assert found["summary"].empty
    assert list(found["published"]["word"]) == ["not tested at this scale"] * 2


def test_a_plan_that_is_not_one(tmp_path):
    with pytest.raises(UserError, match="no such plan"):
        aggregate(tmp_path / "plan.json", tmp_path, tmp_path / "tables")


def test_settings_of_different_tasks_share_a_table():
    rows = [{"run": name} for name in "ab"]
    settings = [
        {"dataset": {"low": 10**30, "on": True}},
        {"dataset": {"low": 2, "parts": [1, {"x": None}]}, "lr": 1},
    ]
    table = tables.runs_table(rows, settings)
    assert table["dataset.low"].to_pylist() == [str(10**30), "2"]
    assert table["dataset.on"].to_pylist() == [True, None]
    assert table["dataset.parts"].to_pylist() == [None, '[1, {"x": null}]']
    assert table["lr"].type == pa.int64()


# --- summaries ---


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
        (f"r{i}", "test", f"digits={n}", values[i], 100) for n, values in lengths.items() for i in range(3)
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
