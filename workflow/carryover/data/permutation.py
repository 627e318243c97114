"""A keyed permutation of range(n). Any element can be computed alone, in constant memory.

A Feistel network over the smallest rectangle a × b that holds n, which walks on from the few values outside range(n)
(format-preserving encryption as in Black and Rogaway, "Ciphers with arbitrary finite domains", 2002). It is for
shuffling, not for secrets.
"""

from __future__ import annotations

import hashlib
import math

import numpy as np

from carryover.settings.canonical import canonical_json

ROUNDS = 10
Key = tuple[str | int, ...]


def permuted(positions: np.ndarray, n: int, key: Key) -> np.ndarray:
    """The images of `positions` (integers in [0, n), any shape) under the permutation of range(n) that `key` names.

    Returns int64 of the same shape. Raises ValueError if a position lies outside range(n).
    """
    positions = np.asarray(positions)
    if positions.size and (int(positions.min()) < 0 or int(positions.max()) >= n):
        raise ValueError(f"positions to permute must lie in [0, {n})")
    height = math.isqrt(max(n - 1, 0)) + 1
    width = -(-n // height) if n else 1
    round_keys = [np.uint64(_round_key(key, n, number)) for number in range(ROUNDS)]
    result = _rounds(positions.astype(np.uint64), height, width, round_keys)
    outside = result >= np.uint64(n)
    while outside.any():  # the rectangle is larger than n by less than one column, so this is rare and ends
        result[outside] = _rounds(result[outside], height, width, round_keys)
        outside = result >= np.uint64(n)
    return result.astype(np.int64)


def mix(values: np.ndarray) -> np.ndarray:
    """A bijection of uint64 that spreads every input bit over all output bits (the finaliser of SplitMix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _round_key(key: Key, n: int, number: int) -> int:
    digest = hashlib.sha256(canonical_json(["permutation", *key, n, number]).encode()).digest()
    return int.from_bytes(digest[:8], "little")


def _rounds(values: np.ndarray, height: int, width: int, round_keys: list[np.uint64]) -> np.ndarray:
    columns, rows = np.uint64(width), np.uint64(height)
    row, column = values // columns, values % columns
    for number, round_key in enumerate(round_keys):
        if number % 2 == 0:
            row = _shifted(row, column + round_key, rows)
        else:
            column = _shifted(column, row + round_key, columns)
    return row * columns + column


def _shifted(part: np.ndarray, seed: np.ndarray, size: np.uint64) -> np.ndarray:
    """`part` plus a hash of `seed`, modulo `size` (below 2³²)."""
    high = mix(seed) >> np.uint64(32)
    moved = part + ((high * size) >> np.uint64(32))
    return np.where(moved >= size, moved - size, moved)
