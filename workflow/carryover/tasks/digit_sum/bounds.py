"""Bounds of whole numbers of any size, as a user writes them: `1000`, or `10^5000`."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

MOST_DIGITS = 100_000  # 20 times as many as the longest published numbers have


def _bound(value: Any) -> int | str:
    """A bound in its one canonical form: a power of ten above 10^18 as `10^N`, anything else as a whole number."""
    if isinstance(value, str) and (power := re.fullmatch(r"10\^(0|[1-9][0-9]{0,6})", value, re.ASCII)):
        exponent = int(power[1])
        if exponent > MOST_DIGITS:
            raise ValueError(f"10^{exponent} is too large; the largest bound is 10^{MOST_DIGITS}")
        return value if exponent > 18 else 10**exponent
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{value!r} is not a bound; write a whole number from 0, or a power of ten as 10^N")
    if value < 0:
        raise ValueError(f"{value} is negative; operands are whole numbers from 0")
    exponent = decimal_length(value) - 1
    return f"10^{exponent}" if exponent > 18 and value == 10**exponent else value


Bound = Annotated[
    Annotated[int, Field(ge=0)] | Annotated[str, Field(pattern=r"^10\^(0|[1-9][0-9]{0,6})$")],
    BeforeValidator(_bound),
]


# A number of a million digits takes a good part of a second to make, and a plan asks for the same few again and again.
@lru_cache(maxsize=64)
def decimal_length(value: int) -> int:
    """The number of decimal digits of a whole number from 0, of any size (Python refuses to print large ones)."""
    digits = max(int((value.bit_length() - 1) * math.log10(2)), 0) + 1  # at most one too few
    while 10**digits <= value:
        digits += 1
    while digits > 1 and 10 ** (digits - 1) > value:
        digits -= 1
    return digits


@lru_cache(maxsize=64)
def as_integer(bound: int | str) -> int:
    """A bound as a whole number."""
    return 10 ** int(bound.removeprefix("10^")) if isinstance(bound, str) else bound


def as_text(bound: int | str) -> str:
    """A bound as part of a name: `10e20` for a power of ten, else the number itself, or its number of digits."""
    value = as_integer(bound)
    exponent = decimal_length(value) - 1
    if exponent >= 3 and value == 10**exponent:
        return f"10e{exponent}"
    return str(value) if exponent < 12 else f"{exponent + 1}digits"
