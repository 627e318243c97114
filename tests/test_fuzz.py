"""Whatever stands in a JSON file or a question, the worst that comes of it is one line for its user.

A few seconds here; a minute by hand, with the fuzz of the YAML reader:
`FUZZ_EXAMPLES=5000 pytest -k fuzz tests/test_fuzz.py tests/planning/test_yaml_reader.py tests/tasks/test_asking.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carryover.cli.arguments import content
from carryover.data.dataset import check_split, dataset_digest
from carryover.data.files import read_json, write_json
from carryover.errors import UserError, UserErrors
from carryover.manage.ask import ask
from carryover.planning.plan import Plan, read_splits
from carryover.planning.runs import dataset_address, read_dataset, read_run
from carryover.report.figures import read_index
from carryover.tasks.generate import generate
from carryover.training.outputs import finished
from carryover.training.runs import load_run
from tests.evaluation.conftest import untrained
from tests.report import small_runs
from tests.tasks.sentiment import small_reviews
from tests.tiny import Tiny

KEYS = st.sampled_from(["kind", "rows", "digits", "seed", "task", "checksum", "vocabulary", ""]) | st.text(
    max_size=5
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**30, -(2**63), "tagger", "uniform_digits", "\ud800", "a" * 64])
    | st.floats()
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=5,
)


@st.composite
def changed(draw: st.DrawFn, value: Any) -> Any:
    """Plain data with something else in one place: another value, a key or an item less, or one more."""
    if isinstance(value, dict | list) and value and draw(st.integers(0, 4)):
        copy: Any = value.copy()
        places = sorted(copy) if isinstance(copy, dict) else list(range(len(copy)))
        place = draw(st.sampled_from(places))
        copy[place] = draw(changed(copy[place]))
        return copy
    what = draw(st.sampled_from(["other", "less", "more"]))
    if isinstance(value, dict) and what != "other":
        less = sorted(value)[1:]
        return {key: value[key] for key in less} if what == "less" else value | {draw(KEYS): draw(VALUES)}
    if isinstance(value, list) and what != "other":
        return value[1:] if what == "less" else [*value, draw(VALUES)]
    return draw(VALUES)


@st.composite
def broken(draw: st.DrawFn, content: bytes) -> bytes:
    """A file's bytes with some of them replaced, or its end cut off."""
    whole = bytearray(content)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(whole) - 1))
        whole[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
        whole = whole or bytearray(b"{")
    return bytes(whole[: draw(st.integers(0, len(whole)))] if draw(st.booleans()) else whole)


class Finished:
    """A run with random weights for each task, with its dataset, as the workflow leaves them; and a plan."""

    def __init__(self, root: Path) -> None:
        self.root = root
        reviews = small_reviews.write(root / "reviews.csv", small_reviews.text(small_reviews.rows(40)))
        data = {
            "digit_sum": small_runs.SUMS | {"rows": {"train": 20, "validation": 5, "test": 5}},
            "expression": small_runs.EXPRESSIONS,
            "sentiment": small_reviews.settings(reviews),
        }
        models = {
            "digit_sum": small_runs.TAGGERS["rnn"],
            "expression": small_runs.SEQ2SEQS["rnn"],
            "sentiment": small_runs.CLASSIFIERS["gru"],
        }
        self.runs: dict[str, Path] = {}
        for task, dataset in data.items():
            run = read_run({"dataset": dataset, "model": models[task], "training": {"steps": 3, "batch": 5}})
            folder = root / "datasets" / dataset_address(run.dataset)
            generate(run.dataset, folder)
            self.runs[task] = untrained(root / "runs" / run.address(), run, folder)
        self.datasets = {task: load_run(folder).dataset_folder for task, folder in self.runs.items()}
        cost = {"stage": "train", "seconds": 1.5, "cpu_seconds": 1, "peak_memory_mb": 9.0, "device": "cpu"}
        write_json(self.runs["digit_sum"] / "cost.json", cost | {"host": "here", "identity": "x"})
        (self.runs["digit_sum"] / "history.parquet").touch()
        Tiny(root / "tiny").plan().write(root / "plan.json")
        write_json(root / "figures.json", {"cells-curves": {"kind": "curves", "study": "cells"}})


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    return Finished(tmp_path_factory.mktemp("finished"))


def ends_well(read: Callable[[], object]) -> bool:
    """Whether something could be read; if not, one line a mistake says why, and nothing else is raised."""
    lines: list[str] = []
    try:
        read()
    except UserErrors as errors:
        lines = errors.messages
    except UserError as error:
        lines = [str(error)]
    assert not any("\n" in line or not line.strip() for line in lines), lines
    return not lines


def readers(made: Finished) -> dict[str, tuple[Path, Callable[[], object]]]:
    """Every JSON file that Carryover reads again, and what reads it."""
    sums, reviews = made.runs["digit_sum"], made.runs["sentiment"]
    numbers, words = made.datasets["digit_sum"], made.datasets["sentiment"]
    return {
        "plan": (made.root / "plan.json", lambda: Plan.read(made.root / "plan.json")),
        "figures": (made.root / "figures.json", lambda: read_index(made.root)),
        "run": (sums / "run.json", lambda: load_run(sums)),
        "run of reviews": (reviews / "run.json", lambda: ask(reviews, "a great film")),
        "cost": (sums / "cost.json", lambda: finished(sums, {})),
        "dataset": (numbers / "dataset.json", lambda: dataset_digest(numbers)),
        "split": (numbers / "dataset.json", lambda: check_split(numbers / "train.parquet")),
        "vocabulary": (words / "dataset.json", lambda: ask(reviews, "a great film")),
    }


READERS = ("plan", "figures", "run", "run of reviews", "cost", "dataset", "split", "vocabulary")


@pytest.mark.parametrize("name", READERS)
@given(data=st.data())
def test_fuzz_of_files_with_something_else_in_them(made: Finished, name: str, data: st.DataObject) -> None:
    """With a checksum that fits and without one, so that each reader gets to see what it does not expect."""
    path, read = readers(made)[name]
    whole = path.read_bytes()
    value = data.draw(changed(read_json(path)))
    try:
        if isinstance(value, dict) and data.draw(st.booleans()):
            with suppress(ValueError):  # what no JSON file of ours can hold
                write_json(path, value)
        else:
            path.write_text(json.dumps(value))
        ends_well(read)
    finally:
        path.write_bytes(whole)


@pytest.mark.parametrize("name", READERS)
@given(data=st.data())
def test_fuzz_of_files_with_other_bytes(made: Finished, name: str, data: st.DataObject) -> None:
    path, read = readers(made)[name]
    whole, before = path.read_bytes(), read_json(path)
    try:
        path.write_bytes(data.draw(broken(whole)))
        ends_well(read)
        # With its checksum in place, a file is either what was written or refused.
        if b'"checksum"' in path.read_bytes() and ends_well(lambda: read_json(path)):
            assert read_json(path) == before
    finally:
        path.write_bytes(whole)
    assert ends_well(read)


@given(data=st.data())
def test_fuzz_of_what_rules_hand_over(made: Finished, data: st.DataObject) -> None:
    settings = read_json(made.runs["digit_sum"] / "run.json")["settings"]
    splits = [{"suite": "own", "split": "test", "dataset": "d", "dataset_split": "test"}]
    start, read = data.draw(
        st.sampled_from([(settings, read_run), (settings["dataset"], read_dataset), (splits, read_splits)])
    )
    path = made.root / "given.json"
    path.write_text(json.dumps(data.draw(changed(start))))
    ends_well(lambda: read(content(path)))


QUESTIONS = st.lists(
    st.sampled_from([*"0123456789+-*()/= \n\0\ud800²٣−", "great", "12+7", "a" * 200]), max_size=30
).map("".join)


@pytest.mark.parametrize("task", ["digit_sum", "expression", "sentiment"])
@given(question=QUESTIONS | st.text())
def test_fuzz_of_questions(made: Finished, task: str, question: str) -> None:
    ends_well(lambda: ask(made.runs[task], question))
