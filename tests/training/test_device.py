"""Detecting GPUs and claiming a place on one, without any and without PyTorch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from carryover.errors import UserError
from carryover.training import device
from carryover.training.device import claim, local_gpus, visible_gpus


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No GPU but those a test makes, and locks in the test's own folder."""
    for name in ("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "SLURM_JOB_ID", device.JOBS_PER_GPU):
        monkeypatch.setenv(name, "")  # so that what the test itself sets is taken back, too
        monkeypatch.delenv(name)
    monkeypatch.setenv(device.DEVICE_FILES, str(tmp_path / "nvidia[0-9]*"))
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))


def simulate(folder: Path, count: int) -> None:
    for number in range(count):
        (folder / f"nvidia{number}").touch()


def test_gpus_are_counted_by_their_device_files(tmp_path: Path) -> None:
    assert local_gpus() == 0
    simulate(tmp_path, 2)
    (tmp_path / "nvidiactl").touch()
    assert visible_gpus() == ["0", "1"]


def test_existing_choice_is_honoured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    simulate(tmp_path, 4)
    for value, expected in (("", []), ("-1", []), ("2", ["2"]), ("3, GPU-ab12", ["3", "GPU-ab12"])):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", value)
        assert visible_gpus() == expected
    with claim("auto"):
        assert os.environ["CUDA_VISIBLE_DEVICES"] == "3"


def test_under_slurm_nothing_is_claimed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    simulate(tmp_path, 2)
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    assert visible_gpus() == []  # the job was given none, though the node has two
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    with claim("auto") as found:
        assert found == "auto"
        assert os.environ["CUDA_VISIBLE_DEVICES"] == "0,1"
    assert not list(tmp_path.glob("carryover-*"))


def test_without_a_gpu(tmp_path: Path) -> None:
    with claim("auto") as found:
        assert found == "cpu"
    with pytest.raises(UserError, match=r"device: cuda asks for a GPU"), claim("cuda"):
        pass
    simulate(tmp_path, 1)
    with claim("cpu") as found:
        assert found == "cpu"
        assert "CUDA_VISIBLE_DEVICES" not in os.environ


def test_places_are_spread_and_given_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    simulate(tmp_path, 2)

    def claimed() -> str:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        return str(stack.enter_context(claim("auto", 2)) and os.environ["CUDA_VISIBLE_DEVICES"])

    with ExitStack() as stack:
        assert [claimed() for _ in range(4)] == ["0", "1", "0", "1"]
        assert device.memory_share() == 0.5
    with ExitStack() as stack:
        assert claimed() == "0"


JOB = """
import json, os, sys, time
from carryover.training.device import claim
assert "torch" not in sys.modules
device_module = sys.modules["carryover.training.device"]
device_module.POLL_SECONDS = 0.01
with claim("cuda", int(sys.argv[1])):
    start = time.monotonic()
    time.sleep(0.3)
    print(json.dumps([os.environ["CUDA_VISIBLE_DEVICES"], start, time.monotonic()]))
"""


@pytest.mark.parametrize("places", [1, 3])
def test_eight_jobs_on_two_gpus_never_share_beyond_the_setting(tmp_path: Path, places: int) -> None:
    simulate(tmp_path, 2)
    environment = os.environ | {"TMPDIR": str(tmp_path), device.DEVICE_FILES: str(tmp_path / "nvidia[0-9]*")}
    command = [sys.executable, "-c", JOB, str(places)]
    jobs = [
        subprocess.Popen(command, cwd="workflow", env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(8)
    ]
    spans = [json.loads(job.communicate()[0]) for job in jobs]
    assert {gpu for gpu, _, _ in spans} == {"0", "1"}
    for gpu, start, _ in spans:
        together = sum(other == gpu and begin <= start < end for other, begin, end in spans)
        assert together <= places


def test_killed_job_frees_its_place(tmp_path: Path) -> None:
    simulate(tmp_path, 1)
    environment = os.environ | {"TMPDIR": str(tmp_path), device.DEVICE_FILES: str(tmp_path / "nvidia[0-9]*")}
    code = JOB.replace("time.sleep(0.3)", "print('in', flush=True); time.sleep(100)")
    child = subprocess.Popen(
        [sys.executable, "-c", code, "1"], cwd="workflow", env=environment, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "in\n"
    child.kill()
    child.wait()
    child.stdout.close()
    with claim("cuda"):
        assert os.environ["CUDA_VISIBLE_DEVICES"] == "0"
