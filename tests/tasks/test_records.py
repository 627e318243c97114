"""What tasks declare of themselves, against what their modules do."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from carryover.metrics import METRICS
from carryover.planning.runs import RunSettings, read_dataset
from carryover.settings.models import MODELS
from carryover.tasks import TASKS
from carryover.tasks.datasets import Dataset

THREE = {"operators": "+-", "operands": [3], "numbers": {"smallest": 0, "largest": 9}}
DATASETS: dict[str, dict[str, Any]] = {
    "digit_sum": {"distribution": {"kind": "uniform_digits", "digits": 12}, "rows": {"train": 50}},
    "expression": {
        "distribution": {"kind": "mixture", "components": [THREE, {**THREE, "operators": "*"}]},
        "rows": {"train": 50},
    },
    "sentiment": {},
}


def dataset(task: str, **changes: Any) -> Dataset:
    return read_dataset({"task": task, **DATASETS[task], **changes})


def test_every_task_has_a_record_and_settings_under_its_name() -> None:
    assert {name: task.name for name, task in TASKS.items()} == {name: name for name in TASKS}
    union, _ = get_args(Dataset)
    assert {get_args(one.model_fields["task"].annotation)[0] for one in get_args(union)} == set(TASKS)
    assert {dataset(name).task for name in DATASETS} == set(TASKS)


@pytest.mark.parametrize("task", TASKS)
def test_some_model_can_learn_it(task: str) -> None:
    assert {model.reading for model in MODELS} >= set(TASKS[task].readings)
    assert TASKS[task].answers in {kind for metric in METRICS.values() for kind in metric.answers}


@pytest.mark.parametrize("task", ["digit_sum", "expression"])
def test_strata_are_named_for_people(task: str) -> None:
    import pyarrow as pa

    data = TASKS[task].data
    table = pa.Table.from_batches(data.batches(dataset(task), "train"), schema=data.columns())
    strata = set(TASKS[task].strata_of(table))
    if TASKS[task].readings != ("class",):  # answers of several symbols are broken down by position, too
        strata |= {"position", "position_from_end"}
    within = TASKS[task].seen_within
    assert strata == set(TASKS[task].strata) | ({within.stratum} if within else set())


def test_seen_and_unseen_are_compared_within_one_of_the_strata() -> None:
    assert {name: task.seen_within.stratum for name, task in TASKS.items() if task.seen_within} == {
        "digit_sum": "operands",
        "expression": "digits",
        "sentiment": "words",
    }


def test_the_length_of_an_example_is_one_of_its_strata() -> None:
    for task in TASKS.values():
        assert task.length is None or task.length.stratum in task.strata


@pytest.mark.parametrize(
    ("distribution", "length", "fixed"),
    [
        ({"kind": "uniform_digits", "digits": 7}, 7, 7),
        ({"kind": "uniform_length", "shortest": 2, "longest": 9}, 9, None),
        ({"kind": "uniform_integers", "high": 100}, 2, None),
        ({"kind": "uniform_integers", "high": 101}, 3, None),
        ({"kind": "uniform_integers", "high": "10^10"}, 10, None),
        ({"kind": "uniform_integers", "high": "10^5000"}, 5000, None),  # more than Python prints
        ({"kind": "pairs_file", "path": "pairs.csv"}, None, None),
    ],
)
def test_lengths_of_sums(distribution: dict[str, Any], length: int | None, fixed: int | None) -> None:
    one = dataset("digit_sum", distribution=distribution)
    assert (one.length(), one.fixed_length()) == (length, fixed)


@pytest.mark.parametrize("task", ["expression", "sentiment"])
def test_other_tasks_have_no_lengths(task: str) -> None:
    assert (dataset(task).length(), dataset(task).fixed_length()) == (None, None)
    assert TASKS[task].length is None


@pytest.mark.parametrize("task", ["digit_sum", "expression"])
def test_models_read_no_more_positions_than_their_settings_say(task: str) -> None:
    import pyarrow as pa

    data, one = TASKS[task].data, dataset(task)
    table = pa.Table.from_batches(data.batches(one, "train"), schema=data.columns())
    for model in MODELS:
        if model.reading not in TASKS[task].readings:
            continue
        kind = model.model_fields["kind"].default
        run = RunSettings.read({"dataset": one.complete(), "model": {"kind": kind}, "training": {"steps": 1}})
        encoded = data.encode(table, run, for_training=True)
        sizes = data.sizes(run)
        written = sizes.target_length if run.model.reading == "sequence" else 0
        assert encoded.inputs.shape[1] + written <= one.positions(run.model, run.training) + 1
        assert sizes.target_length * sizes.classes <= one.outputs(run.model, run.training)


@pytest.mark.parametrize(
    ("task", "kind", "said"),
    [
        (
            "digit_sum",
            "tagger",
            "3 is too short for sums of up to 13 digits; set at least 13, or leave it out",
        ),
        ("expression", "seq2seq", "examples of task expression are not padded to a length; leave it out"),
    ],
)
def test_a_length_is_for_tasks_that_pad_to_one(task: str, kind: str, said: str) -> None:
    run = {"dataset": dataset(task).complete(), "model": {"kind": kind}}
    padded = RunSettings.read({**run, "training": {"steps": 1, "length": 3}})
    assert dataset(task).mistakes(padded.model, padded.training) == [f"training.length: {said}"]
    plain = RunSettings.read({**run, "training": {"steps": 1}})
    assert dataset(task).mistakes(plain.model, plain.training) == []
