"""A dataset put together from shards is, file for file and byte for byte, the one that is drawn in one go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carryover import tasks
from carryover.data import parquet, shards
from carryover.data.files import read_json
from carryover.errors import UserError
from carryover.planning.runs import read_dataset
from carryover.tasks import generate as making
from carryover.tasks.datasets import Dataset
from carryover.tasks.digit_sum import drawing as of_sums
from carryover.tasks.expression import drawing as of_expressions

BLOCK = 16  # in place of 65,536

SINGLE = {"operators": "+-", "operands": [2, 3], "numbers": {"smallest": 0, "largest": 9}}
DOUBLE = {"operators": "+", "operands": [3], "numbers": {"smallest": 10, "largest": 99}, "share": 3}
KINDS: dict[str, dict[str, Any]] = {
    "digits": {"task": "digit_sum", "distribution": {"kind": "uniform_digits", "digits": 3}},
    # 40 digits at a time: blocks of 3 rows, which shards cut through.
    "long": {"task": "digit_sum", "distribution": {"kind": "uniform_length", "longest": 12}},
    "disjoint": {
        "task": "digit_sum",
        "distribution": {"kind": "uniform_integers", "low": 95, "high": "10^20"},
        "disjoint": True,
    },
    "drawn": {"task": "expression", "distribution": {"kind": "grammar", **SINGLE}},
    "apart": {"task": "expression", "distribution": {"kind": "grammar", **SINGLE}, "disjoint": True},
    "mixture": {
        "task": "expression",
        "distribution": {"kind": "mixture", "components": [SINGLE, DOUBLE]},
        "draw": "without_replacement",
    },
    "whole": {
        "task": "expression",
        "distribution": {"kind": "grammar", **{**SINGLE, "operands": [2]}},
        "draw": "whole",
        "shares": {"train": 0.6, "validation": 0.3, "test": 0.1},
    },
}


@pytest.fixture(autouse=True, scope="module")
def _small_blocks() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "BLOCK_ROWS", BLOCK)
        patch.setattr(parquet, "DIGEST_ROWS", BLOCK)
        patch.setattr(of_sums, "BLOCK_ROWS", BLOCK)
        patch.setattr(of_sums, "BLOCK_DIGITS", 40)
        patch.setattr(of_expressions, "BLOCK", BLOCK)
        yield


def dataset(kind: str, train: int = 100, validation: int = 40, test: int = 5) -> Dataset:
    rows = {"train": train, "validation": validation, "test": test}
    return read_dataset(KINDS[kind] if kind == "whole" else {**KINDS[kind], "rows": rows})


def make_shards(chosen: Dataset, folder: Path, limit: int) -> list[Path]:
    """All shards, the last one first, for their order must not matter."""
    cut = shards.shards(chosen, limit)
    made = [(split, rows) for split, ranges in cut.items() for rows in ranges]
    for split, rows in reversed(made):
        making.generate_shard(chosen, folder, split, rows)
    return [folder / shards.file_name(split, rows) for split, rows in made]


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if not shards.is_shard(file)}


@given(
    kind=st.sampled_from(sorted(KINDS)),
    train=st.integers(1, 130),
    validation=st.integers(1, 60),
    limit=st.integers(1, 150),
)
@settings(max_examples=40)
def test_any_layout_gives_the_same_files(
    tmp_path_factory: pytest.TempPathFactory, kind: str, train: int, validation: int, limit: int
) -> None:
    chosen = dataset(
        kind, train + 3, validation + 3
    )  # of a mixture's shares, each split has at least one cycle
    folder = tmp_path_factory.mktemp("shards")
    making.generate(chosen, folder / "whole")
    make_shards(chosen, folder / "cut", limit)
    making.generate(chosen, folder / "cut", shard_rows=limit)
    assert contents(folder / "cut") == contents(folder / "whole")
    digests = read_json(folder / "cut/dataset.json")["digests"]
    for split, digest in digests.items():
        path = folder / "cut" / f"{split}.parquet"
        assert parquet.content_digest(path) == parquet.digest(path) == digest


@given(kind=st.sampled_from(sorted(KINDS)), start=st.integers(0, 25), count=st.integers(1, 60))
@settings(max_examples=40)
def test_any_rows_can_be_drawn_alone(kind: str, start: int, count: int) -> None:
    chosen = dataset(kind)
    for split in ("train", "validation"):
        end = min(start + count, chosen.split_rows()[split])
        task = tasks.TASKS[chosen.task].data
        whole, part = (
            pa.Table.from_batches(task.batches(chosen, split, rows), schema=task.columns())
            for rows in (None, range(start, end))
        )
        assert part.to_pydict() == whole.slice(start, end - start).to_pydict()


def test_shards_of_another_layout_are_removed_once_the_dataset_is_made(tmp_path: Path) -> None:
    chosen = dataset("digits")
    mine = make_shards(chosen, tmp_path, 48)
    other = [path for path in make_shards(chosen, tmp_path, 32) if path not in mine]
    assert other
    (tmp_path / "notes-1-2.parquet").touch()
    making.generate(chosen, tmp_path, shard_rows=48)
    assert [path.exists() for path in mine] == [True] * 3  # the workflow removes these
    assert not any(path.exists() for path in other)
    assert (tmp_path / "notes-1-2.parquet").exists()
    making.generate(chosen, tmp_path)
    assert not any(path.exists() for path in mine)


# --- what can be wrong with a shard ---


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def another_seed(path: Path) -> None:
    other = read_dataset({**KINDS["digits"], "seed": 1, "rows": {"train": 100}})
    making.generate_shard(other, path.parent, "train", range(48, 96))


def another_split(path: Path) -> None:
    making.generate_shard(dataset("digits", validation=100), path.parent, "validation", range(48, 96))
    (path.parent / "validation-48-96.parquet").rename(path)


def other_rows(path: Path) -> None:
    making.generate_shard(dataset("digits"), path.parent, "train", range(32, 80))
    (path.parent / "train-32-80.parquet").rename(path)


def rewritten(path: Path, table: pa.Table) -> None:
    metadata = pq.read_metadata(path).metadata
    with pq.ParquetWriter(path, table.schema, store_schema=False) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata(
            {key: value for key, value in metadata.items() if key != b"ARROW:schema"}
        )


def fewer_rows(path: Path) -> None:
    rewritten(path, parquet.read_split(path).slice(1))


def another_sum(path: Path) -> None:
    table = parquet.read_split(path)
    sums = ["7", *table["sum"].to_pylist()[1:]]
    rewritten(path, table.set_column(3, table.schema.field("sum"), pa.array(sums)))


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (Path.unlink, "no such shard; make it with generate-shard"),
        (truncate, "not a readable Parquet file"),
        (lambda path: path.write_bytes(b""), "not a readable Parquet file"),
        (another_seed, "not rows 48-96 of train of this dataset"),
        (another_split, "not rows 48-96 of train of this dataset"),
        (other_rows, "not rows 48-96 of train of this dataset"),
        (fewer_rows, "not rows 48-96 of train of this dataset"),
        (another_sum, "damaged"),
    ],
)
def test_a_wrong_shard_is_one_line_that_names_it(tmp_path: Path, damage: Any, says: str) -> None:
    chosen = dataset("digits")
    path = make_shards(chosen, tmp_path, 48)[1]
    damage(path)
    with pytest.raises(UserError, match=says) as caught:
        making.generate(chosen, tmp_path, shard_rows=48)
    assert str(caught.value).startswith(f"{path}: ")
    assert len(str(caught.value).splitlines()) == 1
    assert contents(tmp_path) == {}


def test_rows_that_a_split_does_not_have(tmp_path: Path) -> None:
    for rows in (range(90, 110), range(-5, 10), range(50, 50), range(60, 50)):
        with pytest.raises(UserError, match="train has rows 0-100"):
            making.generate_shard(dataset("digits"), tmp_path, "train", rows)
    reviews = read_dataset({"task": "sentiment"})
    with pytest.raises(UserError, match="made in one go"):
        making.generate_shard(reviews, tmp_path, "train", range(10))
    assert not list(tmp_path.iterdir())
