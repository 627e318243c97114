"""SIGKILL to a training, then to Snakemake while its training lives on: the end is bitwise that of a quiet run."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from carryover.data.files import read_json
from tests.workflow.project import Project, kill, text_of, training_process, wait_for

pytestmark = pytest.mark.workflow


def lengthen(study: dict[str, Any]) -> None:
    """A training that takes a few seconds, and is saved ten times a second."""
    study["base"]["training"] = {"steps": 2000, "batch": 50, "order": "shuffled", "validate_every": 500}
    study["sweep"] = []


@pytest.fixture
def projects(tmp_path: Path) -> Iterator[tuple[Project, Project]]:
    pair = Project(tmp_path / "quiet"), Project(tmp_path / "killed")
    for project in pair:
        project.edit_study(lengthen)
    yield pair
    for project in pair:
        project.kill_all()


def test_kills_do_not_change_the_checkpoint(projects: tuple[Project, Project]) -> None:
    quiet, killed = projects
    options = ("--cores", "1", "--until", "train")
    often = {"CARRYOVER_SAVE_SECONDS": "0.1"}
    undisturbed = quiet.start(*options)

    # SIGKILL to the training: Snakemake reports it, and the saved state is still there.
    first = killed.start(*options, **often)
    state = wait_for(
        lambda: [*killed.folder.glob("results/state/*/state.safetensors")], "the first saved state"
    )[0]
    run = state.parent.name
    log = killed.folder / f"results/logs/train/{run}.log"
    kill(wait_for(lambda: training_process(killed.folder, run), "the training"))
    assert first.wait(600) != 0
    assert f"logs/train/{run}.log" in (killed.folder / "snakemake.log").read_text()
    assert state.exists()

    # SIGKILL to Snakemake: its training lives on; it is held, so that it does for as long as this takes.
    second = killed.start(*options, **often)
    wait_for(lambda: "continuing at step" in text_of(log), "the training to continue")
    # Its command hands it to a warm parent, so it runs in a process that the state's holder names.
    old = read_json(state.parent / "holder.json")["pid"]
    os.kill(old, signal.SIGSTOP)
    kill(second.pid)
    second.wait()
    assert "--unlock" in killed.snakemake(*options, check=False)
    killed.snakemake("--unlock")
    third = killed.start(*options, **often)
    wait_for(
        lambda: f"waiting for process {old} on " in text_of(log), "the new training to wait for the old one"
    )
    os.kill(old, signal.SIGCONT)
    assert third.wait(600) == 0, (killed.folder / "snakemake.log").read_text()
    assert "the other process finished this run" in text_of(log)

    assert undisturbed.wait(600) == 0
    # Each of the three calls of Snakemake left its log, also of the training that outlived its own.
    logs = [text_of(log.with_name(f"{log.name}.attempt-{number}")) for number in (1, 2, 3)]
    assert len([*log.parent.iterdir()]) == 1 + len(logs)
    assert ["continuing at step" in text for text in logs] == [False, True, False]
    assert ["finished after 2000 steps" in text for text in logs] == [False, True, False]
    assert logs[2] == text_of(log)

    assert killed.digests() == quiet.digests()
    assert len(killed.results("runs")) == 1
    assert not state.parent.exists()
