"""What cannot fit a machine's disk or memory is refused before anything is made, with the figures."""

from __future__ import annotations

from collections import namedtuple
from pathlib import Path

import pytest

from carryover.cli import main
from carryover.errors import UserError
from carryover.manage import capacity
from carryover.planning.plan import Plan
from tests import plans

GB = 10**9
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """16 GB of memory and 100 GB of free disk."""
    monkeypatch.setattr(capacity, "machine_memory", lambda: 16 * GB)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: Usage(200 * GB, 100 * GB, 100 * GB))


def plan(rows: int = 100, hidden: int = 64, steps: int = 1000) -> Plan:
    dataset = {**plans.DATASET, "rows": {"train": 100, "test": rows}}
    split = {"suite": "own", "split": "own", "dataset": "d-1", "dataset_split": "test"}
    settings = {
        "dataset": dataset,
        "model": {"kind": "tagger", "hidden": hidden},
        "training": {"steps": steps},
    }
    return plans.plan(
        datasets={"d-1": dataset},
        runs={"r-1": {"settings": settings, "steps": steps}},
        evaluations={"e-1": {"run": "r-1", "splits": [split]}},
    )


def check(asked: Plan, gpu: bool = False) -> str:
    """The lines that a plan's jobs are refused with; empty where they fit."""
    try:
        capacity.check(asked, asked.datasets, asked.runs, asked.evaluations, gpu)
    except UserError as error:
        return str(error)
    return ""


def test_what_fits_is_not_refused(machine: None) -> None:
    assert check(plan()) == ""
    assert check(plan(hidden=1024, rows=1_000_000)) == ""


def test_datasets_that_do_not_fit_the_disk(machine: None) -> None:
    line = check(plan(rows=5 * GB)).splitlines()[0]
    # 24 bytes of a row: 1.4 for each of 10 digits, and 10 for the rest
    assert line.startswith(
        "results: results: the datasets still to be made take about 120.0 GB of disk, and 100.0 GB are free"
    )


def test_a_model_that_does_not_fit_the_memory(machine: None) -> None:
    # 4 gates × 65,536 × (32 + 65,536) weights of 24 bytes are 412 GB, and twice that with the margin.
    line = check(plan(hidden=65_536))
    assert line.startswith("r-1: takes about 826.")
    assert "and this machine has 16.0 GB; make batch, hidden" in line
    assert check(plan(hidden=65_536), gpu=True) == ""


def test_an_evaluation_that_does_not_fit_the_memory(machine: None) -> None:
    assert check(plan(rows=10**8)).startswith("e-1: takes about 51.8 GB of memory")


def test_a_training_of_too_many_steps(machine: None) -> None:
    assert check(plan(steps=10**9)) == ""  # 4 GB of losses
    assert check(plan(steps=10**9, hidden=20_000)).startswith("r-1: takes about")


def test_memory_of_a_container_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = tmp_path / "memory.max", tmp_path / "none"
    monkeypatch.setattr(capacity, "CONTAINER_LIMITS", limits)
    limits[0].write_text("123456789\n")
    assert capacity.machine_memory() == 123_456_789
    limits[0].write_text("max\n")
    assert capacity.machine_memory() > 123_456_789


def test_free_disk_is_that_of_the_folder_that_is_there(tmp_path: Path) -> None:
    assert capacity.free_disk(tmp_path / "not" / "made") > 0


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--steps", "1000000", "--batch", "1000000"], "the datasets still to be made take about"),
        (["--hidden", "65536", "--steps", "2"], "this training: takes about"),
        (["--hidden", "1000000000", "--steps", "2"], "model.hidden: should be less than or equal to 65536"),
    ],
)
def test_training_by_hand_is_refused_before_anything_is_made(
    tmp_path: Path, flags: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    results = tmp_path / "results"
    with pytest.raises(SystemExit) as ended:
        main(["train", "--device", "cpu", "--results", str(results), *flags])
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert words in told
    assert "Traceback" not in told
    assert not results.exists()
