"""Hashes that tell which pairs are equal."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from carryover.data.hashing import hash_pairs, hash_rows
from carryover.tasks.digit_sum.digits import digits_from, slices


def seen_key(table: pa.Table, commuted: bool = False) -> np.ndarray:
    """Row hashes (N, 2) uint64 of the pairs; where `commuted`, a+b and b+a are the same."""
    parts = [
        pair_hashes(digits_from(part.column("a")), digits_from(part.column("b")), commuted)
        for part in slices(table)
    ]
    return np.concatenate(parts)


def pair_hashes(a: np.ndarray, b: np.ndarray, commuted: bool) -> np.ndarray:
    """Row hashes (N, 2) uint64 of pairs of numbers (N, W); where `commuted`, a+b and b+a are the same."""
    return hash_pairs(hash_rows(a), hash_rows(b), commuted)
