"""Which pairs of whole numbers are added: the distributions that a user may write."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from carryover.settings.base import Positive, Settings
from carryover.settings.texts import FilePath
from carryover.tasks.digit_sum.bounds import MOST_DIGITS, Bound, as_integer, as_text, decimal_length
from carryover.tasks.digit_sum.questions import Operands

MOST_LENGTHS = 1000
MOST_SHARES = 1_000_000

Digits = Annotated[int, Field(ge=1, le=MOST_DIGITS)]


class UniformIntegers(Settings):
    """Both operands uniform among the whole numbers from `low` up to, but not including, `high`."""

    kind: Literal["uniform_integers"] = Field(description="Both operands are uniform in [low, high).")
    low: Bound = Field(default=0, description="The smallest operand.")
    high: Bound = Field(
        description="The first number above the largest operand: at most 4,300 digits, or `10^N` (N up to 100,000)."
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

    def operands(self) -> tuple[Operands, ...]:
        low, high = self.bounds()
        return (Operands(low, high),)

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

    def operands(self) -> tuple[Operands, ...]:
        return (Operands(0, 10**self.digits),)

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
        return bounds_of_length(self.longest)[1] - bounds_of_length(self.shortest)[0]

    def operands(self) -> tuple[Operands, ...]:
        lengths = range(self.shortest, self.longest + 1)
        return tuple(Operands(*bounds_of_length(digits), 1 / len(lengths)) for digits in lengths)

    def slug(self) -> str:
        return f"lengths-{self.shortest}-{self.longest}"


class MixedLengths(Settings):
    """The number of digits of each operand is one of `digits`, as often as its share; then every digit is uniform.

    With `leading_zeros`, numbers with fewer digits are among them, as in `uniform_digits`. Without, a number has as
    many digits as were drawn; 0 counts as a number of one digit.
    """

    kind: Literal["mixed_lengths"] = Field(
        description="The number of digits of each operand is one of several, each with its share."
    )
    digits: Annotated[tuple[Digits, ...], Field(min_length=1, max_length=MOST_LENGTHS)] = Field(
        description="The numbers of digits, such as `[1, 2, 3]`."
    )
    shares: tuple[Annotated[int, Field(ge=1, le=MOST_SHARES)], ...] | None = Field(
        default=None,
        description="How often each is drawn, such as `[1, 1, 2]`. Left out: each as often as the others.",
    )
    leading_zeros: bool = Field(
        default=False,
        description="Whether the digits may begin with zeros, which are dropped in writing; so 7 is among the numbers "
        "of three digits, as 007.",
    )

    @model_validator(mode="after")
    def _fit_together(self) -> MixedLengths:
        if any(low >= high for low, high in pairwise(self.digits)):
            raise ValueError(f"digits {list(self.digits)} should rise; write each number of digits once")
        if self.shares is not None and len(self.shares) != len(self.digits):
            raise ValueError(
                f"there are {len(self.digits)} numbers of digits and {len(self.shares)} shares; give each its share"
            )
        return self

    def canonical(self) -> dict[str, Any]:
        """Shares are written in lowest terms, and left out where they are equal."""
        known = super().canonical()
        if self.shares is not None:
            common = math.gcd(*self.shares)
            known["shares"] = [share // common for share in self.shares]
            if len(set(self.shares)) == 1:
                del known["shares"]
        return known

    def weights(self) -> tuple[int, ...]:
        """The shares in lowest terms, also where they were left out."""
        shares = self.shares or (1,) * len(self.digits)
        return tuple(share // math.gcd(*shares) for share in shares)

    def longest_operand(self) -> int:
        return self.digits[-1]

    def longest_sum(self) -> int:
        return self.digits[-1] + 1

    def numbers(self) -> int:
        if self.leading_zeros:
            return 10 ** self.digits[-1]
        return sum(high - low for low, high in map(bounds_of_length, self.digits))

    def operands(self) -> tuple[Operands, ...]:
        drawn = dict(zip(self.digits, self.weights(), strict=True))
        if not self.leading_zeros:
            return tuple(
                Operands(*bounds_of_length(digits), share / sum(drawn.values()))
                for digits, share in drawn.items()
            )
        shares = dict.fromkeys(range(1, self.digits[-1] + 1), Fraction(0))  # of numbers by their own length
        for digits, share in drawn.items():
            for length in range(1, digits + 1):
                low, high = bounds_of_length(length)
                shares[length] += Fraction(share * (high - low), 10**digits * sum(drawn.values()))
        return tuple(Operands(*bounds_of_length(length), float(share)) for length, share in shares.items())

    def slug(self) -> str:
        return f"mixed-{self.digits[0]}-{self.digits[-1]}"


def bounds_of_length(digits: int) -> tuple[int, int]:
    """The smallest number with so many digits, and the first one above the largest; 0 has one digit."""
    return (10 ** (digits - 1) if digits > 1 else 0), 10**digits


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
    UniformIntegers | UniformDigits | UniformLength | MixedLengths | PairsFile, Field(discriminator="kind")
]
