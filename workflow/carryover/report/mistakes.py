"""What is wrong in a written answer: the answers one above the other, the carries, and the kind of mistake."""

from __future__ import annotations

from itertools import zip_longest

# Kinds of mistakes, the ones that teach most first.
CHAIN = "A carry through a chain is lost"
LOST = "A carry is lost"
INVENTED = "A carry that is not there"
SIGN = "The sign"
LENGTH = "Too many or too few digits"
FIRST = "Only the first digit"
LAST = "Only the last digit"
ONE = "One digit in between"
SEVERAL = "Several digits"
NO_NUMBER = "Not a number"
OTHER = "Other symbols"
KINDS = (CHAIN, LOST, INVENTED, SIGN, LENGTH, FIRST, LAST, ONE, SEVERAL, NO_NUMBER, OTHER)


def is_number(answer: str) -> bool:
    """Whether an answer is a whole number in decimal digits, with at most a minus before it."""
    digits = answer.removeprefix("-")
    return digits.isascii() and digits.isdigit()


def aligned(*answers: str) -> list[str]:
    """The answers in one width: numbers digit below digit and sign below sign, others from the left."""
    if not all(map(is_number, answers)):
        width = max(map(len, answers))
        return [answer.ljust(width) for answer in answers]
    width = max(len(answer.removeprefix("-")) for answer in answers)
    signs = any(answer.startswith("-") for answer in answers)
    return [
        ("-" if answer.startswith("-") else " " if signs else "") + answer.removeprefix("-").rjust(width)
        for answer in answers
    ]


def numbers_added(question: str) -> list[str] | None:
    """The numbers of a question such as `14+58`, or None where the question is anything else."""
    numbers = question.split("+")
    plain = all(number.isascii() and number.isdigit() for number in numbers)
    return numbers if len(numbers) > 1 and plain else None


def carries(numbers: list[str]) -> list[int]:
    """What each column of a written addition gets from the column to its right. Columns count from the right."""
    received = [0]
    for digits in _columns(numbers):
        received.append((sum(digits) + received[-1]) // 10)
    return received


def kind(question: str, correct: str, given: str, sums: bool) -> str:
    """The kind of mistake in a wrong answer, one of KINDS. sums: the question is an addition that carries explain.

    A mistake in a sum is that of its lowest wrong digit: what is wrong above may follow from it.
    """
    if not is_number(correct):
        return OTHER
    if not is_number(given):
        return NO_NUMBER
    if correct.startswith("-") != given.startswith("-"):
        return SIGN
    numbers = numbers_added(question) if sums else None
    of_carry = numbers and _of_carry(numbers, correct, given)
    return of_carry or _of_place(correct.removeprefix("-"), given.removeprefix("-"))


def _of_carry(numbers: list[str], correct: str, given: str) -> str | None:
    """The kind of a mistake that a carry explains: the lowest wrong digit is too small, or too large, by a carry."""
    pairs = zip_longest(reversed(correct), reversed(given), fillvalue="0")
    column, right, wrong = next(
        ((column, int(a), int(b)) for column, (a, b) in enumerate(pairs) if a != b), (0, 0, 0)
    )
    received = carries(numbers)
    carry = received[column] if column < len(received) else 0
    if carry and (right - wrong) % 10 == carry:
        # The column to the right carries only because it got a carry itself.
        digits = sum(_columns(numbers)[column - 1])
        return CHAIN if digits // 10 < carry else LOST
    return INVENTED if not carry and (wrong - right) % 10 == 1 else None


def _of_place(correct: str, given: str) -> str:
    """The kind of a mistake by where the wrong digits are."""
    if len(correct) != len(given):
        return LENGTH
    wrong = [place for place, (a, b) in enumerate(zip(correct, given, strict=True)) if a != b]
    if len(wrong) != 1:
        return SEVERAL
    return LAST if wrong == [len(correct) - 1] else FIRST if wrong == [0] else ONE


def _columns(numbers: list[str]) -> list[list[int]]:
    """The digits of each column of a written addition, from the right."""
    return [list(map(int, digits)) for digits in zip_longest(*map(reversed, numbers), fillvalue="0")]
