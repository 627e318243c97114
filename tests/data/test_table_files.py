"""Tables on disk: the same bytes for the same content, and no damage is read as if it were content."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from carryover.data.table_files import Damaged, read_table, table_writer, write_table

TABLE = pa.table(
    {
        "run": ["a-1"] * 6,
        "metric": ["loss", "exact_match", "loss", None, "", "ü"],
        "value": [0.1, 0.2, 0.3, None, 0.5, 0.6],
        "seen": [True, False, None, True, True, False],
        "n": pa.array([1, 2, 3, 4, 5, 2**62], pa.int64()),
    }
)


def test_what_is_written_is_read_and_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    one, other = tmp_path / "one.parquet", tmp_path / "folder/other.parquet"
    for path in (one, other):
        write_table(path, TABLE, write_statistics=False)
    assert one.read_bytes() == other.read_bytes()
    assert read_table(one).equals(TABLE)


def test_a_table_may_come_in_parts(tmp_path: Path) -> None:
    with table_writer(tmp_path / "x.parquet", TABLE.schema) as append:
        append(TABLE.slice(0, 2))
        append(TABLE.slice(2))
    assert read_table(tmp_path / "x.parquet").equals(TABLE)


def test_files_of_older_versions_and_other_programs_are_read(tmp_path: Path) -> None:
    pq.write_table(TABLE, tmp_path / "x.parquet")
    assert read_table(tmp_path / "x.parquet").equals(TABLE)


def test_columns_are_chosen_among_those_that_there_are(tmp_path: Path) -> None:
    write_table(tmp_path / "x.parquet", TABLE)
    assert read_table(tmp_path / "x.parquet", ["n", "run", "other"]).equals(TABLE.select(["run", "n"]))


def test_a_missing_file_is_not_a_damaged_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_table(tmp_path / "gone.parquet")


def test_a_flipped_bit_is_noticed_or_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    write_table(path, TABLE, write_statistics=False)
    whole = path.read_bytes()
    noticed = 0
    bits = range(0, 8 * len(whole), 7)  # of every byte some, all positions alike
    for bit in bits:
        content = bytearray(whole)
        content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(content)
        try:
            table = read_table(path)
        except Damaged:
            noticed += 1
            continue
        assert table.equals(TABLE), f"bit {bit % 8} of byte {bit // 8} of {len(whole)}"
    assert noticed > 0.7 * len(bits)


def test_a_truncation_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    write_table(path, TABLE)
    whole = path.read_bytes()
    for size in range(0, len(whole), 5):
        path.write_bytes(whole[:size])
        with pytest.raises(Damaged):
            read_table(path)
