"""Detecting GPUs and claiming a place on one, without any and without PyTorch."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import pytest

from carryover.errors import UserError
from carryover.training import device, gpu_slots
from carryover.training.device import claim, local_gpus, visible_gpus


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No GPU but those a test makes, and locks in the test's own folder."""
    for name in ("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "SLURM_JOB_ID", device.JOBS_PER_GPU):
        monkeypatch.setenv(name, "")  # so that what the test itself sets is taken back, too
        monkeypatch.delenv(name)
    monkeypatch.setenv(device.DEVICE_FILES, str(tmp_path / "nvidia[0-9]*"))
    monkeypatch.setenv(gpu_slots.FOLDER, str(tmp_path / "slots"))


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


def test_under_slurm_the_jobs_own_gpu_is_not_claimed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    simulate(tmp_path, 2)
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    assert visible_gpus() == []  # the job was given none, though the node has two
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    with claim("auto") as found:
        assert found == "auto"
        assert os.environ["CUDA_VISIBLE_DEVICES"] == "1"
    assert not (tmp_path / "slots").exists()


def test_trainings_in_one_slurm_job_spread_over_its_gpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    for job in ("7", "8"):  # each job numbers its own GPUs from 0, so that neither waits for the other's
        monkeypatch.setenv("SLURM_JOB_ID", job)
        with ExitStack() as stack:
            seen = []
            for _ in range(2):
                monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
                stack.enter_context(claim("auto"))
                seen.append(os.environ["CUDA_VISIBLE_DEVICES"])
            assert seen == ["0", "1"]


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


# A job that says which GPU it has been given, since when and until when, by the clock that all processes share.
JOB = """
import json, os, sys, time
from carryover.training.device import claim
assert "torch" not in sys.modules
sys.modules["carryover.training.device"].POLL_SECONDS = 0.01
with claim("cuda", int(sys.argv[1])):
    print(json.dumps([os.environ["CUDA_VISIBLE_DEVICES"], time.monotonic()]), flush=True)
    time.sleep(float(sys.argv[2]))
    print(time.monotonic())
"""


@pytest.fixture
def job(tmp_path: Path) -> Iterator[Callable[[int, float], subprocess.Popen[str]]]:
    """Starts a process that claims a place among so many on each GPU, and keeps it for some seconds."""
    environment = os.environ | {device.DEVICE_FILES: str(tmp_path / "nvidia[0-9]*")}
    started: list[subprocess.Popen[str]] = []

    def start(places: int, seconds: float) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", JOB, str(places), str(seconds)]
        pipe = subprocess.PIPE
        child = subprocess.Popen(
            command, cwd="workflow", env=environment, stdout=pipe, stderr=pipe, text=True
        )
        started.append(child)
        return child

    yield start
    for child in started:
        child.kill()
        child.communicate()


Start = Callable[[int, float], "subprocess.Popen[str]"]


def line(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline().strip()


def entered(child: subprocess.Popen[str]) -> tuple[str, float]:
    """The GPU that a job was given and when, once it has been."""
    gpu, start = json.loads(line(child.stdout))
    return gpu, start


def most_at_once(spans: list[tuple[str, float, float]], gpu: str) -> int:
    """How many of the jobs shared this GPU, at the moment when most did; that is always when one of them began."""
    mine = [(start, end) for one, start, end in spans if one == gpu]
    return max(sum(start <= moment < end for start, end in mine) for moment, _ in mine)


@pytest.mark.parametrize("places", [1, 2, 3])
def test_eight_jobs_on_two_gpus_never_share_beyond_the_setting(
    tmp_path: Path, job: Start, places: int
) -> None:
    simulate(tmp_path, 2)
    # One is killed while it has its place, which the others need.
    killed = job(places, 1000)
    gpu, start = entered(killed)
    jobs = [job(places, 0.3) for _ in range(8)]
    while sum(child.poll() is None for child in jobs) > 6:
        time.sleep(0.01)
    spans = [(gpu, start, time.monotonic())]
    killed.kill()
    spans += [(*entered(child), float(line(child.stdout))) for child in jobs]
    assert {gpu for gpu, _, _ in spans[1:]} == {"0", "1"}
    assert max(most_at_once(spans, gpu) for gpu in ("0", "1")) <= places


def test_killed_job_frees_its_place(tmp_path: Path, job: Start) -> None:
    simulate(tmp_path, 1)
    first = job(1, 1000)
    entered(first)
    second = job(1, 0)
    assert line(second.stderr) == "waiting for a free slot on one of 1 GPUs"
    first.kill()
    entered(second)


def test_waiting_job_that_is_told_to_stop_ends_at_once(tmp_path: Path, job: Start) -> None:
    simulate(tmp_path, 1)
    first = job(1, 1000)
    entered(first)
    second = job(1, 0)
    assert line(second.stderr) == "waiting for a free slot on one of 1 GPUs"
    second.terminate()
    assert second.wait() == -signal.SIGTERM
    first.kill()
    with claim("cuda"):  # it took no place with it
        assert os.environ["CUDA_VISIBLE_DEVICES"] == "0"
