"""A training that is stopped at any point ends in bitwise the same files as one that is not."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors import safe_open

from carryover.data.files import read_json
from carryover.training import job, loop, metrics, state
from carryover.training.loop import SAVE_SECONDS
from carryover.training.progress import Console
from tests.training.conftest import Trained

NewRun = Callable[..., Trained]


def signal_at(monkeypatch: pytest.MonkeyPatch, step: int | None, number: int = signal.SIGTERM) -> None:
    """From now on, this process gets a signal when training has made that step (None: never)."""
    monkeypatch.setattr(
        Console, "advance", lambda self, done: os.kill(os.getpid(), number) if done == step else None
    )


def stopped_at(trained: Trained, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    signal_at(monkeypatch, step)
    with pytest.raises(SystemExit) as ended:
        trained.train()
    assert ended.value.code == 143
    assert f"stopped at step {step} of" in trained.lines[-1]
    assert not trained.out.exists()
    signal_at(monkeypatch, None)


EVERY_KIND = [
    {"optimizer": "adam", "clip_norm": 0.5},
    {"optimizer": "adamw", "weight_decay": 0.1, "model": {"dropout": 0.3}},
    {"optimizer": "sgd", "momentum": 0.9, "lr": 0.05, "gradient_norm": True},
    {"optimizer": "rmsprop", "momentum": 0.5, "model": {"cell": "lstm", "dropout": 0.5}},
    {"optimizer": "adagrad", "lr_decay": 0.1, "lr": 0.05, "model": {"cell": "gru", "bidirectional": True}},
    {"checkpoint": "best", "optimizer": "sgd", "lr": 0.3, "momentum": 0.95},
    {"order": "fresh", "steps": 24, "validate_every": 10, "schedule": "cosine", "warmup_steps": 5},
    {"epochs": 3, "steps": None, "validate_every": None, "batch": 70},
    {"precision": "bfloat16", "steps": 24, "validate_every": 10},
]


@pytest.mark.parametrize("changes", EVERY_KIND)
def test_continued_training_is_bitwise_the_same(
    new_run: NewRun, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    whole, parts = new_run(**changes), new_run(**changes)
    whole.train()
    total = whole.info["steps"]
    for step in sorted(random.Random(str(changes)).sample(range(1, total), 3)):
        stopped_at(parts, monkeypatch, step)
    parts.train()
    assert "continuing at step" in "".join(parts.lines)
    assert parts.bytes == whole.bytes
    assert not parts.state.exists()


@pytest.mark.parametrize("step", [29, 30, 31, 50, 119])  # around a validation, at a check, before the end
def test_no_step_is_a_bad_one_to_stop_at(new_run: NewRun, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    whole, parts = new_run(), new_run()
    whole.train()
    stopped_at(parts, monkeypatch, step)
    parts.train()
    assert parts.bytes == whole.bytes


def test_stopping_during_validation(new_run: NewRun, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, parts = new_run(), new_run()
    whole.train()
    with monkeypatch.context() as patch:

        def interrupted(*arguments: Any, **options: Any) -> Any:
            os.kill(os.getpid(), signal.SIGTERM)
            return metrics.score(*arguments, **options)

        patch.setattr("carryover.training.loop.score", interrupted)
        with pytest.raises(SystemExit):
            parts.train()
    assert "stopped at step 30" in parts.lines[-1]
    parts.train()
    assert parts.bytes == whole.bytes


def test_divergence_after_a_stop(new_run: NewRun, monkeypatch: pytest.MonkeyPatch) -> None:
    # Checked at step 40, stopped at 43, broken at 46, noticed at 50: the model of step 40 is kept.
    monkeypatch.setattr(loop, "CHECK_EVERY", 10)
    learning_rate, make_step = loop.learning_rate, job.make_step
    current = 0

    def recorded(training: Any, step: int, total: int) -> float:
        nonlocal current
        current = step
        return learning_rate(training, step, total)

    def breaking(*arguments: Any) -> Any:
        step = make_step(*arguments)

        def broken(batch: Any, lr: float) -> Any:
            loss, norm = step(batch, lr)
            return (loss * float("nan") if current == 46 else loss), norm

        return broken

    monkeypatch.setattr(loop, "learning_rate", recorded)
    monkeypatch.setattr(job, "make_step", breaking)
    whole, parts = new_run(), new_run()
    whole.train()
    assert (whole.info["status"], whole.info["steps"]) == ("diverged", 46)
    stopped_at(parts, monkeypatch, 43)
    parts.train()
    assert parts.bytes == whole.bytes


@pytest.fixture
def ctrl_c() -> Iterator[Callable[[Any], Any]]:
    """Sets what Ctrl-C does, which differs with how the tests were started, and puts it back."""
    before = signal.getsignal(signal.SIGINT)
    yield lambda handler: signal.signal(signal.SIGINT, handler)
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_saves_too(
    new_run: NewRun, monkeypatch: pytest.MonkeyPatch, ctrl_c: Callable[[Any], Any]
) -> None:
    ctrl_c(signal.default_int_handler)
    trained = new_run()
    signal_at(monkeypatch, 7, signal.SIGINT)
    with pytest.raises(SystemExit) as ended:
        trained.train()
    assert ended.value.code == 130
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert (trained.state / state.FILE).exists()


def test_ctrl_c_that_the_shell_ignores_stays_ignored(
    new_run: NewRun, monkeypatch: pytest.MonkeyPatch, ctrl_c: Callable[[Any], Any]
) -> None:
    ctrl_c(signal.SIG_IGN)
    signal_at(monkeypatch, 7, signal.SIGINT)
    assert new_run().train()["steps"] == 120
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_saves_now_and_then(new_run: NewRun, monkeypatch: pytest.MonkeyPatch) -> None:
    saved: list[int] = []
    save = state.save

    def counted(*arguments: Any) -> None:
        saved.append(arguments[3]["step"])
        save(*arguments)

    monkeypatch.setattr(state, "save", counted)
    new_run(steps=5).train(save_seconds=0.0)
    assert saved == [0, 1, 2, 3, 4]
    saved.clear()
    new_run(steps=5).train(save_seconds=SAVE_SECONDS)
    assert saved == []


# --- what is not continued -------------------------------------------------------------------------------------------


def identity_in(folder: Path) -> dict[str, Any]:
    with safe_open(folder / state.FILE, framework="pt") as file:
        found: dict[str, Any] = json.loads(file.metadata()["identity"])
        return found


def test_state_of_other_code_data_or_torch_is_discarded(
    new_run: NewRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = new_run()
    whole.train()
    parts = new_run()
    stopped_at(parts, monkeypatch, 40)
    assert set(identity_in(parts.state)) == {
        "format",
        "settings",
        "fingerprint",
        "dataset_digest",
        "torch",
        "device",
    }
    parts.train(fingerprint="other code")
    assert any("of another fingerprint" in line for line in parts.lines)
    assert not any("continuing" in line for line in parts.lines)
    assert parts.bytes == whole.bytes  # the code is the same after all

    again = new_run()
    stopped_at(again, monkeypatch, 40)
    with monkeypatch.context() as patch:
        patch.setattr(state, "torch", SimpleNamespace(__version__="99.0"))
        again.train()
    assert any("of another torch" in line for line in again.lines), again.lines


def test_every_part_of_the_identity_counts(tmp_path: Path) -> None:
    base = state.identity({"seed": 1}, "code", "digest", "cpu")
    for name in base:
        lines: list[str] = []
        state.save(tmp_path, base | {name: "other"}, {"x": torch.ones(2)}, {"step": 1})
        assert state.load(tmp_path, base, lines.append) is None
        assert name in lines[0]
        assert not (tmp_path / state.FILE).exists()
    state.save(tmp_path, base, {"x": torch.ones(2)}, {"value": float("inf")})
    found = state.load(tmp_path, base, print)
    assert found is not None
    assert found[1] == {"value": float("inf")}
    assert torch.equal(found[0]["x"], torch.ones(2))


@pytest.mark.parametrize("damage", [b"", b"not a state", None])
def test_damaged_state_is_discarded(
    new_run: NewRun, monkeypatch: pytest.MonkeyPatch, damage: bytes | None
) -> None:
    trained = new_run(steps=20)
    stopped_at(trained, monkeypatch, 10)
    path = trained.state / state.FILE
    path.write_bytes(path.read_bytes()[:-100] if damage is None else damage)
    trained.train()
    assert any("discarding saved state" in line and "not readable" in line for line in trained.lines)
    assert trained.info["steps"] == 20


def test_a_flipped_bit_in_a_saved_state_discards_it(tmp_path: Path) -> None:
    path, identity = tmp_path / state.FILE, state.identity({"seed": 1}, "code", "digest", "cpu")
    tensors, values = {"x": torch.arange(3.0), "y": torch.tensor(2)}, {"step": 1, "loss": float("nan")}
    state.save(tmp_path, identity, tensors, values)
    content = path.read_bytes()
    for at in range(len(content)):
        lines: list[str] = []
        path.write_bytes(content[:at] + bytes([content[at] ^ 1 << at % 8]) + content[at + 1 :])
        loaded = state.load(tmp_path, identity, lines.append)
        assert (loaded is None) == (len(lines) == 1) == (not path.exists())
        assert loaded is None or repr(loaded) == repr((tensors, values))


# --- real processes --------------------------------------------------------------------------------------------------

CODE = """
import json, sys
from pathlib import Path
from carryover.planning.runs import read_run
from carryover.training import interruption, job, loop
settings, dataset, out, state, save_seconds, block = sys.argv[1:]
if block:  # a step that does not come back: asleep, or (where signals would wake it) deep in PyTorch
    import time, torch
    make_step = job.make_step
    def slow(*arguments):
        step = make_step(*arguments)
        numbers = torch.rand(3000, 3000)
        def blocked(batch, lr):
            if job_steps.append(1) or len(job_steps) > 5:
                print("blocked", file=sys.stderr, flush=True)
                time.sleep(1000) if block == "asleep" else torch.linalg.svd(numbers)
            return step(batch, lr)
        job_steps = []
        return blocked
    job.make_step = slow
    loop.Interruption = lambda: interruption.Interruption(0.5)
