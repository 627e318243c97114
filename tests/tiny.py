"""A tiny config in a folder of its own, which tests change one thing at a time."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import yaml

from carryover.planning.expand import make_plan
from carryover.planning.load import load, read_root
from carryover.planning.plan import Plan

ROOT = {"name": "tiny", "scale": "quick"}
DATASETS = {
    "three": {
        "task": "digit_sum",
        "distribution": {"kind": "uniform_digits", "digits": 3},
        "rows": {"train": 400, "validation": 20, "test": 20},
    },
    "five": {
        "task": "digit_sum",
        "distribution": {"kind": "uniform_digits", "digits": 5},
        "rows": {"test": 20},
    },
}
SUITES = {
    "lengths": {
        "task": "digit_sum",
        "splits": {"own": {"dataset": "own"}, "five": {"dataset": "five"}},
    }
}
STUDY = {
    "study": "cells",
    "title": "Cells",
    "question": "Which cell adds?",
    "report": "adder-prml",
    "task": "digit_sum",
    "base": {
        "dataset": "three",
        "model": {"kind": "tagger", "cell": "rnn", "hidden": 8, "embedding": 4, "layers": 1},
        "training": {"steps": 4, "batch": 100, "order": "fresh", "lr": 0.01, "validate_every": 2},
    },
    "evaluate": ["lengths"],
    "sweep": [{"grid": {"model.cell": ["rnn", "gru"]}}],
    "seeds": 2,
}


class Tiny:
    """The files of a config: `files[path]` is YAML data, or text to be written as it is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[str, Any] = {
            "config/config.yaml": copy.deepcopy(ROOT),
            "config/datasets/all.yaml": {"datasets": copy.deepcopy(DATASETS)},
            "config/suites/all.yaml": {"suites": copy.deepcopy(SUITES)},
            "config/studies/cells.yaml": copy.deepcopy(STUDY),
        }

    @property
    def study(self) -> dict[str, Any]:
        return self.files["config/studies/cells.yaml"]

    @property
    def datasets(self) -> dict[str, Any]:
        return self.files["config/datasets/all.yaml"]["datasets"]

    def write(self) -> None:
        """Write the files."""
        for name, data in self.files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(
                data if isinstance(data, str) else yaml.safe_dump(data, sort_keys=False), encoding="utf-8"
            )

    def plan(self) -> Plan:
        self.write()
        files = [self.folder / "config/config.yaml"]
        return make_plan(load(read_root(files), self.folder), self.folder)
