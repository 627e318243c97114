"""How datasets are cut into shards, and what a limit may be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carryover.data import shards
from carryover.planning.runs import dataset_address, read_dataset
from carryover.tasks.datasets import Dataset
from tests.planning.test_bad_input import Mistakes
from tests.tiny import Tiny

BLOCK = 65_536
EXPRESSIONS = {
    "task": "expression",
    "distribution": {
        "kind": "grammar",
        "operators": "+-",
        "operands": [3],
        "numbers": {"smallest": 0, "largest": 99},
    },
}


def digit_sums(**rows: int) -> Dataset:
    distribution = {"kind": "uniform_digits", "digits": 3}
    return read_dataset({"task": "digit_sum", "distribution": distribution, "rows": rows})


@given(train=st.integers(0, 10**9), test=st.integers(1, 10**6), limit=st.integers(10**4, 10**10))
def test_shards_hold_every_row_once_and_end_at_whole_blocks(train: int, test: int, limit: int) -> None:
    found = shards.shards(digit_sums(train=train, test=test), limit)
    assert "validation" not in found
    for split, rows in (("train", train), ("test", test)):
        ranges = found.get(split, [range(rows)])
        assert [one.start for one in ranges] == [0, *(one.stop for one in ranges[:-1])]
        assert ranges[-1].stop == rows
        assert all(one.stop % BLOCK == 0 for one in ranges[:-1])
        assert all(len(one) < limit + BLOCK for one in ranges)
        assert (len(ranges) > 1) == (split in found)
        assert all(len(one) == len(ranges[0]) for one in ranges[:-1])


@pytest.mark.parametrize(
    ("rows", "limit", "stops"),
    [
        (BLOCK, 1, None),
        (BLOCK + 1, 1, [BLOCK, BLOCK + 1]),
        (200_000, 70_000, [2 * BLOCK, 200_000]),
        (2 * BLOCK, 70_000, None),  # the limit is rounded up
        (200_000, 200_000, None),
        (10_000_000, 64 * BLOCK, [64 * BLOCK, 128 * BLOCK, 10_000_000]),
    ],
)
def test_a_split_is_cut_where_it_has_more_rows_than_the_limit(
    rows: int, limit: int, stops: list[int] | None
) -> None:
    found = shards.shards(digit_sums(train=rows), limit)
    assert found == ({} if stops is None else {"train": found["train"]})
    assert stops is None or [one.stop for one in found["train"]] == stops


@given(rows=st.integers(BLOCK + 1, 10**8), limit=st.integers(10**4, 10**8))
def test_the_limit_is_read_off_the_names_of_shards(rows: int, limit: int) -> None:
    dataset = digit_sums(train=rows, test=5)
    found = shards.shards(dataset, limit)
    files = [shards.file_name(split, one) for split, ranges in found.items() for one in ranges]
    assert all(shards.is_shard(Path("results/datasets/x", file)) for file in files)
    read = shards.rows_per_shard(f"results/datasets/x/{file}" for file in files)
    assert shards.shards(dataset, read or rows) == found
    assert (read is None) == (found == {})


def test_a_datasets_own_files_are_no_shards() -> None:
    for name in ("train.parquet", "dataset.json", ".train-0-65536.parquet.12.partial", "mine-0-1.parquet"):
        assert not shards.is_shard(Path(name))


@pytest.mark.parametrize("limit", [0, -65_536, 1.5, True, "many", [65_536]])
def test_a_limit_that_is_no_number_of_rows_is_one_line(tiny: Tiny, mistakes: Mistakes, limit: Any) -> None:
    tiny.files["config/config.yaml"]["shard_rows"] = limit
    found = mistakes().splitlines()
    assert len(found) == 1
    assert "config/config.yaml: shard_rows: " in found[0]


def test_the_limit_is_part_of_no_address(tiny: Tiny) -> None:
    before = tiny.plan()
    tiny.files["config/config.yaml"]["shard_rows"] = 65_536
    assert tiny.plan() == before
    assert all(dataset_address(dataset.settings) == key for key, dataset in before.datasets.items())
