"""Jobs in forks of a warm parent do what plain jobs do, and end as plain jobs end."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from carryover.warm import server
from carryover.warm.client import SOCKET

ROOT = Path(__file__).parents[2]
DATASET = {
    "task": "digit_sum",
    "distribution": {"kind": "uniform_digits", "digits": 2},
    "rows": {"train": 500, "validation": 50, "test": 50},
}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "carryover", *arguments]


def json_file(path: Path, content: object) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return str(path)


def generation(folder: Path) -> list[str]:
    return command("generate", json_file(folder / "dataset-settings.json", DATASET), str(folder / "dataset"))


def training(folder: Path, steps: int) -> list[str]:
    run = {
        "dataset": DATASET,
        "model": {"kind": "tagger", "cell": "rnn", "embedding": 4, "hidden": 8},
        "training": {"steps": steps, "batch": 50},
    }
    places = [str(folder / name) for name in ("dataset", "run", "state")]
    return command(
        "train-run",
        json_file(folder / "run-settings.json", run),
        *places[:2],
        "--state",
        places[2],
        "--device",
        "cpu",
        "--save-seconds",
        "0.2",
    )


def environment(socket: str | None) -> dict[str, str]:
    plain = {key: value for key, value in os.environ.items() if key != SOCKET}
    plain["PYTHONPATH"] = str(ROOT / "workflow")
    return plain if socket is None else {**plain, SOCKET: socket}


@pytest.fixture(scope="module")
def warm() -> Iterator[str]:
    """The socket of a warm parent of this process."""
    before = os.environ.pop(SOCKET, None)
    parent = server.start()
    assert parent is not None
    socket = os.environ.pop(SOCKET)
    if before is not None:
        os.environ[SOCKET] = before
    yield socket
    assert parent.stdin is not None
    parent.stdin.close()
    assert parent.wait(60) == 0
    assert not Path(socket).parent.exists()


@pytest.fixture
def folder(tmp_path: Path, warm: str) -> Path:
    """A folder with the dataset, made in a fork."""
    subprocess.run(generation(tmp_path), env=environment(warm), check=True)
    return tmp_path


def until(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.02)


def forks_of(socket: str) -> list[int]:
    """The jobs that the parent behind a socket has forked."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(Path(socket).parent).encode() in process.read_bytes():
                found.append(int(process.parent.name))
        except OSError:
            continue
    return sorted(found)[1:]


def start_training(folder: Path, warm: str) -> tuple[subprocess.Popen[bytes], int]:
    """A training that does not end by itself, and the process that it runs in, once it has saved its state."""
    client = subprocess.Popen(training(folder, 10_000_000), env=environment(warm), stderr=subprocess.DEVNULL)
    until((folder / "state" / "state.safetensors").exists)
    job = json.loads((folder / "state" / "holder.json").read_text())["pid"]
    assert job != client.pid
    return client, job


def is_gone(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return status == "Z"


def test_a_fork_makes_the_same_files(
    folder: Path, warm: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    plain = tmp_path_factory.mktemp("plain")
    subprocess.run(generation(plain), env=environment(None), check=True)
    for place, socket in ((plain, None), (folder, warm)):
        subprocess.run(training(place, 60), env=environment(socket), check=True, stderr=subprocess.DEVNULL)
    for name in ("dataset/train.parquet", "run/model.safetensors", "run/history.parquet", "run/run.json"):
        assert (plain / name).read_bytes() == (folder / name).read_bytes(), name


def test_streams_folder_and_exit_code_are_those_of_the_command(folder: Path, warm: str) -> None:
    plain, forked = (
        subprocess.run(
            command("generate", "-", "elsewhere"),
            input='{"task": "digit_sum"}',
            env=environment(socket),
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        for socket in (None, warm)
    )
    assert (forked.returncode, forked.stdout, forked.stderr) == (plain.returncode, plain.stdout, plain.stderr)
    assert forked.returncode == 2
    made = command("generate", "-", "here")
    subprocess.run(made, input=json.dumps(DATASET).encode(), env=environment(warm), cwd=folder, check=True)
    assert (folder / "here" / "dataset.json").exists()


def test_being_told_to_stop_reaches_the_training(folder: Path, warm: str) -> None:
    client, _ = start_training(folder, warm)
    client.send_signal(signal.SIGTERM)
    assert client.wait() == 128 + signal.SIGTERM
    assert (folder / "state" / "state.safetensors").exists()


def test_killing_the_command_kills_the_training(folder: Path, warm: str) -> None:
    client, job = start_training(folder, warm)
    client.kill()
    client.wait()
    until(lambda: is_gone(job))


def test_killing_the_training_ends_the_command(folder: Path, warm: str) -> None:
    client, job = start_training(folder, warm)
    os.kill(job, signal.SIGKILL)
    assert client.wait() == 128 + signal.SIGKILL


def test_a_parent_outlives_who_started_it_until_its_jobs_have_ended(folder: Path) -> None:
    starter = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import os, time; from carryover.warm import server; server.start();"
            " print(os.environ['CARRYOVER_WARM'], flush=True); time.sleep(1000)",
        ],
        env=environment(None),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert starter.stdout is not None
    socket = starter.stdout.readline().strip()
    client, job = start_training(folder, socket)
    starter.kill()
    starter.wait()
    until(lambda: not Path(socket).exists())  # it takes no more jobs
    assert not is_gone(job)
    client.send_signal(signal.SIGTERM)
    assert client.wait() == 128 + signal.SIGTERM
    until(lambda: not forks_of(socket))


@pytest.mark.parametrize("socket", ["", "/nowhere/socket"])
def test_without_a_parent_the_command_runs_plainly(tmp_path: Path, socket: str) -> None:
    subprocess.run(generation(tmp_path), env=environment(socket), check=True)
    assert (tmp_path / "dataset" / "dataset.json").exists()


def test_only_its_user_may_enter_the_folder_of_the_socket(warm: str) -> None:
    assert stat.S_IMODE(Path(warm).parent.stat().st_mode) == 0o700


def test_none_is_started_where_the_variable_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SOCKET, "")
    assert server.start() is None
