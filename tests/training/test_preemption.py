"""SIGTERM to the command that the workflow runs, at every stage of it: it ends soon, and leaves what it should."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

from carryover.training import device, state
from carryover.training.device import claim
from carryover.training.lock import one_writer
from tests.training.conftest import Trained

NewRun = Callable[..., Trained]
Start = Callable[..., "subprocess.Popen[str]"]
# What a cluster's or a spot machine's warning leaves, by the project's own promise. One thread works until then.
SECONDS = 10.0
LONG = {
    "task": "digit_sum",
    "distribution": {"kind": "uniform_digits", "digits": 5000},
    "rows": {"train": 20, "validation": 1},
}


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts `carryover train-run` of a run, with locks and GPU places in the test's own folder."""
    started: list[subprocess.Popen[str]] = []

    def begin(trained: Trained, *options: str, **environment: str) -> subprocess.Popen[str]:
        places = [str(path) for path in (trained.dataset, trained.out)]
        settings = tmp_path / f"settings-{len(started)}.json"
        settings.write_text(trained.run.model_dump_json())
        command = [sys.executable, "-m", "carryover", "train-run", str(settings), *places]
        child = subprocess.Popen(
            [*command, "--state", str(trained.state), *options],
            cwd="workflow",
            env=os.environ | {"TMPDIR": str(tmp_path)} | environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(child)
        return child

    yield begin
    for child in started:
        child.kill()
        child.communicate()


def line(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline()


def has_torch(child: subprocess.Popen[str]) -> bool:
    return "libtorch" in Path(f"/proc/{child.pid}/maps").read_text()


def ended(child: subprocess.Popen[str]) -> int:
    """The exit code after SIGTERM. It comes in time, by the time of the processor that the job takes until then."""
    *_, user, system = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[:13]
    before = (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    child.terminate()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert used.ru_utime + used.ru_stime - before < SECONDS
    return child.returncode


def test_while_waiting_for_a_gpu_before_pytorch_is_there(
    new_run: NewRun, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nvidia0").touch()
    files = {device.DEVICE_FILES: str(tmp_path / "nvidia[0-9]*")}
    for name in ("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", device.JOBS_PER_GPU, "SLURM_JOB_ID"):
        monkeypatch.setenv(name, "")  # so that what the claim sets is taken back, too
        monkeypatch.delenv(name)
    monkeypatch.setenv(device.DEVICE_FILES, files[device.DEVICE_FILES])
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    trained = new_run()
    with claim("auto"):
        child = start(trained, CUDA_VISIBLE_DEVICES="0", **files)
        assert line(child.stderr) == "waiting for a free slot on one of 1 GPUs\n"
        assert not has_torch(child)
        assert ended(child) == -signal.SIGTERM
    assert not trained.out.exists()


def test_while_pytorch_is_imported(new_run: NewRun, start: Start) -> None:
    trained = new_run(steps=100_000)
    child = start(trained, "--device", "cpu")
    while not has_torch(child):
        time.sleep(0.001)
    assert ended(child) in (-signal.SIGTERM, 128 + signal.SIGTERM)  # the latter once it trains
    assert not trained.out.exists()


def test_while_waiting_for_the_other_writer(new_run: NewRun, start: Start) -> None:
    trained = new_run(steps=10)
    with one_writer(trained.state, print):
        child = start(trained, "--device", "cpu")
        assert f"waiting for process {os.getpid()} on " in line(child.stderr)
        assert ended(child) == -signal.SIGTERM
        assert (trained.state / "holder.json").exists()
    trained.train()
    assert trained.info["steps"] == 10


def test_while_steps_are_long(new_run: NewRun, start: Start) -> None:
    model = {"hidden": 64, "embedding": 32, "layers": 4}
    trained = new_run(dataset=LONG, model=model, steps=100_000, batch=20, validate_every=100_000)
    child = start(trained, "--device", "cpu", "--save-seconds", "0")
    while not (trained.state / state.FILE).exists():
        assert child.poll() is None
        time.sleep(0.01)
    assert ended(child) == 128 + signal.SIGTERM
    assert (trained.state / state.FILE).exists()
    assert not trained.out.exists()
