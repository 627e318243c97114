"""Runs on disk, some trained for a moment, to be evaluated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from carryover.data.files import write_json
from carryover.models import build
from carryover.planning.runs import RunSettings, read_dataset, read_run
from carryover.tasks import TASKS
from carryover.tasks.generate import generate
from carryover.training.digest import tensors_digest

torch.set_num_threads(1)

DIGITS = {
    "task": "digit_sum",
    "distribution": {"kind": "uniform_digits", "digits": 2},
    "rows": {"train": 3000, "validation": 100, "test": 120},
}
ADDER = {"kind": "tagger", "cell": "rnn", "hidden": 24, "embedding": 8, "layers": 1}


def settings(dataset: dict[str, Any], model: dict[str, Any], **training: Any) -> RunSettings:
    return read_run({"dataset": dataset, "model": model, "training": {"steps": 30, "batch": 100} | training})


def untrained(folder: Path, run: RunSettings, trained_on: Path, steps: int = 30, **info: Any) -> Path:
    """A run folder whose checkpoint is a random initialisation."""
    torch.manual_seed(0)
    sizes = TASKS[run.dataset.task].data.sizes(run, trained_on)
    model = build(run.model, sizes)
    folder.mkdir(parents=True)
    save_file(model.state_dict(), folder / "model.safetensors")
    about = {
        "task": run.dataset.task,
        "settings": run.complete(),
        "sizes": vars(sizes),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "status": "finished",
        "steps": steps,
        "solved_at": None,
        "dataset_digest": "0" * 64,
        "checkpoint_digest": tensors_digest(model.state_dict()),
    }
    write_json(folder / "run.json", about | info)
    return folder


@pytest.fixture(scope="module")
def make_dataset(tmp_path_factory):
    """A dataset's folder from its settings."""

    def make(data: dict[str, Any]) -> Path:
        folder = tmp_path_factory.mktemp("dataset")
        generate(read_dataset(data), folder)
        return folder

    return make


@pytest.fixture(scope="module")
def adder(make_dataset, tmp_path_factory):
    """A half-trained adder of two digits: run folder, settings, dataset folder."""
    from carryover.training.loop import train

    run = settings(DIGITS, ADDER, steps=100, lr=0.02)
    data = make_dataset(DIGITS)
    root = tmp_path_factory.mktemp("adder")
    train(run, data, root / "run", root / "state", device="cpu", log=lambda line: None)
    return root / "run", run, data


def split(folder: Path, name: str = "test", suite: str = "own", which: str = "test") -> dict[str, Any]:
    return {"suite": suite, "split": name, "dataset_dir": folder, "dataset_split": which}
