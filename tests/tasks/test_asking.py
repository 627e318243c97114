"""Whatever a person asks, the answer is an example or one line."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carryover.errors import UserError
from carryover.planning.runs import read_dataset
from carryover.tasks import TASKS

NUMBERS = {"smallest": 0, "largest": 99}
GRAMMAR = {
    "kind": "grammar",
    "operators": "+-*",
    "operands": [2, 3],
    "numbers": NUMBERS,
    "parentheses": "everywhere",
}
DATASETS: dict[str, dict[str, Any]] = {
    "digit_sum": {"distribution": {"kind": "uniform_digits", "digits": 3}, "rows": {"train": 5}},
    "expression": {"distribution": GRAMMAR, "rows": {"train": 5}},
    "sentiment": {},
}
pieces = st.lists(st.sampled_from([*"0123456789+-*()/= \n\0\ud800²٣−"]), max_size=30).map("".join)


@pytest.mark.parametrize("task", DATASETS)
@given(question=pieces | st.text())
def test_fuzz_of_questions_each_is_one_example_or_one_line(task: str, question: str) -> None:
    run: Any = SimpleNamespace(dataset=read_dataset({"task": task, **DATASETS[task]}))
    told = ""
    try:
        assert TASKS[task].data.parse(question, run).num_rows == 1
    except UserError as error:
        told = str(error)
    assert "\n" not in told
