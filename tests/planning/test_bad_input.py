"""Every mistake in a config gets one line that names file, key, and what would be right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.tiny import Tiny

Mistakes = Callable[[], str]
STUDY_FILE = "config/studies/cells.yaml"


def set_at(data: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split("/")
    for key in parents:
        data = data[key]
    data[last] = value


# path in the study (parts split by /), the value written there, and what the line must say
STUDY_CASES = [
    ("titel", "x", ["titel", "unknown key", "did you mean 'title'"]),
    ("base/model/cel", "rnn", ["model.cel", "unknown key", "'cell'"]),
    ("base/model/cell", "grru", ["model.cell", "'grru'", "did you mean 'gru'"]),
    ("base/model/kind", "taggr", ["kind", "'taggr'", "did you mean 'tagger'"]),
    ("base/model/hidden", True, ["model.hidden", "not true"]),
    ("base/model/hidden", 0, ["model.hidden", "greater than or equal to 1"]),
    ("base/model/hidden", -3, ["model.hidden", "greater than or equal to 1"]),
    ("base/model/hidden", 10**30, ["model.hidden", "less than or equal to 65536"]),
    ("base/model/embedding", 10**9, ["model.embedding", "less than or equal to 65536"]),
    ("base/model/layers", 10**30, ["model.layers", "less than or equal to 16"]),
    ("base/training/steps", 10**30, ["training.steps", "less than or equal to 1000000000"]),
    ("base/training/batch", 10**18, ["training.batch", "less than or equal to 10000000"]),
    ("base/training/warmup_steps", 10**30, ["training.warmup_steps", "less than or equal to"]),
    ("base/training/validate_every", 10**30, ["training.validate_every", "less than or equal to"]),
    ("base/training/length", 10**30, ["training.length", "less than or equal to"]),
    ("seeds", [0, 10**30], ["seeds.1", "less than 9223372036854775808"]),
    ("base/model/hidden", "big", ["model.hidden", "'big' is text"]),
    ("base/training/lr", "1e-3", ["training.lr", "1.0e-3"]),
    ("base/training/lr", float("nan"), ["training.lr", "nan is not a finite number"]),
    ("base/training/lr", True, ["training.lr", "not true"]),
    ("base/training/lr", -0.1, ["training.lr", "greater than 0"]),
    ("base/training/epochs", 3, ["exactly one of steps and epochs"]),
    ("base/training/momentum", 0.9, ["optimizer adam has no momentum"]),
    ("base/training/cuda_graphs", "yes", ["training.cuda_graphs", "not 'yes'"]),
    (
        "base/training",
        {"steps": 4, "cuda_graphs": True, "optimizer": "adagrad"},
        ["training: cuda_graphs: steps of adagrad are not captured", "choose adam, adamw, sgd or rmsprop"],
    ),
    (
        "base/training",
        {"steps": 4, "cuda_graphs": True, "bucket_window": 400},
        ["training: cuda_graphs", "bucket_window", "leave one of them out"],
    ),
    (
        "base/training",
        {"steps": 4, "cuda_graphs": True, "batch": 401},
        ["training.cuda_graphs", "400 rows never fill a batch of 401", "set batch to 400"],
    ),
    ("base/training", {"steps": 4, "cuda_graphs": True, "batch": 400}, None),
    ("base/training/length", 3, ["training.length", "at least 4"]),
    ("base/training/steps", 5, ["dataset.rows.train", "500", "400"]),
    ("base/dataset", "tree", ["no dataset", "'tree'", "did you mean 'three'"]),
    ("evaluate", ["length"], ["no suite 'length'", "did you mean 'lengths'"]),
    ("evaluate", [], ["evaluate", "at least 1"]),
    ("sweep", [{"grid": {"model.sell": ["rnn"]}}], ["model.sell", "unknown key", "'cell'"]),
    ("sweep", [{"grid": {"modell.cell": ["rnn"]}}], ["modell.cell", "is no setting; write a dotted path"]),
    ("sweep", [{"grid": {"model.cell": []}}], ["grid.model.cell", "at least 1"]),
    ("sweep", [{"grid": {"training.lr": ["1e-3"]}}], ["training.lr", "1.0e-3"]),
    ("sweep", [{"grid": {"dataset": ["three", "fife"]}}], ["no dataset", "'fife'", "'five'"]),
    (
        "sweep",
        [{"grid": {path: [*range(1000)] for path in ("training.lr", "training.eps", "model.hidden")}}],
        ["sweep: has 1,000,000,000 settings, and may have 100,000"],
    ),
    ("sweep", [{"grid": {"training.lr": [*range(60_000)]}}] * 2, ["sweep: has 120,000 settings"]),
    ("sweep", [{}], ["exactly one of grid, points and one_at_a_time"]),
    ("seeds", 0, ["seeds"]),
    ("seeds", True, ["seeds"]),
    ("task", "expression", ["suite 'lengths' is of task digit_sum"]),
    ("base/dataset", {"task": "digit_sum", "rows": {"train": 1}}, ["dataset.distribution", "missing"]),
    ("unstated", ["training"], None),
]


@pytest.mark.parametrize(("path", "value", "expected"), STUDY_CASES, ids=lambda case: str(case)[:40])
def test_a_mistake_in_a_study_is_named(
    tiny: Tiny, mistakes: Mistakes, path: str, value: Any, expected: list[str] | None
) -> None:
    set_at(tiny.study, path, value)
    if expected is None:
        tiny.plan()
        return
    message = mistakes()
    assert STUDY_FILE in message
    for part in expected:
        assert part in message
    assert len(message.splitlines()) == (2 if path == "task" else 1)  # of the suite and of the dataset


DATASET_CASES = [
    ({"kind": "uniform_integers", "low": 5, "high": 5}, ["low", "high"]),
    ({"kind": "uniform_integers", "low": 9, "high": 5}, ["low", "high"]),
    ({"kind": "uniform_integers", "low": -1, "high": 5}, ["low"]),
    ({"kind": "uniform_digits", "digits": 0}, ["digits"]),
    ({"kind": "uniform_length", "shortest": 4, "longest": 3}, ["shortest", "longest"]),
    ({"kind": "uniform_digit", "digits": 3}, ["'uniform_digit'", "did you mean 'uniform_digits'"]),
]


@pytest.mark.parametrize(("distribution", "expected"), DATASET_CASES, ids=lambda case: str(case)[:60])
def test_a_mistake_in_a_distribution_is_named(
    tiny: Tiny, mistakes: Mistakes, distribution: dict[str, Any], expected: list[str]
) -> None:
    tiny.datasets["five"]["distribution"] = distribution
    message = mistakes()
    for part in ["config/datasets/all.yaml", "datasets.five", *expected]:
        assert part in message


def test_a_mistake_in_a_dataset_is_told_of_its_own_file(tiny: Tiny, mistakes: Mistakes) -> None:
    tiny.datasets["three"]["distribution"]["digits"] = -2
    (line,) = mistakes().splitlines()
    assert "config/datasets/all.yaml: datasets.three.distribution.digits: should be greater" in line


def test_a_mistake_in_a_sweep_is_told_once(tiny: Tiny, mistakes: Mistakes) -> None:
    tiny.study["sweep"] = [{"grid": {"model.cell": ["rnn", "gru"], "training.lr": [0.01, "1e-3", 0.1, -0.1]}}]
    lines = mistakes().splitlines()
    assert len(lines) == 2
    assert "point cell=rnn, lr=1e-3: training.lr: '1e-3' is text" in lines[0]
    assert "point cell=rnn, lr=-0.1: training.lr: should be greater than 0, not -0.1" in lines[1]


def test_all_mistakes_come_at_once(tiny: Tiny, mistakes: Mistakes) -> None:
    tiny.study["titel"] = "x"
    tiny.files["config/studies/other.yaml"] = {"study": "other"}
    tiny.files["config/config.yaml"]["resluts"] = "x"
    del tiny.files["config/config.yaml"]["resluts"]
    message = mistakes()
    assert "cells.yaml: titel" in message
    assert "other.yaml: question: missing" in message


def test_an_unknown_key_of_the_config_names_the_file_that_has_it(tiny: Tiny, mistakes: Mistakes) -> None:
    tiny.files["config/config.yaml"]["resluts"] = "x"
    message = mistakes()
    assert "config/config.yaml: resluts: unknown key" in message
    assert "did you mean 'results'" in message


def test_two_studies_of_one_name_are_refused(tiny: Tiny, mistakes: Mistakes) -> None:
    tiny.files["config/studies/again.yaml"] = {**tiny.study}
    message = mistakes()
    assert "the name 'cells' is taken" in message
    assert "again.yaml" in message
    assert "cells.yaml" in message


def test_a_key_that_stands_twice_is_refused(tiny: Tiny, mistakes: Mistakes) -> None:
    tiny.files["config/suites/all.yaml"] = "suites:\n  a: {}\n  a: {}\n"
    assert "the key 'a' occurs twice" in mistakes()


def test_no_yaml_is_refused_with_its_line(tiny: Tiny, mistakes: Mistakes) -> None:
    tiny.files["config/suites/all.yaml"] = "suites: {a: [\n"
    message = mistakes()
    assert "config/suites/all.yaml, line" in message
    assert "not valid YAML" in message


def test_a_config_that_asks_for_nothing_is_refused(tiny: Tiny, mistakes: Mistakes) -> None:
    tiny.study["scales"] = {"quick": {"skip": True}}
    assert "asks for nothing" in mistakes()
    tiny.files["config/config.yaml"]["only"] = ["celsl"]
    assert "no study 'celsl'; did you mean 'cells'" in mistakes()
    tiny.files["config/config.yaml"]["studies"] = ["config/nowhere/*.yaml"]
    assert "no file matches 'config/nowhere/*.yaml'" in mistakes()


def test_a_scale_takes_only_settings_that_the_sweep_has(tiny: Tiny, mistakes: Mistakes) -> None:
    tiny.study["sweep"] = [{"grid": {"model.cell": ["rnn", "gru"]}}]
    tiny.study["scales"] = {"quick": {"only": [{"model.cell": "gru"}]}}
    assert [setting.label for setting in tiny.plan().studies[0].settings] == ["cell=gru"]
    tiny.study["scales"] = {"quick": {"only": [{"model.cell": "transformer"}]}}
    assert "scales.quick.only.0: no setting of the sweep has cell=transformer" in mistakes()


def test_a_study_that_trains_nothing_at_a_scale_is_in_the_plan_without_settings(tiny: Tiny) -> None:
    tiny.files["config/studies/more.yaml"] = {
        **tiny.study,
        "study": "more",
        "scales": {"quick": {"skip": True}},
    }
    more = next(study for study in tiny.plan().studies if study.name == "more")
    assert (more.title, more.settings) == (tiny.study["title"], ())


def test_a_test_split_without_rows_is_refused(tiny: Tiny, mistakes: Mistakes) -> None:
    tiny.datasets["five"]["rows"] = {"train": 5}
    assert "the test split of dataset 'five' has no rows" in mistakes()


def test_published_numbers_and_claims_name_points_and_splits_that_exist(
    tiny: Tiny, mistakes: Mistakes
) -> None:
    number = {
        "id": "a",
        "place": "Table 1",
        "metric": "exact_match",
        "value": 1.0,
        "suite": "lengths",
        "split": "five",
    }
    tiny.study["published"] = [{**number, "at": {"model.cell": "rnn"}}]
    tiny.plan()
    tiny.study["published"] = [{**number, "at": {"model.cell": "lstm"}}]
    assert "published.a.at: no setting of the study has cell=lstm" in mistakes()
    tiny.study["published"] = [{**number, "split": "fife"}]
    assert "has no split 'fife'; did you mean 'five'" in mistakes()
    tiny.study["published"] = [number, number]
    assert "published.a: the id occurs twice" in mistakes()


def test_a_task_that_there_is_not_is_one_line_in_a_study_and_in_a_suite(
    tiny: Tiny, mistakes: Mistakes
) -> None:
    file = tiny.folder / STUDY_FILE
    tasks = "is not one of digit_sum, expression, sentiment"
    tiny.files[STUDY_FILE]["task"] = "digit_sun"
    assert mistakes() == f"{file}: task: 'digit_sun' {tasks}; did you mean 'digit_sum'?"
    tiny.files[STUDY_FILE]["task"] = "digit_sum"
    tiny.files[STUDY_FILE]["suites"] = {"mine": {"task": "x", "splits": {"own": {"dataset": "own"}}}}
    assert mistakes() == f"{file}: suites.mine.task: 'x' {tasks}"


def test_more_runs_than_can_be_planned_are_refused_before_they_are_listed(
    tiny: Tiny, mistakes: Mistakes
) -> None:
    tiny.study["sweep"] = [{"grid": {"training.lr": [n / 10_000 for n in range(1, 2001)]}}]
    tiny.study["seeds"] = 1000
    assert f"{STUDY_FILE}: seeds: 2,000,000 runs, which is more than 1,000,000" in mistakes()


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_no_dataset_has_more_rows_than_any_machine_holds(tiny: Tiny, mistakes: Mistakes, split: str) -> None:
    tiny.datasets["three"]["rows"][split] = 10**30
    assert f"rows.{split}: should be less than or equal to 1000000000000" in mistakes()
