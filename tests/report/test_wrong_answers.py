"""Wrong answers one above the other: columns that line up, carries as in school, and the kind of mistake."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carryover.report import mistakes
from carryover.report.sections.wrong_answers import LONGEST_ANSWER, grid


def lines(question: str, correct: str, answered: str, sums: bool = True) -> list[str]:
    shown = re.sub(r"</?mark>", "", str(grid(question, correct, answered, sums)))
    return html.unescape(shown).split("\n")


def test_a_sum_stands_as_it_is_written_in_school() -> None:
    assert lines("14+958", "972", "962") == [
        " Carries   1 ",
        "           14",
        "       +  958",
        "   Right  972",
        "   Model  962",
        "           ^",
    ]


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(0, 10**13))
def test_carets_stand_below_wrong_digits_and_carries_add_up(a: int, b: int, answered: int) -> None:
    correct = a + b
    carries, first, second, right, model, carets = (
        line[10:] for line in lines(f"{a}+{b}", str(correct), str(answered))
    )
    for place in range(len(right)):
        power = 10 ** (len(right) - 1 - place)
        carry = int(carries[place : place + 1].strip() or 0)
        assert carry == (a % power + b % power) // power
        assert (carets[place : place + 1] == "^") == (right[place] != model[place])
    assert (int(first), int(second), int(right), int(model)) == (a, b, correct, answered)


@pytest.mark.parametrize(
    ("question", "correct", "answered", "kind"),
    [
        ("14+58", "72", "62", mistakes.LOST),
        ("17+9950+33", "10000", "9000", mistakes.CHAIN),
        ("195+5", "200", "100", mistakes.CHAIN),
        ("99+1", "100", "000", mistakes.CHAIN),
        ("11+22", "33", "43", mistakes.INVENTED),
        ("11+22", "33", "93", mistakes.FIRST),
        ("11+22", "33", "39", mistakes.LAST),
        ("111+222", "333", "363", mistakes.ONE),
        ("111+222", "333", "777", mistakes.SEVERAL),
        ("11+22", "33", "", mistakes.NO_NUMBER),
        ("11+22", "33", "3363", mistakes.LENGTH),
    ],
)
def test_the_lowest_wrong_digit_says_what_went_wrong(
    question: str, correct: str, answered: str, kind: str
) -> None:
    assert mistakes.kind(question, correct, answered, sums=True) == kind


@pytest.mark.parametrize(
    ("correct", "answered", "kind"),
    [
        ("-5", "5", mistakes.SIGN),
        ("-68", "-13", mistakes.SEVERAL),
        ("3", "221", mistakes.LENGTH),
        ("a", "b", mistakes.OTHER),
    ],
)
def test_expressions_are_grouped_by_sign_length_and_place(correct: str, answered: str, kind: str) -> None:
    assert mistakes.kind("9-9*8", correct, answered, sums=False) == kind


def test_a_sign_stands_below_the_sign() -> None:
    assert lines("5-10", "-5", "-15", sums=False)[1:] == ["   Right  - 5", "   Model  -15", "           ^"]


def test_answers_are_escaped_and_wrong_symbols_marked() -> None:
    shown = str(grid("1+1", "2", "<b>", True))
    assert "<mark>&lt;</mark><mark>b</mark><mark>&gt;</mark>" in shown
    assert "<b>" not in shown


def test_long_answers_are_shown_around_the_lowest_wrong_digit() -> None:
    correct, answered = "1" * 4000 + "2" + "3" * 1000, "1" * 4000 + "9" + "3" * 1000
    _, right, model, carets = lines("1", correct, answered, sums=False)
    assert len(right) == len(model) == 10 + LONGEST_ANSWER + 2
    assert model[carets.index("^")] == "9"
