"""Properties by which the accuracy on reviews is broken down. Only evaluation uses them, never training."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pyarrow as pa

from carryover.tasks.sentiment.words import UNKNOWN

LENGTH_EDGES = (0, 64, 128, 192, 256, 384, 512)  # words; the report keeps 256
PERCENT = 5  # width of the strata of unknown words


def strata(table: pa.Table) -> dict[str, np.ndarray]:
    """The strata of each row (N,), as labels.

    label    the correct answer
    words    the number of words before the review is cut, such as `129-192`
    unknown  the percentage of the tokens kept that are `<unk>`, such as `45-50` (45 included, 50 not)
    """
    tokens = table["tokens"].combine_chunks()
    offsets = tokens.offsets.to_numpy() - tokens.offsets[0].as_py()
    unknown = np.concatenate([[0], np.cumsum(tokens.flatten().to_numpy() == UNKNOWN)])
    percent = 100 * np.diff(unknown[offsets]) // np.maximum(np.diff(offsets), 1)
    words = np.array([len(review.split()) for review in table["review"].to_pylist()], dtype=np.int64)
    return {
        "label": np.array(table["label"].to_pylist(), dtype=object),
        "words": _named(np.searchsorted(LENGTH_EDGES, words, side="left"), _length_names()),
        "unknown": _named(percent // PERCENT, _percent_names()),
    }


def _length_names() -> list[str]:
    return ["0", *(f"{low + 1}-{high}" for low, high in pairwise(LENGTH_EDGES)), f"above {LENGTH_EDGES[-1]}"]


def _percent_names() -> list[str]:
    return [*(f"{low}-{low + PERCENT}" for low in range(0, 100, PERCENT)), "100"]


def _named(codes: np.ndarray, names: list[str]) -> np.ndarray:
    return np.array(names, dtype=object)[codes]
