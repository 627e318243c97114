"""Reviews as people ask them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from carryover.data import parquet
from carryover.errors import UserError
from carryover.tasks.sentiment import data as sentiment
from tests.tasks.sentiment.datasets import made, read, run_of


def test_a_persons_review_is_read_like_a_stored_one(tmp_path: Path):
    dataset, folder = made(tmp_path)
    run = run_of(dataset)
    stored = parquet.read_split(folder / "test.parquet")
    review = stored["review"][3].as_py()
    asked = sentiment.parse(review, run)
    one, all_ = sentiment.encode(asked, run, folder), sentiment.encode(stored, run, folder)
    length = int(all_.lengths[3])
    assert one.inputs[0].tolist() == all_.inputs[3, :length].tolist()
    assert one.targets.tolist() == [[-1]]  # nobody said what is right
    assert sentiment.question(asked) == [review]
    assert sentiment.answer(asked) == [""]
    assert sentiment.decode(np.array([[1]]), asked, run) == ["positive"]


@pytest.mark.parametrize("asked", ["", " \n\t", "x" * 100_001, "great \udcff film"])
def test_what_is_no_review(asked: str):
    with pytest.raises(UserError, match="ask: the review"):
        sentiment.parse(asked, run_of(read()))
