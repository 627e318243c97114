from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carryover.data import parquet
from carryover.data.dataset import check_split
from carryover.data.parquet import (
    Digest,
    combined,
    content_digest,
    iterate_split,
    read_split,
    row_count,
    write_split,
)
from carryover.errors import UserError

SCHEMA = pa.schema(
    [
        ("index", pa.int64()),
        ("text", pa.string()),
        ("tokens", pa.list_(pa.int32())),
        ("right", pa.bool_()),
        ("loss", pa.float32()),
    ]
)


def rows(count: int) -> pa.Table:
    numbers = range(count)
    columns = [
        list(numbers),
        [str(number**3) for number in numbers],
        [list(range(number % 4)) for number in numbers],
        [number % 3 == 0 for number in numbers],
        [number / 7 for number in numbers],
    ]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
    return pa.table(arrays, schema=SCHEMA)


def cut(table: pa.Table, cuts: list[int]) -> Iterator[pa.RecordBatch]:
    edges = sorted({0, table.num_rows, *(cut for cut in cuts if cut < table.num_rows)})
    for start, stop in pairwise(edges):
        yield from table.slice(start, stop - start).combine_chunks().to_batches()


def digest_of(table: pa.Table, cuts: list[int] | None = None) -> str:
    found = Digest(table.schema)
    for batch in cut(table, cuts or []):
        found.update(batch)
    return found.hexdigest()


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "DIGEST_ROWS", 16)


@given(cuts=st.lists(st.integers(0, 100), max_size=12))
def test_the_digest_does_not_depend_on_batches(cuts: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet, "DIGEST_ROWS", 16)
        assert digest_of(rows(100), cuts) == digest_of(rows(100))


def test_the_digest_of_shards_is_that_of_the_whole(small_blocks: None) -> None:
    table, blocks = rows(100), []
    for start, stop in ((0, 32), (32, 48), (48, 100)):  # all but the last hold whole blocks
        shard = Digest(table.schema)
        for batch in cut(table.slice(start, stop - start), [5, 17]):
            shard.update(batch)
        shard.hexdigest()
        blocks += shard.blocks
    assert combined(table.schema, 100, blocks) == digest_of(table)


def test_any_difference_in_content_changes_the_digest() -> None:
    table = rows(20)
    others = [table, rows(19), rows(21), table.rename_columns(["index", "words", "tokens", "right", "loss"])]
    for position, field in enumerate(SCHEMA):
        values = table.column(position).to_pylist()
        values[3], values[4] = values[4], values[3]
        others.append(table.set_column(position, field, pa.array(values, field.type)))
    others.append(table.set_column(0, "index", table["index"].cast(pa.int32())))
    digests = [digest_of(other) for other in others]
    assert len(set(digests)) == len(digests)


def test_text_and_lists_that_run_together_are_told_apart() -> None:
    for kind, values in (
        (pa.string(), [["ab", "c"], ["a", "bc"], ["abc", ""], ["", "abc"]]),
        (pa.list_(pa.int32()), [[[1, 2], [3]], [[1], [2, 3]], [[1, 2, 3], []]]),
    ):
        digests = {digest_of(pa.table([pa.array(column, kind)], names=["x"])) for column in values}
        assert len(digests) == len(values)


def test_the_digest_is_frozen() -> None:
    """A change here changes the digest of every dataset there is: it needs a new format."""
    assert digest_of(rows(3)) == "d683cb0ce9516cd922c54a73e5cb4b8fafbc9beda81be5b4c424371a07cdbe6c"


def test_a_null_is_refused() -> None:
    with pytest.raises(ValueError, match="null"):
        digest_of(pa.table({"x": pa.array(["a", None])}))


@settings(max_examples=20)
@given(cuts=st.lists(st.integers(1, 99), max_size=6), start=st.integers(0, 110), count=st.integers(0, 110))
def test_any_rows_are_read_from_any_layout(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], start: int, count: int
) -> None:
    path, table = tmp_path_factory.mktemp("split") / "split.parquet", rows(100)
    written = write_split(path, SCHEMA, cut(table, cuts), {"seed": "3"})
    assert written == digest_of(table) == parquet.digest(path) == content_digest(path)
    assert row_count(path) == 100
    assert parquet.metadata(path) == {"seed": "3", "digest": written}
    part = read_split(path, ["text", "index"], range(start, start + count))
    assert part.to_pydict() == table.select(["text", "index"]).slice(start, count).to_pydict()
    assert sum(piece.num_rows for piece in iterate_split(path)) == 100
    assert read_split(path).to_pydict() == table.to_pydict()


