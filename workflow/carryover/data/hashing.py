"""Wide hashes of rows, and what they decide: which rows are the same, and on which side of a split a row belongs."""

from __future__ import annotations

import hashlib
from functools import lru_cache

import numpy as np

from carryover.config.address import canonical_json
from carryover.data.permutation import mix
from carryover.data.streams import Key, stream

WORDS = 2  # 64-bit words of a row's hash: of a million rows, two different ones agree with probability below 2⁻⁸⁰

# Of splits that are declared disjoint, each draws from its own part of the space, in tenths.
SIDES = {"train": (0, 8), "validation": (8, 9), "test": (9, 10)}

_COLUMNS_AT_ONCE = 256


def hash_rows(matrix: np.ndarray) -> np.ndarray:
    """The (N, 2) uint64 hashes of the rows of an (N, W) matrix of whole numbers from 0.

    Zeros at the end of a row do not count, so rows of matrices of different widths can be compared. Each word is the
    sum of the row's entries times random odd numbers, mixed.
    """
    total = np.zeros((len(matrix), WORDS), dtype=np.uint64)
    weights = _weights(-(-matrix.shape[1] // _COLUMNS_AT_ONCE))
    for start in range(0, matrix.shape[1], _COLUMNS_AT_ONCE):  # bounds the memory: 8 bytes an entry
        part = matrix[:, start : start + _COLUMNS_AT_ONCE].astype(np.uint64)
        total += part @ weights[start : start + part.shape[1]]
    return mix(total)


def hash_pairs(first: np.ndarray, second: np.ndarray, commuted: bool) -> np.ndarray:
    """Row hashes (N, 2) of pairs of things with these row hashes; where `commuted`, (x, y) and (y, x) are the same."""
    return mix(first + second) if commuted else mix(first + mix(second + np.uint64(1)))


def on_side(hashes: np.ndarray, split: str, key: Key) -> np.ndarray:
    """Which rows belong to `split` (booleans (N,)) where `key` parts all possible rows among the splits as SIDES says.

    `hashes` are row hashes (N, 2).
    """
    digest = hashlib.sha256(canonical_json(["sides", *key]).encode()).digest()
    tenth = mix(hashes[:, 0] ^ np.uint64(int.from_bytes(digest[:8], "little"))) % np.uint64(10)
    low, high = SIDES[split]
    return (tenth >= np.uint64(low)) & (tenth < np.uint64(high))


@lru_cache(maxsize=2)
def _weights(parts: int) -> np.ndarray:
    """Random odd numbers (columns, words), the same for a column however many there are."""
    rng = stream(("hash_rows",))
    return rng.integers(0, 2**64, size=(parts * _COLUMNS_AT_ONCE, WORDS), dtype=np.uint64) | np.uint64(1)