loop.train(read_run(json.loads(settings)), Path(dataset), Path(out), Path(state), device="cpu",
           save_seconds=float(save_seconds))
"""


def process(trained: Trained, save_seconds: float, block: str = "") -> subprocess.Popen[str]:
    paths = [str(path) for path in (trained.dataset, trained.out, trained.state)]
    command = [sys.executable, "-c", CODE, trained.run.model_dump_json(), *paths, str(save_seconds), block]
    return subprocess.Popen(command, cwd="workflow", stderr=subprocess.PIPE, text=True)


def saved_step(trained: Trained) -> int:
    with safe_open(trained.state / state.FILE, framework="pt") as file:
        return int(json.loads(file.metadata()["values"])["step"])


def test_killed_at_random_points(new_run: NewRun) -> None:
    changes = {"steps": 400, "model": {"dropout": 0.2}}
    whole, killed = new_run(**changes), new_run(**changes)
    whole.train()
    chance = random.Random(0)
    steps = [0]
    for _ in range(2):
        child = process(killed, save_seconds=0.0)  # saves after every step, so most kills hit a save
        while not ((killed.state / state.FILE).exists() and saved_step(killed) > steps[-1]):
            assert child.poll() is None, child.stderr and child.stderr.read()
            time.sleep(0.01)
        time.sleep(chance.random() * 0.1)
        child.kill()
        child.wait()
        steps.append(saved_step(killed))
    assert 0 < steps[1] < steps[2] < 400
    killed.train()
    assert f"continuing at step {steps[2]} of 400" in killed.lines
    assert killed.bytes == whole.bytes
    assert not killed.state.exists()


def test_terminated_process_saves_and_ends_with_143(new_run: NewRun) -> None:
    trained = new_run(steps=50_000)
    child = process(trained, save_seconds=0.0)
    while not (trained.state / state.FILE).exists():
        time.sleep(0.01)
    child.terminate()
    _, errors = child.communicate()
    assert child.returncode == 143, errors
    assert "the next attempt continues from here" in errors
    assert not trained.out.exists()


def test_a_step_that_takes_too_long_does_not_hold_up_the_end(new_run: NewRun) -> None:
    trained = new_run(steps=24)
    child = process(trained, save_seconds=0.0, block="busy")
    assert child.stderr is not None
    while child.stderr.readline() != "blocked\n":
        pass
    child.terminate()
    assert child.wait() == 143
    child.stderr.close()
    assert saved_step(trained) == 5  # what was saved before


def test_second_process_waits_for_the_first(new_run: NewRun) -> None:
    trained = new_run(steps=40)
    whole = new_run(steps=40)
    whole.train()
    first = process(trained, save_seconds=0.0, block="asleep")
    assert first.stderr is not None
    while first.stderr.readline() != "blocked\n":
        pass
    second = process(trained, save_seconds=100.0)
    assert second.stderr is not None
    waiting = second.stderr.readline()
    host = os.uname().nodename
    assert f"waiting for process {first.pid} on {host}, which holds" in waiting
    assert read_json(trained.state / "holder.json") == {"host": host, "pid": first.pid}
    first.kill()
    first.wait()
    first.stderr.close()
    _, errors = second.communicate()
    assert second.returncode == 0
    assert "continuing at step 5 of 40" in errors
    assert trained.bytes == whole.bytes
