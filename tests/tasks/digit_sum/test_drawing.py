"""Drawn sums against Python's own whole numbers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from carryover.data import parquet
from carryover.data.files import read_json
from carryover.errors import UserError
from carryover.tasks import generate as making
from carryover.tasks.digit_sum import drawing
from carryover.tasks.digit_sum.settings import DigitSumDataset
from carryover.tasks.digit_sum.sources import with_file_digest
from tests.tasks.digit_sum.sums import DISTRIBUTIONS, assert_uniform, dataset, drawn, pairs, values_of

# The first rows of two datasets, as NumPy 2.4 draws them.
GOLDEN = {
    "digits": [(72087123613, 13771061113), (43431102462, 81344389368)],
    "large": [
        (2802676489824287514118372109359, 2718806156134451992162725203807),
        (1365171939466983562310659154302, 2354121833475002153466251744552),
    ],
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_rows_hold_sums_in_canonical_form(name: str, small_blocks: None) -> None:
    table = drawn(dataset(name))
    assert table["index"].to_pylist() == list(range(200))
    assert table["sum"].to_pylist() == [str(a + b) for a, b in pairs(table)]
    for column in ("a", "b", "sum"):
        assert all(text == str(int(text)) for text in table[column].to_pylist())


@pytest.mark.parametrize("name", ["integers", "shifted", "large"])
def test_integers_lie_in_their_range(name: str) -> None:
    chosen = dataset(name)
    low, high = chosen.distribution.bounds()  # type: ignore[union-attr]
    assert all(low <= value < high for pair in pairs(drawn(chosen)) for value in pair)


def test_operands_are_independent() -> None:
    a, b = drawing.draw_block(dataset({"kind": "uniform_integers", "high": 10}), "train", 0)
    assert_uniform(Counter(zip(a[:, 0].tolist(), b[:, 0].tolist(), strict=True)), 100)


def test_the_handout_is_two_datasets() -> None:
    below = dataset({"kind": "uniform_integers", "high": 555_555_555}, rows={"train": 5_000})
    above = dataset("shifted", rows={"test": 2_000})
    ten_digits = [a + b >= 10**9 for a, b in pairs(drawn(below))]
    assert 0.01 < np.mean(ten_digits) < 0.03  # 2.0% by the report's account
    assert all(a + b >= 10**9 for a, b in pairs(drawn(above, "test")))


@pytest.mark.parametrize("disjoint", [False, True])
@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_the_first_rows_of_a_larger_draw_are_the_smaller_draw(
    name: str, disjoint: bool, small_blocks: None
) -> None:
    small = drawn(dataset(name, disjoint=disjoint, rows={"train": 150, "test": 1}))
    large = drawn(dataset(name, disjoint=disjoint, rows={"train": 700, "validation": 9}))
    assert large.slice(0, 150).equals(small)


@pytest.mark.parametrize("disjoint", [False, True])
def test_any_rows_can_be_drawn_alone(disjoint: bool, small_blocks: None) -> None:
    chosen = dataset("lengths", disjoint=disjoint, rows={"train": 700})
    for rows in (range(0, 64), range(64, 128), range(100, 500), range(699, 700), range(0, 0)):
        part = drawn(chosen, rows=rows)
        assert part.combine_chunks().equals(drawn(chosen).slice(rows.start, len(rows)).combine_chunks())


def test_a_block_can_be_drawn_alone(small_blocks: None) -> None:
    chosen = dataset("digits", rows={"train": 400})
    a, b = drawing.draw_block(chosen, "train", 3)
    expected = pairs(drawn(chosen).slice(3 * 64, 64))
    assert list(zip(values_of(a), values_of(b), strict=True)) == expected


def test_splits_seeds_and_distributions_have_streams_of_their_own() -> None:
    first = dataset("digits")
    others = [
        drawn(first),
        drawn(first, "validation"),
        drawn(first, "test"),
        drawn(dataset("digits", seed=1)),
        drawn(dataset({"kind": "uniform_integers", "high": "10^11"})),
    ]
    firsts = [tuple(pairs(table)[:5]) for table in others]
    assert len(set(firsts)) == len(firsts)


def test_blocks_shrink_as_numbers_grow() -> None:
    for digits in (1, 11, 100, 5_000, 100_000):
        rows = drawing.block_rows(dataset({"kind": "uniform_digits", "digits": digits}).distribution)
        assert 1 <= rows <= drawing.BLOCK_ROWS
        assert rows == 1 or rows * digits <= drawing.BLOCK_DIGITS


def test_streams_are_those_of_the_pinned_numpy() -> None:
    """A change here changes every dataset there is: it needs a new format, and new reference results."""
    assert pairs(drawn(dataset("digits")))[:2] == GOLDEN["digits"]
    assert pairs(drawn(dataset("large", disjoint=True), "test"))[:2] == GOLDEN["large"]


def test_disjoint_splits_share_no_unordered_pair() -> None:
    chosen = dataset(
        {"kind": "uniform_integers", "high": 60},
        disjoint=True,
        rows={"train": 20_000, "validation": 3_000, "test": 3_000},
    )
    seen = {split: {frozenset(pair) for pair in pairs(drawn(chosen, split))} for split in chosen.split_rows()}
    assert not seen["train"] & seen["validation"]
    assert not seen["train"] & seen["test"]
    assert not seen["validation"] & seen["test"]
    everything = 60 * 61 // 2
    assert len(seen["train"] | seen["validation"] | seen["test"]) > 0.99 * everything
    assert 0.75 < len(seen["train"]) / everything < 0.85
    assert 0.07 < len(seen["test"]) / everything < 0.13


def test_disjoint_sides_depend_on_the_seed() -> None:
    small = {"kind": "uniform_integers", "high": 30}
    tables = [drawn(dataset(small, disjoint=True, seed=seed), "test") for seed in (0, 1)]
    sides = [{frozenset(pair) for pair in pairs(table)} for table in tables]
    assert sides[0] != sides[1]


def test_a_dataset_is_three_splits_and_a_summary(tmp_path: Path) -> None:
    chosen = dataset("digits", rows={"train": 10, "test": 3})
    making.generate(chosen, tmp_path / "new" / "folder")
    folder = tmp_path / "new" / "folder"
    assert sorted(file.name for file in folder.iterdir()) == [
        "dataset.json", "test.parquet", "train.parquet", "validation.parquet",
    ]  # fmt: skip
    summary = read_json(folder / "dataset.json")
    assert summary["rows"] == {"train": 10, "validation": 0, "test": 3}
    assert DigitSumDataset.read(summary["settings"]) == chosen
    for split, digest in summary["digests"].items():
        path = folder / f"{split}.parquet"
        assert parquet.digest(path) == parquet.content_digest(path) == digest
        assert parquet.metadata(path)["distribution"] == '{"digits":11,"kind":"uniform_digits"}'
        assert pq.read_schema(path).metadata[b"seed"] == b"0"
    assert parquet.read_split(folder / "train.parquet").equals(drawn(chosen).combine_chunks())


def test_the_same_settings_give_the_same_files(tmp_path: Path, small_blocks: None) -> None:
    for name in ("one", "two"):
        making.generate(dataset("lengths", disjoint=True), tmp_path / name)
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()


def own_pairs(path: Path, **changes: Any) -> DigitSumDataset:
    return with_file_digest(dataset({"kind": "pairs_file", "path": str(path)}, **changes))


def test_every_pair_of_a_file_is_in_one_split(tmp_path: Path, small_blocks: None) -> None:
    known = [(number, 10**number) for number in range(300)]
    path = tmp_path / "pairs.csv"
    path.write_text("b,a\n" + "".join(f"{b},{a}\n" for a, b in known))
    chosen = own_pairs(path, rows={"train": 180, "validation": 50, "test": 70})
    assert chosen.longest_sum() == 301
    found = [pair for split in chosen.split_rows() for pair in pairs(drawn(chosen, split))]
    assert sorted(found) == known
    assert found != known
    smaller = own_pairs(path, rows={"train": 100, "validation": 1, "test": 70})
    assert drawn(smaller).equals(drawn(chosen).slice(0, 100))
    assert drawn(smaller, "test").equals(drawn(chosen, "test"))
    assert not drawn(own_pairs(path, rows={"train": 100}, seed=1)).equals(drawn(smaller))


def test_a_file_that_changed_since_the_plan_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text("a,b\n1,2\n")
    chosen = own_pairs(path, rows={"train": 1})
    path.write_text("a,b\n1,3\n")
    with pytest.raises(UserError, match="not the one that was planned"):
        drawn(chosen)
