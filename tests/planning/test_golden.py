"""What must never change by accident: defaults, content addresses, and the schemas that editors read."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from carryover.planning.runs import read_run
from carryover.planning.schema import schemas
from carryover.settings.models import Classifier, Seq2seq, Tagger
from carryover.settings.training import Training

ROOT = Path(__file__).parents[2]

# Canonical settings omit defaults, so a changed default silently gives old addresses to new results.
TAGGER = {
    "kind": "tagger",
    "cell": "lstm",
    "embedding": 32,
    "hidden": 64,
    "layers": 1,
    "dropout": 0.0,
    "bidirectional": False,
}
CLASSIFIER = {
    **TAGGER,
    "kind": "classifier",
    "readout": "last_state",
    "padding": "masked",
    "initialisation": "default",
}
TRAINING = {
    "steps": 1,
    "epochs": None,
    "batch": 200,
    "order": "shuffled",
    "optimizer": "adam",
    "lr": 0.001,
    "weight_decay": None,
    "momentum": None,
    "betas": None,
    "eps": None,
    "alpha": None,
    "lr_decay": None,
    "schedule": "constant",
    "warmup_steps": 0,
    "decay_rate": None,
    "decay_steps": None,
    "clip_norm": None,
    "validate_every": None,
    "checkpoint": "final",
    "stop_when_solved": False,
    "length": None,
    "loss_on_padding": False,
    "gradient_norm": False,
    "bucket_window": 0,
    "precision": "float32",
    "tf32": False,
    "cuda_graphs": False,
}


def test_defaults_are_frozen() -> None:
    assert Tagger().complete() == TAGGER
    assert Classifier().complete() == CLASSIFIER
    assert Training.read({"steps": 1}).complete() == TRAINING
    seq2seq = Seq2seq().complete()
    assert {name: seq2seq[name] for name in TAGGER if name in seq2seq} == {
        **{name: value for name, value in TAGGER.items() if name != "bidirectional"},
        "kind": "seq2seq",
    }
    assert seq2seq["decoder"] == "repeat_state"


RUNS = {
    "tagger-rnn-h32-l2-s3-867ab5f43482": {
        "dataset": {
            "task": "digit_sum",
            "distribution": {"kind": "uniform_digits", "digits": 10},
            "rows": {"train": 200, "validation": 10, "test": 10},
        },
        "model": {"kind": "tagger", "cell": "rnn", "hidden": 32, "layers": 2},
        "training": {"steps": 1, "order": "fresh"},
        "seed": 3,
    },
    "classifier-lstm-h128-l1-s0-6934f8011821": {
        "dataset": {
            "task": "expression",
            "distribution": {
                "kind": "grammar",
                "operators": "+-",
                "operands": [3],
                "numbers": {"smallest": 0, "largest": 9},
            },
            "rows": {"train": 100, "validation": 10},
        },
        "model": {"kind": "classifier", "cell": "lstm", "hidden": 128, "padding": "left"},
        "training": {"epochs": 1, "batch": 32},
    },
    "classifier-gru-h100-l1-s0-0a6b1919c347": {
        "dataset": {"task": "sentiment"},
        "model": {"kind": "classifier", "cell": "gru", "hidden": 100, "embedding": 1},
        "training": {"epochs": 5, "batch": 96, "optimizer": "rmsprop", "momentum": 0.9, "eps": 1e-6},
    },
}


@pytest.mark.parametrize("address", RUNS)
def test_addresses_are_frozen(address: str) -> None:
    assert read_run(RUNS[address]).address() == address


@pytest.mark.parametrize("name", schemas())
def test_the_schemas_in_the_repository_are_those_of_the_code(name: str) -> None:
    path = ROOT / "workflow" / "schemas" / f"{name}.schema.json"
    assert json.loads(path.read_text()) == schemas()[name], "run `carryover schema` and commit what it writes"


@pytest.mark.parametrize("path", sorted((ROOT / "config").rglob("*.yaml")), ids=lambda path: path.stem)
def test_each_config_file_names_its_schema_and_keeps_to_it(path: Path) -> None:
    first, _ = path.read_text().split("\n", 1)
    _, _, schema = first.partition("# yaml-language-server: $schema=")
    assert schema, "an editor finds the schema in the first line"
    jsonschema.validate(yaml.safe_load(path.read_text()), json.loads((path.parent / schema).read_text()))
