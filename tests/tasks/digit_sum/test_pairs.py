"""Files of pairs as other people have them: equations, columns of sums, wide integers, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carryover.errors import UserError
from carryover.tasks.digit_sum import pairs_parquet, pairs_tables
from carryover.tasks.digit_sum.pairs import read_pairs


def read(path: Path, content: str | bytes) -> list[tuple[str, str]]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(zip(*read_pairs(path).to_pydict().values(), strict=True))


def refused(path: Path, content: str | bytes) -> str:
    with pytest.raises(UserError) as caught:
        read(path, content)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(path))
    return str(caught.value)


# --- equations ---


@pytest.mark.parametrize("ending", ["p.txt", "p.tsv", "p.csv"])
@pytest.mark.parametrize(
    "lines",
    [
        "12+7=19\n3+900=903\n",
        "$12+7=\n$3+900=\n",
        "$12+7=19$\n\n$3+900=903$\n",
        "12 + 7 = 19\r\n3 + 900 = 903\r\n",
        "1 2 + 7\t1 9\n3 + 9 0 0\t9 0 3\n",
        "12+7\n003+900\n",
        "\ufeff12+7=19\n3+900=\n",
    ],
)
def test_lines_that_are_equations(tmp_path: Path, ending: str, lines: str):
    assert read(tmp_path / ending, lines) == [("12", "7"), ("3", "900")]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("1+2=3\n4*5=20\n", "line 2: '4*5=20' is no line such as 12+7=19"),
        ("1+2=3\n4+-5=1\n", "line 2"),
        ("1+2=3\n12 3+5=128\n", "line 2"),
        ("1+2=3\n4+5=8\n", "column sum, row 2: holds 8, but 4 + 5 is 9; mend the row"),
        (b"1+2=3\n4+\xff=8\n", "not UTF-8"),
    ],
)
def test_wrong_equations(tmp_path: Path, lines: str | bytes, words: str):
    assert words in refused(tmp_path / "p.txt", lines)


def test_columns_of_a_file_with_tabs(tmp_path: Path):
    assert read(tmp_path / "p.tsv", "a\tnote\tb\n1\tx,y\t2\n") == [("1", "2")]
    assert read(tmp_path / "p.txt", "a\tb\n1\t2\n") == [("1", "2")]
    assert read(tmp_path / "p.txt", "a,b\n1,2\n") == [("1", "2")]


# --- a column of sums ---


@pytest.mark.parametrize("name", ["sum", "answer", "result", "total", "c"])
def test_sums_that_agree_are_read(tmp_path: Path, name: str):
    big = "9" * 5_000
    content = f"a,b,{name}\n{big},1,1{'0' * 5_000}\n2,3,005\n"
    assert read(tmp_path / "p.csv", content) == [(big, "1"), ("2", "3")]


def test_a_column_that_holds_no_numbers_is_no_sum(tmp_path: Path):
    assert read(tmp_path / "p.csv", "a,b,c\n1,2,x\n3,4,8\n") == [("1", "2"), ("3", "4")]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        # The row with zeros at an end alone: 100 + 2 = 102, written 001, 2, 201.
        (
            "a,b,sum\n3,4,7\n001,2,201\n",
            "row 2: holds 201, but 1 + 2 is 3; the numbers seem to be written lowest",
        ),
        (
            "a,b,sum\n70,45,511\n",
            "row 1: holds 511, but 70 + 45 is 115; the sum seems to be written lowest digit",
        ),
        (
            "a,b,sum\n61,30,91\n61,92,56\n96,96,95\n",
            "row 2: holds 56, but 61 + 92 is 153; the sums seem to be taken modulo 97",
        ),
        (
            "a,b,c\n1,2,3\n30,4,3\n",
            "column c, row 2: holds 3, but 30 + 4 is 34; mend the row, or rename the column",
        ),
        ("a,b,c\n1,2,5\n", "column c, row 1: holds 5, but 1 + 2 is 3; mend the row"),
        (f"a,b,c\n{'8' * 5000},2,5\n", "holds 5, but 8888"),
    ],
)
def test_sums_that_contradict_are_refused_with_the_likely_reason(tmp_path: Path, content: str, words: str):
    assert words in refused(tmp_path / "p.csv", content)


def test_a_contradiction_far_down_has_its_row(tmp_path: Path):
    rows = [f"{number},{number + 1},{2 * number + 1}" for number in range(70_000)]
    rows[69_998] = "5,6,12"
    assert "row 69999" in refused(tmp_path / "p.csv", "a,b,sum\n" + "\n".join(rows))


# --- wide integers and Parquet ---


@pytest.mark.parametrize("kind", [pa.decimal128(38, 0), pa.decimal256(60, 0)])
def test_wide_integers(tmp_path: Path, kind: pa.DataType):
    wide = 7 * 10**30 + 1
    pq.write_table(pa.table({"a": pa.array([12, wide], kind), "b": [3, 4]}), tmp_path / "p.parquet")
    assert read_pairs(tmp_path / "p.parquet").to_pydict() == {"a": ["12", str(wide)], "b": ["3", "4"]}


# What polars 2.1 writes beside a column `a` of 128 bits, with a sign or without, and a column `b` of 64.
ARROW_SCHEMAS = {
    "Int128": (
        "/////6YAAAAEAAAA8v///xQAAAAEAAEAAAAKAAsACAAKAAQA+P///wwAAAAIAAgAAAAEAAIAAAA0AAAABAAAAMD///"
        "8gAAAAEAAAAAgAAAABAgAAAAAAALj///9AAAAAAQAAAAEAAABiAAAA7P///zgAAAAgAAAAGAAAAAECAAAQABIABAAQ"
        "ABEACAAAAAwAAAAAAPT///+AAAAAAQAAAAgACQAEAAgAAQAAAGEA"
    ),
    "UInt128": (
        "/////6oAAAAEAAAA8v///xQAAAAEAAEAAAAKAAsACAAKAAQA+P///wwAAAAIAAgAAAAEAAIAAAA8AAAABAAAALj///"
        "8oAAAAEAAAAAgAAAABAgAAAAAAAPT///9AAAAAAQAAAAgACQAEAAgAAQAAAGIAAADs////NAAAACAAAAAYAAAAAQIA"
        "ABAAEgAEABAAEQAIAAAADAAAAAAA9v///4AAAAAAAAYACAAEAAEAAABhAA=="
    ),
}


def write_128_bits(path: Path, values: list[int | None], kind: str = "Int128") -> None:
    """A file as polars writes it: 16 bytes a number, the lowest first, which the Arrow schema alone calls integers."""
    stored = [None if value is None else (value % 2**128).to_bytes(16, "little") for value in values]
    table = pa.table({"a": pa.array(stored, pa.binary(16)), "b": [3] * len(values)})
    with pq.ParquetWriter(path, table.schema, store_schema=False) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({"ARROW:schema": ARROW_SCHEMAS[kind]})
    with pytest.raises(pa.ArrowNotImplementedError):
        pq.ParquetFile(path)


@pytest.mark.parametrize("kind", ARROW_SCHEMAS)
@given(values=st.lists(st.integers(0, 2**127 - 1), min_size=1, max_size=30))
def test_integers_of_128_bits(tmp_path_factory: pytest.TempPathFactory, kind: str, values: list[int]):
    path = tmp_path_factory.mktemp("wide") / "p.parquet"
    write_128_bits(path, values, kind)
    before = path.read_bytes()
    assert read_pairs(path)["a"].to_pylist() == [str(value) for value in values]
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("value", "words"),
    [(-1, "is negative, or 2^127 or more"), (2**127, "as text"), (None, "holds nothing")],
)
def test_integers_of_128_bits_that_cannot_be_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: int | None, words: str
):
    monkeypatch.setattr(pairs_parquet, "BATCH_ROWS", 2)
    path = tmp_path / "p.parquet"
    write_128_bits(path, [1, 2, 3, 4, value, 5])
    message = refused(path, path.read_bytes())
    assert "column a, row 5: holds" in message
    assert words in message


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([2**64 - 1, 7], pa.uint64()),
        ([10**75, 7], pa.decimal256(76, 0)),
        ([10**8, 7], pa.decimal32(9, 0)),
        ([b"012", b"7 \0"], pa.binary(3)),
        ([b"0" * 15 + b"1", b"7" * 16], pa.binary(16)),
        ([b"9" * 5_000, b"7"], pa.binary()),
        (["9" * 5_000, "7"], pa.string_view()),
    ],
)
def test_numbers_in_other_columns(tmp_path: Path, values: list[Any], kind: pa.DataType):
    pq.write_table(pa.table({"a": pa.array(values, kind), "b": [3, 4]}), tmp_path / "p.parquet")
    texts = [value.decode() if isinstance(value, bytes) else str(value) for value in values]
    numbers = [text.strip(" \0").lstrip("0") for text in texts]
    assert read_pairs(tmp_path / "p.parquet")["a"].to_pylist() == numbers


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (pa.array([1.0, 2.0]), "holds double"),
        (pa.array([b"\xff\xfe", b"1"]), "holds binary"),
        (pa.array([-1, 2]), "holds '-1'"),
        (pa.array([True, False]), "holds bool"),
    ],
)
def test_columns_of_no_whole_numbers(tmp_path: Path, values: pa.Array, words: str):
    pq.write_table(pa.table({"a": values, "b": [3, 4]}), tmp_path / "p.parquet")
    assert words in refused(tmp_path / "p.parquet", (tmp_path / "p.parquet").read_bytes())


def test_numbers_with_decimals_are_refused(tmp_path: Path):
    pq.write_table(pa.table({"a": pa.array([12], pa.decimal128(9, 2)), "b": [3]}), tmp_path / "p.parquet")
    assert "column a holds decimal128" in refused(
        tmp_path / "p.parquet", (tmp_path / "p.parquet").read_bytes()
    )


def test_a_type_that_cannot_be_read_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def no_such_type(*_: object, **__: object) -> None:
        raise pa.ArrowNotImplementedError("Integers with more than 64 bits\nnot implemented")

    monkeypatch.setattr(pq, "ParquetFile", no_such_type)
    assert "(Integers with more than 64 bits); write the numbers as text" in refused(
        tmp_path / "p.parquet", b"PAR1"
    )


# --- encodings and limits ---


def test_other_encodings_are_one_line(tmp_path: Path):
    assert "not UTF-8" in refused(tmp_path / "p.csv", "a,b,n\u00e4me\n1,2,3\n".encode("latin-1"))
    assert refused(tmp_path / "p.csv", "a,b,name\n1,2,3\n".encode("utf-16"))


def test_files_above_the_limits_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for module in (pairs_parquet, pairs_tables):
        monkeypatch.setattr(module, "LARGEST_FILE", 1 << 20)
    monkeypatch.setattr(pairs_parquet, "MOST_PAIRS", 100_000)
    assert "more than 1 MB" in refused(tmp_path / "p.csv", "a,b\n" + "1,2\n" * 300_000)
    repeated = pa.table(
        {"a": ["1" * 10_000] * 1_000, "b": ["1"] * 1_000}
    )  # a dictionary makes it a small file
    pq.write_table(repeated, tmp_path / "p.parquet")
    content = (tmp_path / "p.parquet").read_bytes()
    assert len(content) < 10_000
    assert "more than 1 MB" in refused(tmp_path / "p.parquet", content)
    pq.write_table(pa.table({"a": [1] * 100_001, "b": [1] * 100_001}), tmp_path / "p.parquet")
    assert "has 100,001 rows" in refused(tmp_path / "p.parquet", (tmp_path / "p.parquet").read_bytes())
