"""Eight trainings started at once by Snakemake on a machine with two GPUs, which are simulated."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from carryover.data.files import read_json
from carryover.training.device import DEVICE_FILES
from carryover.training.gpu_slots import FOLDER
from tests.workflow.project import Project, text_of, training_processes

pytestmark = pytest.mark.workflow
JOBS_PER_GPU = 2


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    project = Project(tmp_path / "project")
    for number in range(2):
        (project.folder / f"nvidia{number}").touch()

    def eight_seeds(study: dict[str, Any]) -> None:
        study["sweep"], study["seeds"] = [], 8

    project.edit_study(eight_seeds)
    yield project
    project.kill_all()


def holders(folder: Path) -> dict[int, str]:
    """Process → GPU, for every place that is taken now, as the kernel knows it."""
    gpus = {path.stat().st_ino: path.name.split(".")[0] for path in folder.glob("slots/*.lock")}
    found = {}
    for line in Path("/proc/locks").read_text().splitlines():
        words = line.split()
        inode = int(words[5].split(":")[-1]) if words[1] == "FLOCK" else None
        if inode in gpus:
            found[int(words[4])] = gpus[inode]
    return found


def uses_torch(process: int) -> bool:
    return "libtorch" in text_of(Path(f"/proc/{process}/maps"))


def test_places_hold_even_where_snakemake_starts_more_jobs_than_there_are(project: Project) -> None:
    snakemake = project.start(
        *("--until", "train", "--cores", "8", "--resources", "gpu=8"),
        *("--config", "device=auto", f"jobs_per_gpu={JOBS_PER_GPU}"),
        # In processes of their own: a fork of a warm parent has PyTorch from its start.
        CARRYOVER_WARM="",
        **{DEVICE_FILES: str(project.folder / "nvidia[0-9]*"), FOLDER: str(project.folder / "slots")},
    )
    placed: dict[int, str] = {}
    training: set[int] = set()
    most = {"0": 0, "1": 0}
    while snakemake.poll() is None:
        training |= {process for process in training_processes(project.folder) if uses_torch(process)}
        now = holders(project.folder)
        placed |= now
        for gpu in most:
            most[gpu] = max(most[gpu], list(now.values()).count(gpu))
        time.sleep(0.02)
    assert snakemake.returncode == 0, text_of(project.folder / "snakemake.log")
    assert len(project.results("runs")) == 8
    assert len(placed) == 8
    assert training == set(placed)  # nobody came near PyTorch without a place
    assert most == {"0": JOBS_PER_GPU, "1": JOBS_PER_GPU}
    logs = [text_of(log) for log in project.folder.glob("results/logs/train/*.log")]
    assert any("waiting for a free slot on one of 2 GPUs" in log for log in logs)
    # PyTorch found no GPU behind its place here, and `auto` trained all the same.
    costs = [read_json(run / "cost.json") for run in project.results("runs")]
    assert {cost["device"] for cost in costs} <= {"cpu", "cuda:0"}
