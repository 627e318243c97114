"""Which models a report offers to play with, and how they come to a reference."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from carryover.data.files import read_json, write_json
from carryover.report import models
from carryover.report.sections import playground
from carryover.training.runs import load_run
from tests import plans
from tests.report.small_runs import SUMS, TAGGERS, random

REFERENCE = Path(__file__).parents[2] / "results" / "reference" / "full"


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """A report's folder whose studies offer two runs; one of them is trained, and so is a run that none offers."""
    small, other = (random(tmp_path / "results", TAGGERS[cell], SUMS).folder for cell in ("rnn", "lstm"))
    folder = tmp_path / "results/reports/mine"
    studies = [{"name": "a", "play": [small.name, "not-trained"]}, {"name": "b", "play": [small.name]}]
    plans.plan(studies=studies, reference=str(tmp_path / "reference")).write(folder / "plan.json")
    write_json(folder / "provenance.json", {"commit": "abc"})
    assert other.is_dir()
    return folder


def names(report: Path) -> list[str]:
    return [folder.name for folder in models.folders(report, models.Plan.read(report / "plan.json"))]


def test_the_reports_own_runs_come_first(report: Path, tmp_path: Path) -> None:
    (run,) = models.trained(report, models.Plan.read(report / "plan.json"))
    committed = random(tmp_path / "another", TAGGERS["gru"], SUMS).folder
    models._copy([committed], tmp_path / "reference/models")
    assert names(report) == [run.name]
    (run / models.CHECKPOINT).unlink()
    assert names(report) == [committed.name]
    models.copy(tmp_path / "reference", report)
    assert (report / "models" / committed.name / "run.json").is_file()
    (tmp_path / "reference/models").rename(tmp_path / "gone")
    assert names(report) == [committed.name]


def test_models_are_committed_with_their_provenance(report: Path, tmp_path: Path) -> None:
    reference = tmp_path / "reference"
    (name,) = models.keep(report, reference)
    assert load_run(reference / "models" / name).info == load_run(tmp_path / "results/runs" / name).info
    assert read_json(reference / "models/provenance.json") == {name: {"commit": "abc"}}
    assert models.keep(tmp_path, reference) == []  # no report here
    assert models.keep(report, reference) == [name]  # again: the same model
    other = reference / "models" / "another-seed"
    (reference / "models" / name).rename(other)
    info = read_json(other / "run.json")
    write_json(other / "run.json", info | {"settings": info["settings"] | {"seed": 7}})
    assert models.keep(report, reference) == []  # one replicate is enough


def test_a_page_without_models_says_how_to_get_some(tmp_path: Path) -> None:
    assert playground._content([]) == {"fragment": None, "others": []}
    large = random(tmp_path, TAGGERS["lstm"] | {"hidden": 160}, SUMS).folder
    assert playground._content([large]) == {"fragment": None, "others": [large.name]}


def test_the_committed_models_are_runs_of_the_reference() -> None:
    """They are the adders that the shipped config offers, small enough for a page together."""
    from carryover.analysis import tables
    from carryover.report.play import fits

    runs = [load_run(path.parent) for path in sorted(REFERENCE.glob("models/*/model.safetensors"))]
    assert sorted(run.settings.dataset.length() or 0 for run in runs) == [2, 5, 10]
    stored = {row["run"]: row for row in tables.read(REFERENCE, "runs").to_pylist()}
    for run in runs:
        # Weights differ in their last bits from one processor to another; what a run has learned when does not.
        of_reference = stored[run.folder.name]
        for name in ("dataset_digest", "status", "solved_at"):
            assert run.info[name] == of_reference[name]
        assert fits(run)
    provenance = read_json(REFERENCE / "models/provenance.json")
    assert set(provenance) == {run.folder.name for run in runs}
    assert all(re.fullmatch("[0-9a-f]{40}", one["git"]["commit"]) for one in provenance.values())
