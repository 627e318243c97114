"""Every value of a stratum has a name that people can read."""

from __future__ import annotations

import pytest

from carryover.tasks import TASKS

CASES = [
    ("digit_sum", "longest_carry", "3", "longest carry 3"),
    ("digit_sum", "carries", "0", "no carries"),
    ("digit_sum", "carries", "1", "1 carry"),
    ("digit_sum", "carries", "21-50", "21 to 50 carries"),
    ("digit_sum", "digits", "1", "longer number of 1 digit"),
    ("digit_sum", "position", "3", "digit 3 from the lowest"),
    ("digit_sum", "position_from_end", "2", "digit 2 from the highest"),
    ("digit_sum", "operands", "3+1", "3- and 1-digit numbers"),
    ("digit_sum", "operands", "21-50+7", "21 to 50- and 7-digit numbers"),
    ("digit_sum", "operands", "2+2", "two 2-digit numbers"),
    ("expression", "digits", "2-2-2", "three 2-digit numbers"),
    ("expression", "digits", "1-2-2", "1-, 2- and 2-digit numbers"),
    ("expression", "operators", "+-", "a + b − c"),
    ("expression", "parentheses", "none", "no parentheses"),
    ("expression", "parentheses", "1-3", "operands 1 to 3 in parentheses"),
    ("expression", "sign", "negative", "negative answer"),
    ("expression", "sign", "zero", "answer 0"),
    ("expression", "borrows", "2", "2 borrows"),
    ("expression", "position", "1", "symbol 1"),
    ("sentiment", "words", "129-192", "129 to 192 words"),
    ("sentiment", "words", "above 512", "more than 512 words"),
    ("sentiment", "unknown", "45-50", "45 to 50% unknown words"),
    ("sentiment", "label", "positive", "positive reviews"),
    ("sentiment", "seen", "yes", "seen in training"),
    ("expression", "seen", "no", "not seen in training"),
]


@pytest.mark.parametrize(("task", "stratum", "value", "title"), CASES)
def test_a_value_is_called(task: str, stratum: str, value: str, title: str) -> None:
    assert TASKS[task].titlers()[stratum](value) == title


def test_every_stratum_calls_its_values() -> None:
    for task in TASKS.values():
        within = {task.seen_within.stratum} if task.seen_within else set()
        assert task.titlers().keys() == {*task.strata, *within, "seen"}
