"""Tiny runs, and datasets that are made once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from carryover.data.files import read_json
from carryover.planning.runs import RunSettings, read_run
from carryover.settings.canonical import content_hash
from carryover.tasks.generate import generate
from carryover.training.interruption import Interruption
from carryover.training.loop import train

torch.set_num_threads(1)

DIGITS = {
    "task": "digit_sum",
    "distribution": {"kind": "uniform_digits", "digits": 2},
    "rows": {"train": 600, "validation": 40},
}
TAGGER = {"kind": "tagger", "cell": "rnn", "embedding": 4, "hidden": 8, "layers": 2}
TRAINING = {"steps": 120, "batch": 25, "validate_every": 30}


def settings(**changes: Any) -> RunSettings:
    """A tiny run; `model`, `dataset` and `seed` replace or add, everything else is a training setting."""
    dataset = changes.pop("dataset", DIGITS)
    model = changes.pop("model", {})
    model = model if "kind" in model else TAGGER | model
    seed = changes.pop("seed", 0)
    training = {name: value for name, value in (TRAINING | changes).items() if value is not None}
    return read_run({"dataset": dataset, "model": model, "training": training, "seed": seed})


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A training that is told to stop inside the test process must never end that process, however slow it is."""
    monkeypatch.setattr("carryover.training.loop.Interruption", lambda: Interruption(grace=3600))


class Trained:
    """Where a run was trained, and what came of it."""

    def __init__(self, run: RunSettings, dataset: Path, folder: Path) -> None:
        self.run, self.dataset = run, dataset
        self.out, self.state = folder / "out", folder / "state"
        self.lines: list[str] = []

    def train(self, **options: Any) -> dict[str, Any]:
        """Train (or continue) and return run.json."""
        train(self.run, self.dataset, self.out, self.state, device="cpu", log=self.lines.append, **options)
        return self.info

    @property
    def info(self) -> dict[str, Any]:
        found: dict[str, Any] = read_json(self.out / "run.json")
        return found

    @property
    def bytes(self) -> dict[str, bytes]:
        """The outputs that promise to be bitwise equal."""
        names = ("model.safetensors", "history.parquet", "run.json")
        return {name: (self.out / name).read_bytes() for name in names}


@pytest.fixture(scope="session")
def dataset_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[RunSettings], Path]:
    """The folder of a run's dataset, made when first asked for."""
    root = tmp_path_factory.mktemp("datasets")

    def made(run: RunSettings) -> Path:
        folder = root / content_hash(run.dataset.canonical())[:12]
        if not (folder / "dataset.json").exists():
            generate(run.dataset, folder)
        return folder

    return made


@pytest.fixture
def new_run(tmp_path: Path, dataset_of: Callable[[RunSettings], Path]) -> Callable[..., Trained]:
    """Makes untrained runs, each in a folder of its own."""
    count = 0

    def made(**changes: Any) -> Trained:
        nonlocal count
        count += 1
        run = settings(**changes)
        return Trained(run, dataset_of(run), tmp_path / str(count))

    return made
