"""One training of each report, at its published settings, cut to so many steps as a benchmark has time for.

What is validated is cut alike, and is the same share of the training rows as in the shipped studies (adder-lengths: 200
pairs every 50 steps, as the report has it).
"""

from __future__ import annotations

import csv
import itertools
import os
import random
from pathlib import Path
from typing import Any

REPORTS = ("adder-prml", "adder-lengths", "three-number", "expression-seq2seq", "imdb-sweeps")


def run_settings(report: str, folder: Path) -> dict[str, Any]:
    """The settings of the run; `folder` is where reviews are."""
    if report == "adder-prml":
        return _adder(hidden=32, layers=2, validation=1000, every=25)
    if report == "adder-lengths":
        return _adder(hidden=64, layers=3, validation=200, every=50)
    if report == "three-number":
        numbers = ({"smallest": 0, "largest": 9}, {"smallest": 10, "largest": 99})
        parts = [{"operators": "+-", "operands": [3], "numbers": one} for one in numbers]
        return {
            "dataset": {
                "task": "expression",
                "distribution": {"kind": "mixture", "components": parts},
                "rows": {"train": 6400, "validation": 128},
            },
            "model": {
                "kind": "classifier",
                "cell": "lstm",
                "embedding": 64,
                "hidden": 128,
                "padding": "left",
            },
            "training": {"epochs": 1, "batch": 32, "optimizer": "adam", "lr": 1e-4},
        }
    if report == "expression-seq2seq":
        return {
            "dataset": {
                "task": "expression",
                "distribution": {
                    "kind": "grammar",
                    "operators": "+-*",
                    "operands": [2, 3],
                    "parentheses": "where_operators_differ",
                    "numbers": {"smallest": 0, "largest": 49},
                },
                "draw": "without_replacement",
                "rows": {"train": 2560, "validation": 284},
            },
            "model": {"kind": "seq2seq", "cell": "lstm", "embedding": 256, "hidden": 256, "layers": 2},
            "training": {"epochs": 1, "batch": 256, "optimizer": "adamw", "lr": 1e-3, "clip_norm": 2.0},
        }
    rows = {"train": 576, "validation": 82, "test": 1}
    return {
        "dataset": {"task": "sentiment", "source": {"kind": "file", "path": reviews(folder)}, "rows": rows},
        "model": {
            "kind": "classifier",
            "cell": "lstm",
            "embedding": 1,
            "hidden": 100,
            "initialisation": "xavier_orthogonal",
        },
        "training": {
            "epochs": 1,
            "batch": 96,
            "optimizer": "rmsprop",
            "lr": 0.001,
            "momentum": 0.9,
            "eps": 1e-6,
            "warmup_steps": 200,
        },
    }


def _adder(hidden: int, layers: int, validation: int, every: int) -> dict[str, Any]:
    return {
        "dataset": {
            "task": "digit_sum",
            "distribution": {"kind": "uniform_digits", "digits": 10},
            "rows": {"train": 20_000, "validation": validation},
        },
        "model": {"kind": "tagger", "cell": "rnn", "embedding": 32, "hidden": hidden, "layers": layers},
        "training": {"steps": 100, "batch": 200, "order": "fresh", "lr": 0.001, "validate_every": every},
    }


def reviews(folder: Path, count: int = 2000) -> str:
    """The file of reviews: `CARRYOVER_IMDB`, or one in `folder` that is made up."""
    given = os.environ.get("CARRYOVER_IMDB")
    if given:
        return str(Path(given).resolve())
    path = folder / f"reviews-{count}.csv"
    if not path.exists():
        _make_up(path, count)
    return str(path)


def _make_up(path: Path, count: int) -> None:
    """Reviews of 60 to 600 words, drawn with Zipf's frequencies from 100,000 words."""
    draw = random.Random(0)
    words = [f"word{number}" for number in range(100_000)]
    cumulative = list(itertools.accumulate(1 / (number + 3) for number in range(len(words))))
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["review", "sentiment"])
        for number in range(count):
            length = min(600, max(60, round(draw.lognormvariate(5.2, 0.6))))
            text = " ".join(draw.choices(words, cum_weights=cumulative, k=length))
            out.writerow([text, ("positive", "negative")[number % 2]])
