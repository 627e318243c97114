"""Grammars of expressions and their mixtures, as a user writes them, and how their expressions are counted.

A grammar is a finite set of expressions, all equally likely. A *form* is an expression with its numbers left out, such
as `(a+b)*c`; the expressions of a form are all choices of its numbers. So every grammar can be counted, and its
smallest and largest answer are known, without making a single expression.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from carryover.settings.base import NotNegative, Positive, Settings
from carryover.tasks.expression.forms import OPERATORS, Form

LARGEST_NUMBER = 999_999
LARGEST_INDEX = 2**63 - 1
SHARES_AT_MOST = 100_000


class Numbers(Settings):
    """The numbers that an operand may be. Both ends are included; filtered numbers are left out."""

    smallest: NotNegative = Field(description="The smallest number that an operand may be.")
    largest: Annotated[int, Field(ge=0, le=LARGEST_NUMBER)] = Field(
        description="The largest number that an operand may be."
    )
    without_digits: tuple[Annotated[int, Field(ge=0, le=9)], ...] = Field(
        default=(), description="Leave out the numbers in which one of these digits stands."
    )
    without: tuple[NotNegative, ...] = Field(default=(), description="Leave out these numbers.")

    @model_validator(mode="after")
    def _leaves_something(self) -> Numbers:
        if self.smallest > self.largest:
            raise ValueError(f"smallest {self.smallest} is above largest {self.largest}; swap them")
        if not self.values():
            digits = (
                f" without the digits {', '.join(map(str, self.without_digits))}"
                if self.without_digits
                else ""
            )
            others = f" without {', '.join(map(str, self.without))}" if self.without else ""
            raise ValueError(
                f"no number from {self.smallest} to {self.largest}{digits}{others} is left; filter less"
            )
        return self

    def values(self) -> Sequence[int]:
        """The numbers in rising order."""
        everything = range(self.smallest, self.largest + 1)
        if not self.without_digits and not self.without:
            return everything
        digits, numbers = {str(digit) for digit in self.without_digits}, set(self.without)
        return [value for value in everything if value not in numbers and digits.isdisjoint(str(value))]

    def label(self) -> str:
        """Such as `0-49` or `0-49-without-1`."""
        filters = [str(digit) for digit in self.without_digits] + [
            f"number-{value}" for value in self.without
        ]
        return f"{self.smallest}-{self.largest}" + (f"-without-{'-'.join(filters)}" if filters else "")


class Expressions(Settings):
    """A finite set of expressions: operators, numbers of operands, the operands themselves, and parentheses.

    `numbers` holds for every operand; `numbers_by_position` gives each operand its own instead. Parentheses go round
    any group of neighbouring operands but all: `everywhere` beside each form without, `where_operators_differ` only
    where the operators of the expression are not all the same. Answers follow the usual precedence.
    """

    operators: str = Field(description="Some of `+`, `-` and `*`, as one text.")
    operands: Annotated[tuple[Annotated[int, Field(ge=2, le=5)], ...], Field(min_length=1)] = Field(
        description="The numbers of operands that an expression may have: `[3]`, `[2, 3]`."
    )
    numbers: Numbers | None = Field(default=None, description="Which numbers every operand may be.")
    numbers_by_position: tuple[Numbers, ...] | None = Field(
        default=None, description="Instead of `numbers`: one such entry for each operand."
    )
    parentheses: Literal["none", "where_operators_differ", "everywhere"] = Field(
        default="none",
        description="Parentheses round any group of neighbouring operands but all: `everywhere`, or only "
        "`where_operators_differ`.",
    )

    @field_validator("operators")
    @classmethod
    def _are_known(cls, operators: str) -> str:
        if "/" in operators or "÷" in operators:
            raise ValueError(
                "division has no whole answers and is not a task here; the operators are '+', '-' and '*'"
            )
        if not operators or set(operators) - set(OPERATORS) or len(set(operators)) < len(operators):
            raise ValueError(f"{operators!r} should be some of '+', '-' and '*', each once, such as '+-'")
        return "".join(operator for operator in OPERATORS if operator in operators)

    @field_validator("operands")
    @classmethod
    def _stand_once(cls, operands: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(operands)) < len(operands):
            raise ValueError(f"{list(operands)} names a number of operands twice; name each once")
        return tuple(sorted(operands))

    @model_validator(mode="after")
    def _is_possible(self) -> Expressions:
        if (self.numbers is None) == (self.numbers_by_position is None):
            raise ValueError(
                "give exactly one of numbers (for every operand) and numbers_by_position (one each)"
            )
        if self.numbers_by_position is not None and self.operands != (len(self.numbers_by_position),):
            raise ValueError(
                f"numbers_by_position has {len(self.numbers_by_position)} entries, so operands should be "
                f"[{len(self.numbers_by_position)}], not {list(self.operands)}"
            )
        if self.parentheses != "none" and max(self.operands) < 3:
            raise ValueError("parentheses need 3 operands or more; set parentheses: none")
        if self.parentheses == "where_operators_differ" and len(self.operators) < 2:
            raise ValueError(
                f"with the one operator {self.operators} no operators differ; set parentheses: none"
            )
        if self.space() > LARGEST_INDEX or max(map(abs, self.answer_range())) > LARGEST_INDEX:
            raise ValueError(
                "the expressions or their answers do not fit 64 bits; use smaller numbers or fewer operands"
            )
        return self

    def forms(self) -> list[Form]:
        """Every form, in the order in which expressions are numbered."""
        return [form for count in self.operands for form in self.forms_of(count)]

    def forms_of(self, operands: int) -> list[Form]:
        """The forms with that many operands: without parentheses first, then by where those stand."""
        products = ["".join(chosen) for chosen in itertools.product(self.operators, repeat=operands - 1)]
        forms = [Form(operators) for operators in products]
        if self.parentheses == "none":
            return forms
        groups = [
            (start, start + size) for size in range(2, operands) for start in range(operands - size + 1)
        ]
        everywhere = self.parentheses == "everywhere"
        return forms + [
            Form(operators, group)
            for group in groups
            for operators in products
            if everywhere or len(set(operators)) > 1
        ]

    def values_of(self, operands: int) -> list[Sequence[int]]:
        """The values of each operand of an expression with that many."""
        if self.numbers is not None:
            return [self.numbers.values()] * operands
        assert self.numbers_by_position is not None
        return [numbers.values() for numbers in self.numbers_by_position]

    def space(self) -> int:
        """How many expressions there are; no two are written alike."""
        return sum(
            len(self.forms_of(count)) * math.prod(map(len, self.values_of(count))) for count in self.operands
        )

    def answer_range(self) -> tuple[int, int]:
        """The smallest and the largest answer.

        An answer is linear in each operand alone, so both lie where every operand is at one of its ends.
        """
        answers = [
            form.evaluate(corner)
            for form in self.forms()
            for corner in itertools.product(
                *((values[0], values[-1]) for values in self.values_of(form.operands))
            )
        ]
        return min(answers), max(answers)

    def longest(self) -> int:
        """The number of characters of the longest expression."""
        return max(
            sum(len(str(values[-1])) for values in self.values_of(form.operands))
            + len(form.operators)
            + (2 if form.group else 0)
            for form in self.forms()
        )

    def characters(self) -> set[str]:
        """Every character that an expression may have."""
        signs = set(self.operators) if self.parentheses == "none" else set(self.operators) | {"(", ")"}
        lists = self.values_of(max(self.operands))
        return signs.union(*(set(str(value)) for values in lists for value in values))

    def label(self) -> str:
        """The operands' ranges, such as `0-9` or `0-9,10-99`."""
        if self.numbers is not None:
            return self.numbers.label()
        return ",".join(numbers.label() for numbers in self.numbers_by_position or ())

    def full_label(self) -> str:
        """Label, operators, numbers of operands and parentheses, such as `0-9 +- 3`."""
        parentheses = {"none": "", "where_operators_differ": " (differing)", "everywhere": " (everywhere)"}
        counts = "/".join(map(str, self.operands))
        return f"{self.label()} {self.operators} {counts}{parentheses[self.parentheses]}"

    def grammar(self) -> dict[str, Any]:
        """Everything that decides the expressions and their order. It names the streams that they are drawn from."""
        return {key: value for key, value in self.canonical().items() if key in Expressions.model_fields}


