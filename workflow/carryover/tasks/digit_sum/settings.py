"""Settings of the task `digit_sum`: which pairs of whole numbers are added, and how they are drawn."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from carryover.settings.base import Seed
from carryover.settings.dataset import DatasetSettings
from carryover.settings.models import Model
from carryover.settings.rows import SIDES, Rows
from carryover.settings.training import Training
from carryover.tasks.digit_sum.distributions import Distribution, PairsFile, UniformDigits
from carryover.tasks.digit_sum.questions import MOST_NUMBERS, different_questions

FEWEST_DISJOINT_PAIRS = 200  # of fewer pairs, a split's tenth may hold none
UNKNOWN_DIGITS = 32  # of the sums of a file of pairs that was not read yet


class DigitSumDataset(DatasetSettings):
    """Pairs of whole numbers and their sums, drawn from one distribution.

    `disjoint: true` keeps splits apart: a hash of the unordered pair says which split it may be drawn for (8, 1 and 1
    tenths of all pairs for train, validation and test).

    `draw: without_replacement` draws each question once at most; a + b and b + a are one question. Each split has its
    own part of them, 8, 1 and 1 tenths. Questions come as often as in drawing again whenever a question came before: so
    of lengths that are mixed, short numbers, of which there are few, are used up first.
    """

    task: Literal["digit_sum"] = Field(description="Two whole numbers are added.")
    seed: Seed = Field(default=0, description="Another seed, another draw.")
    disjoint: bool = Field(default=False, description="Keep each example in one split only.")
    distribution: Distribution = Field(description="Which pairs there are.")
    draw: Literal["with_replacement", "without_replacement"] = Field(
        default="with_replacement",
        description="`with_replacement`: every row independently. `without_replacement`: each question once at most, "
        "and in one split only; a + b and b + a are the same question.",
    )
    rows: Rows = Field(
        description="Rows of `train`, `validation` and `test`; a split that is left out is empty."
    )

    @model_validator(mode="after")
    def _can_be_disjoint(self) -> DigitSumDataset:
        if not self.disjoint:
            return self
        numbers = self.distribution.numbers()
        if numbers is None:
            raise ValueError(
                "disjoint: the rows of a pairs_file cannot be drawn again; "
                "leave disjoint out, and keep each pair once in the file"
            )
        if numbers >= FEWEST_DISJOINT_PAIRS:
            return self  # and the number of pairs, which may have millions of digits, need not be known
        pairs = numbers * (numbers + 1) // 2
        if pairs < FEWEST_DISJOINT_PAIRS:
            raise ValueError(
                f"disjoint: the distribution has {pairs} different pairs, too few to part among the splits; "
                f"it needs {FEWEST_DISJOINT_PAIRS}: enlarge its range, or set disjoint: false"
            )
        return self

    @model_validator(mode="after")
    def _has_enough_questions(self) -> DigitSumDataset:
        if self.draw == "with_replacement":
            return self
        if isinstance(self.distribution, PairsFile):
            raise ValueError("draw: each row of a pairs_file is taken once anyway; leave draw out")
        if self.distribution.numbers() > MOST_NUMBERS:
            raise ValueError(
                f"draw: without_replacement chooses among {MOST_NUMBERS:,} numbers at most, as of 9 digits; of more, "
                "draw: with_replacement hardly repeats a question"
            )
        operands = self.distribution.operands()
        for split, rows in self.split_rows().items():
            questions = different_questions(operands, split)
            if rows > questions:
                low, high = SIDES[split]
                raise ValueError(
                    f"rows.{split}: {rows:,} different questions are asked for, and without replacement {split} draws "
                    f"from {questions:,}, {high - low} of 10 parts of all; ask for fewer, or draw: with_replacement"
                )
        return self

    def split_rows(self) -> dict[str, int]:
        """Rows of train, validation and test."""
        return self.rows.by_split()

    def longest_sum(self) -> int | None:
        """The number of digits of the longest possible sum; None for a pairs_file that was not read yet."""
        return self.distribution.longest_sum()

    def space(self) -> int | None:
        """How many different (ordered) pairs the distribution has; None for a pairs_file."""
        numbers = self.distribution.numbers()
        return None if numbers is None else numbers**2

    def drawn_by_row(self) -> bool:
        """Whether any rows can be drawn alone; a pairs_file is read as a whole."""
        return not isinstance(self.distribution, PairsFile)

    def length(self) -> int | None:
        """The digits of the longest operand; None for a pairs_file."""
        if isinstance(self.distribution, PairsFile):
            return None
        return self.distribution.longest_operand()

    def fixed_length(self) -> int | None:
        """The digits of every operand, where all are drawn with as many."""
        return self.distribution.digits if isinstance(self.distribution, UniformDigits) else None

    def positions(self, model: Model, training: Training) -> int:
        """The digits of the longest sum, or those that training pads to."""
        return max(self.longest_sum() or UNKNOWN_DIGITS, training.length or 0)

    def mistakes(self, model: Model, training: Training) -> list[str]:
        """A training whose examples are padded to fewer digits than the longest sum has."""
        longest = self.longest_sum()
        if training.length is None or longest is None or training.length >= longest:
            return []
        return [
            f"training.length: {training.length} is too short for sums of up to {longest} digits; "
            f"set at least {longest}, or leave it out"
        ]

    def slug(self) -> str:
        sample = "-sample" if self.draw == "without_replacement" else ""
        return f"sum-{self.distribution.slug()}" + ("-disjoint" if self.disjoint else "") + sample

    def estimated_bytes(self) -> int:
        """About how large the Parquet files will be: two operands and a sum, of which compression leaves half."""
        digits = self.longest_sum() or 20
        return round(sum(self.split_rows().values()) * (1.4 * digits + 10))
