"""Small runs for a page: adders that were trained for a moment, and models of expressions with random weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from carryover.data.files import read_json, write_json
from carryover.planning.runs import dataset_address, read_run
from carryover.tasks.generate import generate
from carryover.training.digest import tensors_digest
from carryover.training.runs import Run, load_run
from tests.evaluation.conftest import untrained

SUMS = {
    "task": "digit_sum",
    "distribution": {"kind": "uniform_digits", "digits": 3},
    "rows": {"train": 4000, "validation": 50},
}
EXPRESSIONS = {
    "task": "expression",
    "distribution": {
        "kind": "grammar",
        "operators": "+-*",
        "operands": [2, 3],
        "numbers": {"smallest": 0, "largest": 49},
        "parentheses": "where_operators_differ",
    },
    "rows": {"train": 100, "validation": 10},
}
# Without products the answers are few enough for a class each.
CHAINS = {
    "task": "expression",
    "distribution": {
        "kind": "mixture",
        "components": [
            {"operators": "+-", "operands": [3], "numbers": {"smallest": 0, "largest": 9}},
            {"operators": "+-", "operands": [3], "numbers": {"smallest": 10, "largest": 30}},
        ],
    },
    "rows": {"train": 100, "validation": 10},
}
TAGGERS: dict[str, dict[str, Any]] = {
    "rnn": {"kind": "tagger", "cell": "rnn", "hidden": 24, "embedding": 6, "layers": 2},
    "lstm": {"kind": "tagger", "cell": "lstm", "hidden": 16, "embedding": 6, "layers": 1},
    "gru": {
        "kind": "tagger",
        "cell": "gru",
        "hidden": 12,
        "embedding": 6,
        "layers": 2,
        "bidirectional": True,
    },
}
CLASSIFIERS: dict[str, dict[str, Any]] = {
    "rnn": {"kind": "classifier", "cell": "rnn", "hidden": 20, "embedding": 8, "padding": "left"},
    "lstm": {"kind": "classifier", "cell": "lstm", "hidden": 16, "embedding": 8, "layers": 2}
    | {"bidirectional": True, "readout": "both_directions"},
    "gru": {
        "kind": "classifier",
        "cell": "gru",
        "hidden": 16,
        "embedding": 8,
        "layers": 2,
        "bidirectional": True,
    },
}
SEQ2SEQS: dict[str, dict[str, Any]] = {
    "rnn": {"kind": "seq2seq", "cell": "rnn", "hidden": 16, "embedding": 8, "activation": "relu"},
    "lstm": {"kind": "seq2seq", "cell": "lstm", "hidden": 16, "embedding": 8, "layers": 2},
    "gru": {"kind": "seq2seq", "cell": "gru", "hidden": 16, "embedding": 8, "layers": 2}
    | {"decoder": "teacher_forcing"},
}


def trained(results: Path, model: dict[str, Any], dataset: dict[str, Any] = SUMS, **training: Any) -> Run:
    """A run trained for a moment, in `results`."""
    from carryover.training.loop import train

    settings = {"steps": 250, "batch": 50, "lr": 0.02} | training
    run = read_run({"dataset": dataset, "model": model, "training": settings})
    data = results / "datasets" / dataset_address(run.dataset)
    if not data.exists():
        generate(run.dataset, data)
    folder = results / "runs" / run.address()
    train(run, data, folder, results / "state", device="cpu", log=lambda line: None)
    return load_run(folder)


def random(results: Path, model: dict[str, Any], dataset: dict[str, Any], gain: float = 5.0) -> Run:
    """A run with random weights in `results`, large enough that its answers differ."""
    run = read_run({"dataset": dataset, "model": model, "training": {"steps": 30, "batch": 50}})
    folder = untrained(results / "runs" / run.address(), run, results, status="finished", solved_at=None)
    weights = folder / "model.safetensors"
    tensors = {name: torch.mul(values, gain) for name, values in load_file(weights).items()}
    save_file(tensors, weights)
    about = read_json(folder / "run.json")
    write_json(folder / "run.json", about | {"checkpoint_digest": tensors_digest(tensors)})
    return load_run(folder)
