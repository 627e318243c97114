"""Which reviews are the same."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from carryover.tasks.sentiment import data as sentiment
from tests.tasks.sentiment.datasets import read


def test_seen_keys_are_equal_for_equal_reviews_only():
    texts = ["a b", "a b ", "a  b", "b a", "a b", "A b"]
    table = pa.table([list(range(6)), texts, ["positive"] * 6, [[1]] * 6], schema=sentiment.columns())
    keys = sentiment.seen_key(table)
    assert keys.shape == (6, 2)
    assert keys.dtype == np.uint64
    assert [[text == other for other in texts] for text in texts] == (keys[:, None] == keys[None]).all(
        axis=2
    ).tolist()
    assert (sentiment.seen_key(table, commuted=True) == keys).all()
    assert read().space() is None
