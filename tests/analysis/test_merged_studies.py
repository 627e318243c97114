"""A reference gives a new study's settings the runs that it holds for another study, and names no machine's folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow.parquet as pq

from carryover.analysis.aggregate import aggregate
from carryover.analysis.reference import merge
from carryover.data.files import read_json, write_json
from carryover.planning.plan import Plan
from tests.analysis.conftest import Report, Run


def _runs(batch: int, value: float) -> list[Run]:
    scores = {("own", "test", "all", "exact_match"): value}
    settings = {"model": {"cell": "rnn"}, "training": {"batch": batch}}
    return [Run(f"b{batch}-s{seed}", test=scores, settings=settings | {"seed": seed}) for seed in range(3)]


def test_a_study_that_shares_its_base_finds_the_runs_of_the_base(tmp_path: Path) -> None:
    reference = tmp_path / "reference"
    first = Report()
    first.study("cells", [({"model.cell": "rnn"}, _runs(200, 0.5))])
    merge(first.tables(tmp_path / "first"), reference)

    second = Report()
    claim = {
        "id": "smaller-is-better",
        "text": "Smaller batches are better.",
        "place": "p. 1",
        "kind": "better_than",
        "a": {"training.batch": 64},
        "b": {"training.batch": 200},
        "of": {"metric": "exact_match", "suite": "own", "split": "test"},
    }
    settings = [({"training.batch": batch}, _runs(batch, value)) for batch, value in ((200, 0.5), (64, 0.9))]
    second.study("batches", settings, claims=[claim])
    results = tmp_path / "second"
    second.tables(results)
    for run in settings[0][1]:  # they lie in the reference alone
        shutil.rmtree(results / "runs" / run.address)
        shutil.rmtree(results / "evaluations" / f"e-{run.address}")
    aggregate(results / "reports/plan.json", results, results / "reports/tables", partial=True)
    assert merge(results / "reports/tables", reference).endswith("3 runs added, 0 replaced, 6 in all")

    plan = Plan.read(reference / "plan.json")
    assert str(tmp_path) not in (reference / "plan.json").read_text(encoding="utf-8")
    batches = next(study for study in plan.studies if study.name == "batches")
    assert {setting.label: sorted(setting.runs) for setting in batches.settings} == {
        "batch=200": ["b200-s0", "b200-s1", "b200-s2"],
        "batch=64": ["b64-s0", "b64-s1", "b64-s2"],
    }
    assert set(plan.evaluations) == {f"e-{run}" for run in plan.runs}
    assert pq.read_table(reference / "claims.parquet")["verdict"].to_pylist() == ["supported"]


def test_a_reference_names_no_folder_of_a_machine(tmp_path: Path) -> None:
    report = Report()
    report.study("cells", [({"model.cell": "rnn"}, _runs(200, 0.5))])
    tables = report.tables(tmp_path / "home/me")
    plan = read_json(tables.parent / "plan.json")
    plan["results"] = "/home/me/results"
    plan["studies"][0]["file"] = "/home/me/clone/config/studies/cells.yaml"
    write_json(tables.parent / "plan.json", plan)
    command = "carryover report --configfile /home/me/mine.yaml --config results=/home/me/results seeds=3 only=['a/b']"
    write_json(tables.parent / "provenance.json", {"command": command})
    merge(tables, tmp_path / "reference")
    kept = Plan.read(tmp_path / "reference/plan.json")
    assert (kept.results, kept.studies[0].file) == ("results", "config/studies/cells.yaml")
    (entry,) = read_json(tmp_path / "reference/provenance.json")["merged"]
    said = entry["provenance"]["command"]
    assert said == "carryover report --configfile mine.yaml --config results=results seeds=3 only=['a/b']"
