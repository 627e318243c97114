"""The different questions of a distribution, counted: a + b and b + a are one question.

A distribution's numbers fall into ranges; those of a range are equally likely. So its questions fall into *kinds*, one
for each two ranges. Without replacement, the questions of a kind are equally likely.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

from carryover.settings.rows import SIDES

MOST_NUMBERS = 2**32 - 1  # of more, the questions of a kind have no numbers of 63 bits


@dataclass(frozen=True)
class Operands:
    """The whole numbers in [low, high), and how often an operand is one of them."""

    low: int
    high: int
    share: float = 1.0

    def count(self) -> int:
        """How many numbers there are."""
        return self.high - self.low


@dataclass(frozen=True)
class Kind:
    """The questions whose operands are of these two ranges, which may be the same."""

    first: Operands
    second: Operands

    @property
    def share(self) -> float:
        """How often a question is one of them."""
        return self.first.share * self.second.share * (1 if self.first == self.second else 2)

    def size(self) -> int:
        """How many different questions there are."""
        n = self.first.count()
        return n * (n + 1) // 2 if self.first == self.second else n * self.second.count()

    def side(self, split: str) -> range:
        """The numbers of the questions that may be drawn for a split."""
        low, high = SIDES[split]
        return range(self.size() * low // 10, self.size() * high // 10)


def kinds(operands: Sequence[Operands]) -> list[Kind]:
    """The kinds of questions of a distribution whose numbers fall into these ranges."""
    return [Kind(first, second) for first, second in combinations_with_replacement(operands, 2)]


def different_questions(operands: Sequence[Operands], split: str) -> int:
    """How many different questions may be drawn for a split."""
    return sum(len(kind.side(split)) for kind in kinds(operands))
