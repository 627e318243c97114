"""Expressions without their numbers, and how they are evaluated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

OPERATORS = "+-*"


def apply(operator: str, left: Any, right: Any) -> Any:
    """left ± right or left × right, of whole numbers or of arrays of them."""
    if operator == "+":
        return left + right
    return left - right if operator == "-" else left * right


def chain(values: Sequence[Any], operators: str, step: Callable[[str, Any, Any], Any] = apply) -> Any:
    """The value of values[0] operators[0] values[1] …: products first, then sums and differences from the left."""
    terms, signs = [values[0]], []
    for operator, value in zip(operators, values[1:], strict=True):
        if operator == "*":
            terms[-1] = step("*", terms[-1], value)
        else:
            terms.append(value)
            signs.append(operator)
    total = terms[0]
    for sign, term in zip(signs, terms[1:], strict=True):
        total = step(sign, total, term)
    return total


@dataclass(frozen=True)
class Form:
    """An expression without its numbers: operators, and at most one parenthesised group [start, stop) of operands."""

    operators: str
    group: tuple[int, int] | None = None

    @property
    def operands(self) -> int:
        return len(self.operators) + 1

    def evaluate(self, operands: Sequence[Any], step: Callable[[str, Any, Any], Any] = apply) -> Any:
        """The answer for whole numbers or arrays, one an operand; `step` may watch each operation."""
        if self.group is None:
            return chain(operands, self.operators, step)
        start, stop = self.group
        inner = chain(operands[start:stop], self.operators[start : stop - 1], step)
        outer = self.operators[:start] + self.operators[stop - 1 :]
        return chain([*operands[:start], inner, *operands[stop:]], outer, step)
