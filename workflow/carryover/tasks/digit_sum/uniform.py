"""Drawing whole numbers of any size, as digits (rows, W)."""

from __future__ import annotations

import numpy as np

from carryover.tasks.digit_sum.bounds import decimal_length
from carryover.tasks.digit_sum.digits import BASE, add, digits_of
from carryover.tasks.digit_sum.distributions import (
    Distribution,
    MixedLengths,
    UniformDigits,
    UniformIntegers,
    UniformLength,
)

# Leading decimal digits that are drawn as one 64-bit integer. The rest are drawn one by one, so a number is out of
# range, and drawn again, with probability 10⁻¹⁷ at most.
LEADING_DIGITS = 18

# The four digits of each number below 10,000, side by side in 32 bits.
_FOUR_DIGITS = (
    (np.arange(10_000)[:, None] // BASE ** np.arange(4) % BASE).astype(np.uint8).view(np.uint32)[:, 0]
)


def draw(distribution: Distribution, rows: int, rng: np.random.Generator) -> np.ndarray:
    """Operands (rows, W) from a distribution that is not a file."""
    match distribution:
        case UniformDigits(digits=digits):
            return uniform_digits(digits, rows, rng)
        case UniformIntegers():
            low, high = distribution.bounds()
            return uniform_between(low, high, rows, rng) if low else uniform_below(high, rows, rng)
        case UniformLength(shortest=shortest, longest=longest):
            lengths = rng.integers(shortest, longest, size=rows, endpoint=True)
            return _of_lengths(lengths, longest, False, rng)
        case MixedLengths():
            lengths = _mixed_lengths(distribution, rows, rng)
            return _of_lengths(lengths, distribution.longest_operand(), distribution.leading_zeros, rng)
        case _:
            raise TypeError(f"nothing can be drawn from {type(distribution).__name__}")


def uniform_digits(digits: int, rows: int, rng: np.random.Generator) -> np.ndarray:
    """Digits (rows, digits), each uniform. Four come from one draw, which is twice as fast as one from each."""
    fours = rng.integers(0, len(_FOUR_DIGITS), size=(rows, -(-digits // 4)), dtype=np.uint16)
    return _FOUR_DIGITS[fours].view(np.uint8)[:, :digits]


def uniform_below(size: int, rows: int, rng: np.random.Generator) -> np.ndarray:
    """Whole numbers uniform in [0, size), of any size, as digits (rows, digits of size - 1).

    The leading digits are one integer, uniform up to those of size - 1; the others are uniform each. What then lies
    above size - 1 is drawn again, which leaves every number equally likely.
    """
    digits, above = _draw_to_edge(size - 1, rows, rng)
    waiting = np.flatnonzero(above)
    while waiting.size:
        digits[waiting], above = _draw_to_edge(size - 1, waiting.size, rng)
        waiting = waiting[above]
    return digits


def _draw_to_edge(largest: int, rows: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Numbers (rows, W) whose leading digits are at most those of `largest`, and which of them are above it."""
    width = decimal_length(largest)
    rest = max(width - LEADING_DIGITS, 0)
    edge = largest // 10**rest
    leading = rng.integers(0, edge, size=rows, dtype=np.int64, endpoint=True)
    digits = np.empty((rows, width), dtype=np.uint8)
    digits[:, :rest] = uniform_digits(rest, rows, rng)
    for position in range(rest, width):
        leading, digits[:, position] = np.divmod(leading, BASE)
    limits = digits_of(largest, width)
    at_edge = np.flatnonzero((digits[:, rest:] == limits[rest:]).all(axis=1))
    above = np.zeros(rows, dtype=bool)
    above[at_edge] = _above(digits[at_edge], limits)
    return digits, above


def _above(digits: np.ndarray, largest: np.ndarray) -> np.ndarray:
    """Which numbers (N, W) are above `largest` (W,): booleans (N,)."""
    above = np.zeros(len(digits), dtype=bool)
    # From the lowest digit up: higher ones overrule.
    for column, limit in zip(digits.T, largest, strict=True):
        above = (column > limit) | (above & (column == limit))
    return above


def uniform_between(low: int, high: int, rows: int, rng: np.random.Generator) -> np.ndarray:
    """Whole numbers uniform in [low, high), with low above 0, as digits (rows, digits of high - 1)."""
    width = decimal_length(high - 1)
    offset = uniform_below(high - low, rows, rng)
    digits = np.zeros((rows, width), dtype=np.uint8)
    digits[:, : offset.shape[1]] = offset
    shift = digits_of(low, width)
    start = int(np.flatnonzero(shift)[0])  # below it nothing changes: saves the work for a power of ten
    digits[:, start:] = add(digits[:, start:], np.broadcast_to(shift[start:], (rows, width - start)))[:, :-1]
    return digits


def _mixed_lengths(distribution: MixedLengths, rows: int, rng: np.random.Generator) -> np.ndarray:
    """Numbers of digits (rows,), each as often as its share."""
    ends = np.cumsum(distribution.weights())
    return np.array(distribution.digits)[
        np.searchsorted(ends, rng.integers(0, ends[-1], size=rows), side="right")
    ]


def _of_lengths(
    lengths: np.ndarray, longest: int, leading_zeros: bool, rng: np.random.Generator
) -> np.ndarray:
    """Numbers of these lengths (rows,), with uniform digits (rows, longest); the front digit too may be zero or not."""
    rows = len(lengths)
    digits = uniform_digits(longest, rows, rng)
    digits[np.arange(longest) >= lengths[:, None]] = 0
    if leading_zeros:
        return digits
    front = rng.integers(1, BASE, size=rows, dtype=np.uint8)  # a number of several digits has no leading zero
    long = np.flatnonzero(lengths > 1)
    digits[long, lengths[long] - 1] = front[long]
    return digits
