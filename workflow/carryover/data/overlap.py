"""Which rows of one split occur in another."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np


def distinct(hashes: Iterable[np.ndarray]) -> np.ndarray:
    """The distinct rows of batches of row hashes (each (N, 2) uint64), sorted.

    Needs memory for the result and one batch.
    """
    known = np.empty((0, 2), dtype=np.uint64)
    waiting: list[np.ndarray] = []
    for batch in hashes:
        waiting.append(batch)
        if sum(map(len, waiting)) > len(known):  # merging at doubled sizes: time in proportion to the rows
            known, waiting = _unique([known, *waiting]), []
    return _unique([known, *waiting])


def contained(hashes: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Which of the row hashes (N, 2) are among `known`, as `distinct` gives them: booleans (N,)."""
    index = np.searchsorted(known[:, 0], hashes[:, 0], side="left")
    last = np.searchsorted(known[:, 0], hashes[:, 0], side="right")
    is_known = np.zeros(len(hashes), dtype=bool)
    while (open_ := (index < last) & ~is_known).any():  # several known rows may share their first word
        is_known[open_] = known[index[open_], 1] == hashes[open_, 1]
        index += 1
    return is_known


def _unique(parts: list[np.ndarray]) -> np.ndarray:
    rows = np.concatenate(parts)
    rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
    new = np.ones(len(rows), dtype=bool)
    new[1:] = (rows[1:] != rows[:-1]).any(axis=1)
    return rows[new]
