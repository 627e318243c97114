"""Settings of the task `digit_sum`: which pairs of whole numbers are added."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from carryover.settings.base import Positive, Seed, Settings
from carryover.settings.dataset import DatasetSettings
from carryover.settings.models import Model
from carryover.settings.rows import Rows
from carryover.settings.texts import FilePath
from carryover.settings.training import Training
from carryover.tasks.digit_sum.bounds import MOST_DIGITS, Bound, as_integer, as_text, decimal_length

FEWEST_DISJOINT_PAIRS = 200  # of fewer pairs, a split's tenth may hold none
UNKNOWN_DIGITS = 32  # of the sums of a file of pairs that was not read yet

Digits = Annotated[int, Field(ge=1, le=MOST_DIGITS)]


class UniformIntegers(Settings):
    """Both operands uniform among the whole numbers from `low` up to, but not including, `high`."""

    kind: Literal["uniform_integers"] = Field(description="Both operands are uniform in [low, high).")
    low: Bound = Field(default=0, description="The smallest operand.")
    high: Bound = Field(
        description="The first number above the largest operand: at most 4,300 digits, or `10^N` (N up to 1,000,000)."
    )

    @model_validator(mode="after")
    def _is_not_empty(self) -> UniformIntegers:
        low, high = self.bounds()
        if low >= high:
            raise ValueError(
                f"low ({as_text(self.low)}) is not below high ({as_text(self.high)}), so there is no number to draw; "
                "high itself is never drawn: set it above low"
            )
        return self

    def bounds(self) -> tuple[int, int]:
        """low and high as whole numbers."""
        return as_integer(self.low), as_integer(self.high)

    def longest_operand(self) -> int:
        return decimal_length(self.bounds()[1] - 1)

    def longest_sum(self) -> int:
        return decimal_length(2 * (self.bounds()[1] - 1))

    def numbers(self) -> int:
        low, high = self.bounds()
        return high - low

    def slug(self) -> str:
        return f"integers-{as_text(self.low)}-{as_text(self.high)}"


class UniformDigits(Settings):
    """Every one of `digits` digits of both operands uniform, leading zeros allowed (and dropped in writing)."""

    kind: Literal["uniform_digits"] = Field(
        description="Both operands have so many digits, each uniform: integers uniform in [0, 10^digits)."
    )
    digits: Digits = Field(
        description="Digits of an operand. Leading zeros are allowed, and dropped in writing."
    )

    def longest_operand(self) -> int:
        return self.digits

    def longest_sum(self) -> int:
        return self.digits + 1

    def numbers(self) -> int:
        return 10**self.digits

    def slug(self) -> str:
        return f"digits-{self.digits}"


class UniformLength(Settings):
    """The number of digits uniform from `shortest` to `longest`, then uniform among the numbers with that many.

    This holds for each operand. 0 counts as a number of one digit.
    """

    kind: Literal["uniform_length"] = Field(
        description="The number of digits of each operand is uniform, then the number among those with that many."
    )
    shortest: Digits = Field(default=1, description="Fewest digits of an operand.")
    longest: Digits = Field(description="Most digits of an operand.")

    @model_validator(mode="after")
    def _is_not_empty(self) -> UniformLength:
        if self.shortest > self.longest:
            raise ValueError(f"shortest ({self.shortest}) is above longest ({self.longest}); swap them")
        return self

    def longest_operand(self) -> int:
        return self.longest

    def longest_sum(self) -> int:
        return self.longest + 1

    def numbers(self) -> int:
        return 10**self.longest - (10 ** (self.shortest - 1) if self.shortest > 1 else 0)

    def slug(self) -> str:
        return f"lengths-{self.shortest}-{self.longest}"


class PairsFile(Settings):
    """The user's own pairs: the columns `a` and `b` of a table, or equations a line; whole numbers from 0.

    Text may hold numbers of any size, in a Parquet file too. Integers there have 128 bits at most, decimals 76 digits.
    The rows are shuffled by the seed; train takes the front, test the back, validation stands before test. The plan
    fills in `digest` (SHA-256 of the file) and `longest_sum_digits`, which users leave out.
    """

    kind: Literal["pairs_file"] = Field(description="Your own pairs.")
    path: FilePath | None = Field(
        default=None,
        description="A CSV, TSV or Parquet file with the columns `a` and `b`, or a text of lines such as `12+7=19`. "
        "Numbers of any size may be text; Parquet also has integers of up to 128 bits, and decimals without fraction.",
    )
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = Field(
        default=None, description="The plan fills it in: SHA-256 of the file."
    )
    longest_sum_digits: Positive | None = Field(
        default=None, description="The plan fills it in: digits of the longest sum."
    )

    @model_validator(mode="after")
    def _names_a_file(self) -> PairsFile:
        if self.path is None and self.digest is None:
            raise ValueError(
                "kind: pairs_file needs a path: a CSV or Parquet file with columns a and b, or lines such as 12+7=19"
            )
        return self

    def canonical(self) -> dict[str, Any]:
        """Once the content is known, the path no longer matters."""
        known = super().canonical()
        if self.digest is not None:
            known.pop("path", None)
        return known

    def longest_sum(self) -> int | None:
        return self.longest_sum_digits

    def numbers(self) -> None:
        return None

    def slug(self) -> str:
        return "pairs"


Distribution = Annotated[
    UniformIntegers | UniformDigits | UniformLength | PairsFile, Field(discriminator="kind")
]


class DigitSumDataset(DatasetSettings):
    """Pairs of whole numbers and their sums, drawn from one distribution.

    `disjoint: true` keeps splits apart: a hash of the unordered pair says which split it may be drawn for (8, 1 and 1
    tenths of all pairs for train, validation and test).
    """

    task: Literal["digit_sum"] = Field(description="Two whole numbers are added.")
    seed: Seed = Field(default=0, description="Another seed, another draw.")
    disjoint: bool = Field(default=False, description="Keep each example in one split only.")
    distribution: Distribution = Field(description="Which pairs there are.")
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
        return f"sum-{self.distribution.slug()}" + ("-disjoint" if self.disjoint else "")

    def estimated_bytes(self) -> int:
        """About how large the Parquet files will be: two operands and a sum, of which compression leaves half."""
        digits = self.longest_sum() or 20
        return round(sum(self.split_rows().values()) * (1.4 * digits + 10))
