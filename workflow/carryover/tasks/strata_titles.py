"""What people call the values of strata. Each function takes a value as tables have it, such as `7` or `21-50`."""

from __future__ import annotations

import re
from collections.abc import Callable

Titler = Callable[[str], str]


def amount(value: str) -> str:
    """`7`, `21 to 50` or `more than 512`."""
    return re.sub(r"(?<=\d)-(?=\d)", " to ", value).replace("above ", "more than ")


def after(title: str) -> Titler:
    """The title before the amount: `longest carry 3`."""
    return lambda value: f"{title} {amount(value)}"


def counted(one: str, many: str) -> Titler:
    """The amount before what it counts: `1 carry`, `21 to 50 carries`, `no carries`."""
    return lambda value: f"{'no' if value == '0' else amount(value)} {one if value == '1' else many}"


def numbers(digits: list[str]) -> str:
    """Operands by how many digits each has: `three 2-digit numbers`, `1-, 2- and 2-digit numbers`."""
    counts = {1: "a", 2: "two", 3: "three", 4: "four", 5: "five"}
    if len(set(digits)) == 1 and len(digits) in counts:
        return f"{counts[len(digits)]} {amount(digits[0])}-digit number{'s' if len(digits) > 1 else ''}"
    *others, last = (f"{amount(one)}-" for one in digits)
    return f"{', '.join(others)} and {last}digit numbers"
