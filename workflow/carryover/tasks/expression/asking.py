"""One expression as a person asks it, with its answer."""

from __future__ import annotations

import re

import pyarrow as pa

from carryover.errors import UserError
from carryover.tasks.expression.columns import columns
from carryover.tasks.expression.encoding import CHARACTERS
from carryover.tasks.expression.forms import OPERATORS, chain
from carryover.tasks.expression.grammar import LARGEST_INDEX
from carryover.tasks.expression.settings import ExpressionDataset
from carryover.tasks.record import Run

LONGEST_QUESTION = 200


def parse(asked: str, run: Run) -> pa.Table:
    """The question `asked`, such as `12+34-5` or `(1+2)*3=`, as a table of one row with its correct answer.

    Raises UserError for division, for characters that the training expressions never have, and for what is no
    expression.
    """
    dataset: ExpressionDataset = run.dataset
    expression = re.sub(r"\s", "", asked).removesuffix("=")
    if len(expression) > LONGEST_QUESTION:
        raise UserError(f"ask: the question has {len(expression)} characters; ask at most {LONGEST_QUESTION}")
    if "/" in expression or "÷" in expression:
        raise UserError(f"ask: {asked!r}: division is not a task here; ask with {_operators(dataset)}")
    unseen = sorted(set(expression) - dataset.characters())
    if unseen:
        known = "".join(sorted(dataset.characters(), key=CHARACTERS.index))
        raise UserError(
            f"ask: {asked!r}: the model has never seen {', '.join(map(repr, unseen))}; in training it saw {known}"
        )
    value = _Reader(expression, asked).read()
    if abs(value) > LARGEST_INDEX:
        raise UserError(f"ask: {asked!r}: its answer does not fit 64 bits; ask with smaller numbers")
    return pa.table([[0], [expression], [value], [""]], schema=columns())


def _operators(dataset: ExpressionDataset) -> str:
    return " and ".join(character for character in OPERATORS if character in dataset.characters())


class _Reader:
    """Reads one expression with any parentheses, character by character, and evaluates it."""

    def __init__(self, expression: str, asked: str) -> None:
        self.tokens = re.findall(r"\d+|.", expression)
        self.asked = asked
        self.position = 0

    def read(self) -> int:
        value = self._chain()
        if self.position < len(self.tokens) or len(self.tokens) < 2:
            raise self._error()
        return value

    def _chain(self) -> int:
        values, operators = [self._operand()], ""
        while self.position < len(self.tokens) and self.tokens[self.position] in OPERATORS:
            operators += self._next()
            values.append(self._operand())
        return chain(values, operators)

    def _operand(self) -> int:
        token = self._next()
        if token == "(":
            value = self._chain()
            if self._next() != ")":
                raise self._error()
            return value
        if not token.isdecimal() or (len(token) > 1 and token[0] == "0"):
            raise self._error()
        return int(token)

    def _next(self) -> str:
        if self.position == len(self.tokens):
            raise self._error()
        self.position += 1
        return self.tokens[self.position - 1]

    def _error(self) -> UserError:
        return UserError(
            f"ask: {self.asked!r} is not an expression such as 12+34-5: "
            "whole numbers without leading zeros, an operator between each two, parentheses closed"
        )
