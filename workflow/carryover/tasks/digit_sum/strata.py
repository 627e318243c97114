"""Properties that make a sum harder or easier. Only evaluation uses them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pyarrow as pa

from carryover.tasks.digit_sum.digits import BASE, digits_from, slices

# Counts up to the first edge are strata of their own; above, each stratum reaches up to and including an edge.
EDGES = (20, *(leading * 10**zeros for zeros in range(1, 6) for leading in (5, 10, 20)), 10**7)


def strata(table: pa.Table) -> dict[str, np.ndarray]:
    """The strata of each row (N,), as labels such as `7` or `21-50`.

    `digits`: the number of digits of the longer operand. `carries`: how many positions pass a 1 on to the next.
    `longest_carry`: the most positions that one carry passes. A carry begins where two digits add up to 10 or more, and
    continues while the next two add up to exactly 9. So 999+1 has 3 carries in one chain of 3; 55+55 has 2 carries in
    two chains. `operands`: the digits of both operands, the longer first, such as `3+1`. Operands of fewer digits are
    seen more often, also beside a long one.
    """
    parts = [_counts(part) for part in slices(table)]
    by = {name: labels(np.concatenate([part[name] for part in parts])) for name in parts[0]}
    by["operands"] = np.char.add(np.char.add(by["digits"], "+"), by.pop("shorter"))
    return by


def _counts(table: pa.Table) -> dict[str, np.ndarray]:
    a, b = digits_from(table.column("a")), digits_from(table.column("b"))
    carries = np.zeros(len(a), dtype=np.int32)
    # How many positions the carry into this position has passed; 0 without a carry.
    chain = np.zeros(len(a), dtype=np.int32)
    longest = np.zeros(len(a), dtype=np.int32)
    for both in _position_sums(a, b):
        chain = np.where(both >= BASE, 1, np.where((both == BASE - 1) & (chain > 0), chain + 1, 0))
        carries += chain > 0
        np.maximum(longest, chain, out=longest)
    both_lengths = _lengths(a), _lengths(b)
    return {
        "digits": np.maximum(*both_lengths),
        "carries": carries,
        "longest_carry": longest,
        "shorter": np.minimum(*both_lengths),
    }


def _position_sums(a: np.ndarray, b: np.ndarray) -> Iterator[np.ndarray]:
    """The sum of both digits (N,) at each position from the lowest; a shorter operand has zeros above."""
    for position in range(max(a.shape[1], b.shape[1])):
        yield sum(
            (x[:, position] for x in (a, b) if position < x.shape[1]), start=np.zeros(len(a), dtype=np.uint8)
        )


def _lengths(digits: np.ndarray) -> np.ndarray:
    """The number of digits (N,) of each number; 0 has one."""
    if digits.shape[1] == 0:
        return np.zeros(len(digits), dtype=np.int32)
    zeros_above = (digits[:, ::-1] != 0).argmax(axis=1)
    zeros_above[~digits.any(axis=1)] = digits.shape[1] - 1
    return (digits.shape[1] - zeros_above).astype(np.int32)


def labels(counts: np.ndarray) -> np.ndarray:
    """Counts (N,) from 0 to ten million as the names of a few dozen strata at most."""
    names = [str(count) for count in range(EDGES[0] + 1)]
    names += [f"{low + 1}-{high}" for low, high in pairwise(EDGES)]
    binned = EDGES[0] + np.searchsorted(EDGES, counts, side="left")
    return np.array(names)[np.where(counts <= EDGES[0], counts, binned)]