@pytest.mark.parametrize(
    "layout", [{"compression": "none"}, {"row_group_size": 7}, {"use_dictionary": True, "version": "1.0"}]
)
def test_the_digest_does_not_depend_on_how_the_file_is_written(tmp_path: Path, layout: dict) -> None:
    pq.write_table(rows(100), tmp_path / "other.parquet", **layout)
    assert content_digest(tmp_path / "other.parquet") == digest_of(rows(100))


def test_dictionaries_and_large_strings_are_text() -> None:
    text = pa.array(["x", "yy", "x"])
    plain = digest_of(pa.table({"t": text}))
    assert digest_of(pa.table({"t": text.dictionary_encode()})) == plain
    assert digest_of(pa.table({"t": text.cast(pa.large_string())})) == plain


def test_a_split_without_rows_is_a_file_with_columns(tmp_path: Path) -> None:
    path = tmp_path / "empty.parquet"
    write_split(path, SCHEMA, [])
    table = read_split(path, ["text"])
    assert table.num_rows == 0
    assert table.column_names == ["text"]
    assert content_digest(path) == parquet.digest(path)


def test_a_failed_draw_leaves_nothing(tmp_path: Path) -> None:
    def failing() -> Iterator[pa.RecordBatch]:
        yield from rows(5).to_batches()
        raise UserError("no more")

    with pytest.raises(UserError):
        write_split(tmp_path / "split.parquet", SCHEMA, failing())
    assert not list(tmp_path.iterdir())


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"gone\.parquet: no such file"):
        read_split(tmp_path / "gone.parquet")
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 but no more")
    with pytest.raises(UserError, match=r"bad\.parquet: not a readable Parquet file"):
        row_count(tmp_path / "bad.parquet")
    pq.write_table(rows(3), tmp_path / "foreign.parquet")
    with pytest.raises(UserError, match=r"foreign\.parquet: has no content digest"):
        parquet.digest(tmp_path / "foreign.parquet")


def test_damage_inside_a_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "split.parquet"
    write_split(path, SCHEMA, rows(20_000).to_batches())
    data = bytearray(path.read_bytes())
    data[100:20_000] = np.random.default_rng(0).bytes(19_900)
    path.write_bytes(data)
    with pytest.raises(UserError, match=r"split\.parquet: damaged"):
        read_split(path)


def test_a_flipped_bit_in_a_split_is_noticed_or_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "test.parquet"
    digest = write_split(path, SCHEMA, rows(40).to_batches())
    about = {
        "task": "x",
        "settings": {},
        "rows": {"test": 40},
        "digests": {"test": digest},
        "digest": "0" * 64,
    }
    (tmp_path / "dataset.json").write_text(json.dumps(about))
    check_split(path)
    whole, table = path.read_bytes(), read_split(path)
    noticed = 0
    bits = range(0, 8 * len(whole), 11)
    for bit in bits:
        content = bytearray(whole)
        content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(content)
        try:
            check_split(path)
        except UserError as error:
            noticed += 1
            assert "the job generate makes it" in str(error) or "no such file" in str(error)  # noqa: PT017
        else:
            assert read_split(path).equals(table), f"bit {bit % 8} of byte {bit // 8} of {len(whole)}"
    assert noticed > 0.7 * len(bits)


def test_a_split_of_another_dataset_is_noticed(tmp_path: Path) -> None:
    write_split(tmp_path / "test.parquet", SCHEMA, rows(40).to_batches())
    about = {"task": "x", "settings": {}, "rows": {}, "digests": {"test": "1" * 64}, "digest": "0" * 64}
    (tmp_path / "dataset.json").write_text(json.dumps(about))
    with pytest.raises(UserError, match=r"rows are not those that dataset\.json names"):
        check_split(tmp_path / "test.parquet")
    (tmp_path / "dataset.json").write_text(json.dumps(about | {"digests": {}}))
    with pytest.raises(UserError, match=r"dataset\.json: has no digest of test"):
        check_split(tmp_path / "test.parquet")
