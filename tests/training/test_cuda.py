"""On a real GPU: agreement with the CPU, bitwise repeats, CUDA graphs, and continuing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import torch

from carryover.settings.training import CAPTURABLE
from carryover.training.loop import train
from carryover.training.progress import Console
from tests.training.conftest import Trained
from tests.training.test_loop import EXPRESSIONS
from tests.training.test_resume import signal_at

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch finds no CUDA device"),
]

NewRun = Callable[..., Trained]
# Losses of the first steps, one device against the other: both compute in float32, in another order.
TOLERANCE = 1e-4

CLASSIFIER = {"kind": "classifier", "embedding": 8, "hidden": 32}
MODELS: list[dict[str, Any]] = [
    *(
        {"model": {"cell": cell, "hidden": 32, "embedding": 8, "dropout": 0.0}}
        for cell in ("rnn", "lstm", "gru")
    ),
    {"model": {"cell": "lstm", "bidirectional": True}},
    {"dataset": EXPRESSIONS, "model": CLASSIFIER | {"cell": "lstm", "layers": 2, "bidirectional": True}},
    {"dataset": EXPRESSIONS, "model": CLASSIFIER | {"cell": "gru", "padding": "left"}},
    {"dataset": EXPRESSIONS, "model": CLASSIFIER | {"kind": "seq2seq", "cell": "lstm", "layers": 2}},
    {
        "dataset": EXPRESSIONS,
        "model": CLASSIFIER | {"kind": "seq2seq", "cell": "gru", "decoder": "teacher_forcing"},
    },
]
OPTIMIZERS: list[dict[str, Any]] = [
    {"optimizer": "adam", "clip_norm": 0.5},
    {"optimizer": "adamw", "model": {"dropout": 0.3}},
    {"optimizer": "sgd", "momentum": 0.9, "gradient_norm": True},
    {"optimizer": "rmsprop", "momentum": 0.5, "model": {"cell": "lstm", "dropout": 0.3}},
    {"optimizer": "adagrad", "lr_decay": 0.1},
    {"schedule": "cosine", "warmup_steps": 5, "batch": 70},  # epochs with a smaller last batch
    {"precision": "bfloat16"},
]
GRAPHED = [changes for changes in OPTIMIZERS if changes.get("optimizer", "adam") in CAPTURABLE]


def on(trained: Trained, device: str) -> dict[str, bytes]:
    train(trained.run, trained.dataset, trained.out, trained.state, device=device, log=trained.lines.append)
    return trained.bytes


def losses(folder: Path) -> list[float]:
    rows = pq.read_table(folder / "history.parquet").to_pylist()
    return [row["value"] for row in rows if (row["metric"], row["split"]) == ("loss", "train")]


@pytest.mark.parametrize("changes", MODELS)
def test_gpu_agrees_with_cpu(new_run: NewRun, changes: dict[str, Any]) -> None:
    here, there = new_run(**changes, steps=20), new_run(**changes, steps=20)
    on(here, "cpu")
    on(there, "cuda")
    assert losses(there.out) == pytest.approx(losses(here.out), rel=TOLERANCE)


@pytest.mark.parametrize("changes", MODELS + OPTIMIZERS)
def test_gpu_repeats_bitwise(new_run: NewRun, changes: dict[str, Any]) -> None:
    assert on(new_run(**changes), "cuda") == on(new_run(**changes), "cuda")


@pytest.mark.parametrize("changes", MODELS + GRAPHED)
def test_graphs_compute_what_plain_steps_do(
    new_run: NewRun, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    for module in ("loop", "batches"):  # the setting is part of what seeds are derived from
        monkeypatch.setattr(f"carryover.training.{module}.run_key", lambda run: "the same seeds")
    replays = count_replays(monkeypatch)
    plain, graphed = new_run(**changes), new_run(**changes, cuda_graphs=True)
    on(plain, "cuda")
    assert not replays
    on(graphed, "cuda")
    assert len(replays) > 50
    assert losses(graphed.out) == pytest.approx(losses(plain.out), rel=TOLERANCE)


def count_replays(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Has an entry for each replay of a graph from now on."""
    found: list[None] = []
    replay = torch.cuda.CUDAGraph.replay
    monkeypatch.setattr(torch.cuda.CUDAGraph, "replay", lambda self: (found.append(None), replay(self)))
    return found


@pytest.mark.parametrize("changes", GRAPHED)
def test_graphs_repeat_bitwise(new_run: NewRun, changes: dict[str, Any]) -> None:
    changes = changes | {"cuda_graphs": True}
    assert on(new_run(**changes), "cuda") == on(new_run(**changes), "cuda")


@pytest.mark.parametrize("changes", OPTIMIZERS + [changes | {"cuda_graphs": True} for changes in GRAPHED])
def test_continuing_on_a_gpu_is_bitwise_the_same(
    new_run: NewRun, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    whole, parts = new_run(**changes), new_run(**changes)
    on(whole, "cuda")
    signal_at(monkeypatch, 47)
    with pytest.raises(SystemExit):
        on(parts, "cuda")
    monkeypatch.setattr(Console, "advance", lambda self, done: None)
    assert on(parts, "cuda") == whole.bytes
