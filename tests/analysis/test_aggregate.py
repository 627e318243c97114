"""Results folders → tables: what is in them, the same bytes each time, and what is missing said line by line."""

import json
import math

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from carryover.analysis import tables
from carryover.analysis.aggregate import aggregate
from carryover.analysis.latex import PRINTED
from carryover.errors import UserError
from tests.analysis.conftest import Run

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
    assert (row["mean"], row["seeds"], row["n"]) == (pytest.approx(0.96), 3, 10**9)
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
    assert found["datasets"].set_index("split")["digest"]["train"] == "a" * 64
    assert list(found["datasets"]["split"]) == ["test", "train", "validation"]


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
    other = json.loads((results / "runs/gru-0/run.json").read_text())
    (results / "runs/gru-0/run.json").write_text(json.dumps(other | {"settings": {"seed": 7}}))
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
    assert list(found["published"]["word"]) == ["not tested"] * 2


@pytest.mark.parametrize("file", ["runs/rnn-0/run.json", "runs/rnn-0/cost.json", "datasets/d-1/dataset.json"])
@pytest.mark.parametrize(
    "content", ["[1, 2]", "{}", "null", "[" * 100_000, '{"steps": ' + "9" * 6000 + "}", '{"settings": {}}']
)
def test_a_json_file_of_another_shape_is_one_line(results, file, content):
    (results / file).write_text(content)
    with pytest.raises(UserError, match=f"{file}: damaged .*run the workflow again") as caught:
        run(results)
    assert len(str(caught.value).splitlines()) == 1 + 1


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("runs/rnn-0/run.json", {"steps": "many"}),
        ("runs/rnn-0/run.json", {"parameters": 10**30}),
        ("runs/rnn-0/cost.json", {"seconds": "long"}),
        ("evaluations/e-rnn-0/cost.json", {"peak_memory_mb": None}),
        ("datasets/d-1/dataset.json", {"digests": {"test": None}}),
    ],
)
def test_a_value_that_no_table_can_hold_is_one_line_with_its_key(results, file, change):
    (results / file).write_text(json.dumps(json.loads((results / file).read_text()) | change))
    with pytest.raises(UserError, match=f"{file}: damaged .*{next(iter(change))}"):
        run(results)


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
