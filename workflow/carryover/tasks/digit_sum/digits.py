"""Whole numbers of any size as matrices of digits, (N, W) uint8 with the lowest digit first."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from carryover.data import text

BASE = 10
ZERO = ord("0")

DIGITS_AT_ONCE = 4_194_304  # digits of one column of a table that are held at a time
_DIGITS_IN_CACHE = 65_536  # worked on at a time where 32-bit numbers are made of digits


def add(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Sums (N, W + 1) of numbers (N, W).

    Two digits that add up to 9 pass on the incoming carry. Other digits decide the carry themselves: 1 for a sum of 10
    or more, else 0. So the carry out of a position is decided at the last position up to it with another sum than 9.
    """
    total = np.empty((a.shape[0], a.shape[1] + 1), dtype=np.uint8)
    position = 2 * np.arange(a.shape[1], dtype=np.int32)
    rows = max(_DIGITS_IN_CACHE // max(a.shape[1], 1), 1)
    for start in range(0, len(a), rows):
        both = a[start : start + rows] + b[start : start + rows]
        # Twice the position, and the carry as the last bit, so that the largest so far is the last one settled.
        settled = np.where(both == BASE - 1, 0, position + (both >= BASE))
        carry = (np.maximum.accumulate(settled, axis=1, out=settled) & 1).astype(np.uint8)
        part = total[start : start + rows]
        part[:, 0], part[:, 1:] = 0, carry
        part[:, :-1] += both - np.uint8(BASE) * carry
    return total


def decimals(digits: np.ndarray) -> pa.StringArray:
    """Numbers (N, W) as decimal strings, most significant digit first, without leading zeros; 0 is `0`."""
    highest_first = digits[:, ::-1]
    # The first digit that is not 0, or the last digit of a number that has none.
    first = np.where(digits.any(axis=1), (highest_first != 0).argmax(axis=1), digits.shape[1] - 1)
    characters = highest_first + np.uint8(ZERO)
    characters *= np.arange(digits.shape[1]) >= first[:, None]
    return text.strings(characters)


def digits_from(numbers: pa.Array | pa.ChunkedArray, width: int = 0) -> np.ndarray:
    """Decimal strings as digits (N, W); W is `width` or the longest string, whichever is more."""
    characters, _ = text.characters(numbers, width, to_the_right=True)
    np.subtract(characters, np.uint8(ZERO), out=characters, where=characters != 0)
    return characters[:, ::-1]


def digits_of(value: int, width: int) -> np.ndarray:
    """One whole number as `width` digits. Halved until it is short: Python refuses to print thousands of digits."""
    if width <= 1000:
        return np.frombuffer(str(value).zfill(width).encode(), dtype=np.uint8)[::-1] - np.uint8(ZERO)
    high, low = divmod(value, 10 ** (width // 2))
    return np.concatenate([digits_of(low, width // 2), digits_of(high, width - width // 2)])


def slices(table: pa.Table) -> Iterator[pa.Table]:
    """The table in parts whose digits fit easily into memory. There is at least one part."""
    longest = pc.max(pc.binary_length(table.column("sum"))).as_py() or 1
    rows = max(DIGITS_AT_ONCE // longest, 1)
    for part in range(max(math.ceil(table.num_rows / rows), 1)):
        yield table.slice(part * rows, rows)
