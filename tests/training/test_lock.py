"""One writer at a time, and what the second one finds when it is its turn."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from carryover.training import lock, state
from carryover.training.cost import Meter
from carryover.training.lock import one_writer
from tests.training.conftest import Trained


def test_writers_come_one_after_the_other_though_each_removes_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "POLL_SECONDS", 0.01)
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        for _ in range(5):
            with one_writer(tmp_path / "state", lambda line: None):
                inside.append(1)
                most.append(len(inside))
                time.sleep(0.002)
                inside.pop()
                state.remove(tmp_path / "state")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 20
    assert max(most) == 1


def test_run_that_the_other_process_finished_is_not_trained_again(
    new_run: Callable[..., Trained], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "POLL_SECONDS", 0.01)
    trained = new_run(steps=10)
    results: dict[str, Any] = {}
    with one_writer(trained.state, print):
        waiting = threading.Thread(target=lambda: results.update(trained.train()))
        waiting.start()
        while not any("waiting for" in line for line in trained.lines):
            time.sleep(0.01)
        other = Trained(trained.run, trained.dataset, trained.out.parent)
        other.state = trained.state.with_name("elsewhere")
        other.train()
        written = (trained.out / "run.json").stat().st_mtime_ns
    waiting.join()
    assert "the other process finished this run" in trained.lines[-1]
    assert results == other.info
    assert (trained.out / "run.json").stat().st_mtime_ns == written
    assert not trained.state.exists()


def test_marker_file_serves_where_there_are_no_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "POLL_SECONDS", 0.01)

    def without_locks(*arguments: Any) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(FileLock, "_acquire", without_locks)
    lines: list[str] = []
    order: list[str] = []
    with one_writer(tmp_path, lines.append) as waited:
        assert not waited
        assert "no locks" in lines[0]

        def second() -> None:
            with one_writer(tmp_path, lines.append) as waited:
                order.append(f"second waited: {waited}")

        thread = threading.Thread(target=second)
        thread.start()
        while not any("waiting for" in line for line in lines):
            time.sleep(0.01)
        order.append("first done")
    thread.join()
    assert order == ["first done", "second waited: True"]


def test_meter_notices_other_jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    meter = Meter("train")
    assert meter.result("cpu")["alone"]
    jobs = next(tmp_path.glob("carryover-*/jobs"))
    (jobs / "1").touch()  # of a job that has ended
    assert meter.result("cpu")["alone"]
    assert not (jobs / "1").exists()
    with FileLock(jobs / "2"):
        assert not meter.result("cpu")["alone"]
    assert not meter.result("cpu")["alone"]  # it was not, for a while
