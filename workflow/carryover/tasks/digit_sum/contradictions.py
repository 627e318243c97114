"""Sums of a file that its operands do not add up to, and the likely reason."""

from __future__ import annotations

import math

import pyarrow as pa
import pyarrow.compute as pc

from carryover.tasks.digit_sum.digits import add, decimals, digits_from, slices

LONGEST_COMPARED = 4_000  # digits; Python turns no longer text into a number


def first(table: pa.Table) -> int | None:
    """The first row, from 0, of a table of decimal strings `a`, `b` and `sum` whose sum is wrong; None without any."""
    start = 0
    for part in slices(table):
        right = _sums(part.column("a"), part.column("b"))
        row = pc.index(pc.equal(part.column("sum").combine_chunks(), right), False).as_py()
        if row >= 0:
            return start + row
        start += part.num_rows
    return None


def added(a: str, b: str) -> str:
    """The sum of two decimal strings."""
    return _sums(pa.array([a]), pa.array([b]))[0].as_py()


def likely_reason(a: pa.ChunkedArray, b: pa.ChunkedArray, sums: pa.ChunkedArray, row: int) -> str:
    """Why the sum of a row is another one, as far as the digits tell, and what would mend it."""
    one, other, total = (column[row].as_py() for column in (a, b, sums))
    if added(one[::-1], other[::-1]) == _canonical(total[::-1]):
        return "the numbers seem to be written lowest digit first: write the highest digit first"
    if added(one, other) == _canonical(total[::-1]):
        return "the sum seems to be written lowest digit first: write the highest digit first"
    modulus = _modulus(a, b, sums)
    if modulus is not None:
        return (
            f"the sums seem to be taken modulo {modulus}, which cannot be learned here: leave the column out"
        )
    return "mend the row"


def _sums(a: pa.Array | pa.ChunkedArray, b: pa.Array | pa.ChunkedArray) -> pa.StringArray:
    width = max(pc.max(pc.binary_length(operand)).as_py() for operand in (a, b))
    return decimals(add(digits_from(a, width), digits_from(b, width)))


def _canonical(digits: str) -> str:
    return digits.lstrip("0") or "0"


def _modulus(a: pa.ChunkedArray, b: pa.ChunkedArray, sums: pa.ChunkedArray) -> int | None:
    """The number that every sum can be the remainder by; None where there is none."""
    if any(pc.max(pc.binary_length(column)).as_py() > LONGEST_COMPARED for column in (a, b, sums)):
        return None
    divisor, largest, contradictions = 0, 0, 0
    for one, other, total in zip(a, b, sums, strict=True):
        difference = int(one.as_py()) + int(other.as_py()) - int(total.as_py())
        if difference < 0:
            return None
        divisor, largest = math.gcd(divisor, difference), max(largest, int(total.as_py()))
        contradictions += difference > 0
    return divisor if contradictions > 1 and divisor > largest else None
