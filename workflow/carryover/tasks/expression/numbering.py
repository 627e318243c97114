"""The expressions of a grammar by their numbers, from 0 to the grammar's size."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa

from carryover.data import text
from carryover.tasks.expression.forms import Form
from carryover.tasks.expression.grammar import Expressions


def expressions(grammar: Expressions, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The expressions of a grammar with the given numbers (N,) in [0, grammar.space()).

    Returns their characters, (N, W) uint8 with 0 for none, and their answers, (N,) int64.
    """
    tables = _tables(grammar)
    form = np.searchsorted(tables.first, numbers, side="right") - 1
    rest = numbers - tables.first[form]
    operands: list[np.ndarray] = []
    digits: list[np.ndarray] = []
    for position in reversed(range(len(tables.values))):  # the last operand changes fastest
        values, present = tables.values[position], position < tables.operands[form]
        rest, chosen = _divmod_where(present, rest, len(values))
        operands.insert(0, values[chosen])
        characters = tables.digits[position][chosen]
        digits.insert(0, characters if present.all() else characters * present[:, None])
    parts = []
    for position, characters in enumerate(digits):
        for table in (tables.opening, characters, tables.closing, tables.operator):
            if table is characters:
                parts.append(characters)
            elif table[:, position].any():
                parts.append(table[form, position, None])
    return np.concatenate(parts, axis=1), _answers(tables.forms, form, operands)


def _divmod_where(present: np.ndarray, values: np.ndarray, divisor: int) -> tuple[np.ndarray, np.ndarray]:
    """values divided by divisor, with remainder, where `present`; elsewhere values unchanged, and remainder 0."""
    quotient, remainder = np.divmod(values, divisor)
    if present.all():
        return quotient, remainder
    return np.where(present, quotient, values), np.where(present, remainder, 0)


def _answers(forms: list[Form], form: np.ndarray, operands: list[np.ndarray]) -> np.ndarray:
    """The answer of each row, (N,) int64, given the number of its form (N,) and its operands, P arrays of (N,)."""
    answers = np.empty(len(form), dtype=np.int64)
    for number in np.unique(form):
        rows = np.flatnonzero(form == number)
        answers[rows] = forms[number].evaluate([one[rows] for one in operands[: forms[number].operands]])
    return answers


@dataclass(frozen=True)
class _Tables:
    """A grammar as arrays. F forms of up to P operands, each with at most D digits; 0 stands for no character."""

    forms: list[Form]
    first: np.ndarray  # (F,) the number of each form's first expression
    operands: np.ndarray  # (F,) how many operands it has
    values: list[np.ndarray]  # P arrays: the numbers that the operand may be
    digits: list[np.ndarray]  # P arrays (values, D): those numbers as ASCII
    opening: np.ndarray  # (F, P) ASCII before each operand
    closing: np.ndarray  # (F, P) ASCII after it
    operator: np.ndarray  # (F, P) ASCII after that


@lru_cache(maxsize=16)
def _tables(grammar: Expressions) -> _Tables:
    forms = grammar.forms()
    most = max(grammar.operands)
    lists = grammar.values_of(most)
    values = [np.asarray(one, dtype=np.int64) for one in lists]
    space = [
        int(np.prod([len(one) for one in grammar.values_of(form.operands)], dtype=object)) for form in forms
    ]
    opening, closing, operator = (np.zeros((len(forms), most), dtype=np.uint8) for _ in range(3))
    for number, form in enumerate(forms):
        operator[number, : form.operands - 1] = np.frombuffer(form.operators.encode(), dtype=np.uint8)
        if form.group is not None:
            opening[number, form.group[0]] = ord("(")
            closing[number, form.group[1] - 1] = ord(")")
    return _Tables(
        forms,
        np.cumsum([0, *space[:-1]], dtype=np.int64),
        np.array([form.operands for form in forms]),
        values,
        [text.characters(pa.array(one).cast(pa.string()))[0] for one in values],
        opening,
        closing,
        operator,
    )
