"""Hashes of rows of 128 bits. They decide which rows are equal, and which split a row belongs to."""

from __future__ import annotations

import hashlib
from functools import lru_cache

import numpy as np

from carryover.data.permutation import mix
from carryover.data.streams import Key, stream
from carryover.settings.canonical import canonical_json
from carryover.settings.rows import SIDES

# 64-bit words of a row's hash: among a million rows, two different ones agree with probability below 2⁻⁶⁰.
WORDS = 2

_WEIGHTS_AT_ONCE = 1024
_COLUMNS_IN_CACHE = 65_536


def hash_rows(matrix: np.ndarray) -> np.ndarray:
    """The (N, 2) uint64 hashes of the rows of an (N, W) uint8 matrix.

    Zeros at the end of a row do not count, so rows of matrices of different widths can be compared. Each word is the
    sum of the row's entries, taken two by two as 16 bits, times random odd numbers, and then mixed.
    """
    columns = -(-matrix.shape[1] // 2)
    weights = _weights(-(-columns // _WEIGHTS_AT_ONCE) * _WEIGHTS_AT_ONCE)[:columns]
    hashes = np.empty((len(matrix), WORDS), dtype=np.uint64)
    rows = max(_COLUMNS_IN_CACHE // max(columns, 1), 1)
    for start in range(0, len(matrix), rows):
        part = matrix[start : start + rows]
        even = np.zeros((len(part), 2 * columns), dtype=np.uint8)
        even[:, : part.shape[1]] = part
        hashes[start : start + rows] = even.view("<u2").astype(np.uint64) @ weights
    return mix(hashes)


def hash_pairs(first: np.ndarray, second: np.ndarray, commuted: bool) -> np.ndarray:
    """Row hashes (N, 2) of pairs of things with these row hashes; where `commuted`, (x, y) and (y, x) are the same."""
    return mix(first + second) if commuted else mix(first + mix(second + np.uint64(1)))


def on_side(hashes: np.ndarray, split: str, key: Key) -> np.ndarray:
    """Which rows belong to `split`: booleans (N,). `key` divides all possible rows among the splits, as SIDES says.

    `hashes` are row hashes (N, 2).
    """
    digest = hashlib.sha256(canonical_json(["sides", *key]).encode()).digest()
    tenth = mix(hashes[:, 0] ^ np.uint64(int.from_bytes(digest[:8], "little"))) % np.uint64(10)
    low, high = SIDES[split]
    return (tenth >= np.uint64(low)) & (tenth < np.uint64(high))


@lru_cache(maxsize=2)
def _weights(columns: int) -> np.ndarray:
    """Random odd numbers (columns, words), the same for a column however many there are."""
    rng = stream(("hash_rows",))
    return rng.integers(0, 2**64, size=(columns, WORDS), dtype=np.uint64) | np.uint64(1)