class Grammar(Expressions):
    """One grammar: every expression of it is equally likely."""

    kind: Literal["grammar"] = Field(
        default="grammar", description="All expressions of one grammar, equally likely."
    )

    @property
    def components(self) -> tuple[Expressions, ...]:
        return (self,)

    @property
    def shares(self) -> tuple[int, ...]:
        return (1,)


class Component(Expressions):
    """One grammar of a mixture, and its share of the rows in proportion to the others' shares."""

    share: Positive = Field(
        default=1, description="The part of the rows that it has, in proportion to the others' shares."
    )


class Mixture(Settings):
    """Several grammars, each with an exact share of the rows (to within a row where they do not divide)."""

    kind: Literal["mixture"] = Field(
        default="mixture", description="Several grammars, each with an exact share of the rows."
    )
    components: Annotated[tuple[Component, ...], Field(min_length=2)] = Field(
        description="The grammars, each with its `share`."
    )

    @model_validator(mode="after")
    def _can_be_told_apart(self) -> Mixture:
        for a, b in itertools.combinations(self.components, 2):
            if a.grammar() == b.grammar():
                raise ValueError(
                    f"two components are both {a.full_label()}; write it once and add their shares"
                )
        if sum(self.shares) > SHARES_AT_MOST:
            raise ValueError(
                f"the shares, in lowest terms, add up to more than {SHARES_AT_MOST:,}; use rounder ones"
            )
        return self

    @property
    def shares(self) -> tuple[int, ...]:
        """The components' shares in lowest terms."""
        common = math.gcd(*(component.share for component in self.components))
        return tuple(component.share // common for component in self.components)


def shared(*sets: Expressions) -> int:
    """How many expressions are in all of the sets."""
    count = 0
    for operands in set.intersection(*(set(one.operands) for one in sets)):
        forms = set.intersection(*(set(one.forms_of(operands)) for one in sets))
        positions = zip(*(one.values_of(operands) for one in sets), strict=True)
        count += len(forms) * math.prod(_common(lists) for lists in positions)
    return count


def _common(lists: Sequence[Sequence[int]]) -> int:
    """How many numbers are in all of the lists."""
    if all(isinstance(values, range) for values in lists):
        return max(0, min(values[-1] for values in lists) - max(values[0] for values in lists) + 1)
    return len(set(lists[0]).intersection(*lists[1:]))
