"""What jobs ask a cluster for: enough for what was measured, and not many times that."""

from __future__ import annotations

from typing import Any

import pytest

from carryover.data.shards import shards
from carryover.planning import estimate
from carryover.planning.runs import RunSettings, read_dataset, read_run

EXPRESSION = {
    "kind": "grammar",
    "operators": "+-",
    "operands": [2, 3],
    "numbers": {"smallest": 0, "largest": 9},
}


def adder(cell: str, digits: int, hidden: int = 64, layers: int = 3, steps: int = 1000) -> RunSettings:
    return read_run(
        {
            "dataset": {
                "task": "digit_sum",
                "distribution": {"kind": "uniform_digits", "digits": digits},
                "rows": {"train": 200_000, "validation": 1000, "test": 1000},
            },
            "model": {"kind": "tagger", "cell": cell, "hidden": hidden, "layers": layers},
            "training": {"steps": steps, "batch": 200, "order": "fresh"},
        }
    )


# CPU seconds a step and MB of memory, as measured on one core of the machine that the constants come from.
MEASURED: list[tuple[dict[str, Any], float, float]] = [
    ({"cell": "rnn", "digits": 10, "hidden": 32, "layers": 2}, 0.004, 368),
    ({"cell": "lstm", "digits": 10, "hidden": 32, "layers": 2}, 0.008, 388),
    ({"cell": "gru", "digits": 10, "hidden": 32, "layers": 2}, 0.009, 377),
    ({"cell": "rnn", "digits": 1000}, 1.4, 965),
    ({"cell": "lstm", "digits": 1000}, 3.8, 1972),
    ({"cell": "gru", "digits": 1000}, 3.6, 1978),
    ({"cell": "lstm", "digits": 300, "hidden": 256}, 8.0, 2264),
]


@pytest.mark.parametrize(("settings", "step_seconds", "megabytes"), MEASURED)
def test_a_training_asks_for_what_it_took_and_not_for_many_times_that(
    settings: dict[str, Any], step_seconds: float, megabytes: float
) -> None:
    need = estimate.training(adder(**settings), gpu=False)
    minutes = 1000 * step_seconds / 60
    assert minutes <= need.minutes <= estimate.LEAST_MINUTES + 6 * minutes + 1
    assert megabytes <= need.megabytes <= 3 * megabytes


def test_longer_trainings_ask_for_more_time_and_gpus_for_less() -> None:
    short, long = adder("rnn", 1000, steps=100), adder("rnn", 1000, steps=1000)
    assert estimate.training(short, gpu=False).minutes < estimate.training(long, gpu=False).minutes
    assert estimate.training(short, gpu=False).megabytes == estimate.training(long, gpu=False).megabytes
    assert estimate.training(long, gpu=True).minutes < estimate.training(long, gpu=False).minutes


def test_more_rows_and_longer_numbers_ask_for_more_time_of_evaluations() -> None:
    run = adder("rnn", 10)
    few, many = (estimate.evaluation(run, [(run.dataset, rows)]) for rows in (1000, 10_000_000))
    assert few.minutes < many.minutes
    assert few.megabytes < many.megabytes
    longer = estimate.evaluation(run, [(adder("rnn", 1000).dataset, 1_000_000)])
    assert longer.minutes > estimate.evaluation(run, [(run.dataset, 1_000_000)]).minutes


@pytest.mark.parametrize("kind", ["classifier", "seq2seq"])
def test_expressions_and_reviews_have_needs_too(kind: str) -> None:
    expressions = {
        "task": "expression",
        "distribution": EXPRESSION,
        "rows": {"train": 10_000, "validation": 100},
    }
    run = read_run({"dataset": expressions, "model": {"kind": kind}, "training": {"epochs": 2}})
    assert estimate.training(run, gpu=False).minutes >= estimate.LEAST_MINUTES
    if kind == "classifier":
        reviews = read_run(
            {
                "dataset": {"task": "sentiment"},
                "model": {"kind": kind, "hidden": 100},
                "training": {"epochs": 5},
            }
        )
        # Its five epochs were measured at under 15 minutes.
        assert 15 <= estimate.training(reviews, gpu=False).minutes <= 120


def test_a_dataset_asks_for_time_by_its_size_and_the_same_memory() -> None:
    small, large = (
        read_dataset(
            {
                "task": "digit_sum",
                "distribution": {"kind": "uniform_digits", "digits": 1000},
                "rows": {"train": rows},
            }
        )
        for rows in (1000, 20_000_000)
    )
    assert estimate.generation(small).minutes < estimate.generation(large).minutes
    assert estimate.generation(small).megabytes == estimate.generation(large).megabytes


def test_a_shard_asks_for_its_share_and_putting_shards_together_for_less_than_drawing_them() -> None:
    dataset = read_dataset(
        {
            "task": "digit_sum",
            "distribution": {"kind": "uniform_digits", "digits": 1000},
            "rows": {"train": 20_000_000, "test": 1000},
        }
    )
    whole = estimate.generation(dataset)
    cut = shards(dataset, 4_194_304)
    parts = [estimate.shard(dataset, rows) for rows in cut["train"]]
    assert estimate.LEAST_MINUTES < estimate.generation(dataset, cut).minutes < whole.minutes / 2
    assert all(estimate.LEAST_MINUTES < part.minutes < whole.minutes / 3 for part in parts)
    assert sum(part.minutes for part in parts) >= whole.minutes
