"""The user's own file of pairs, read and checked."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from carryover.errors import UserError

if TYPE_CHECKING:
    import pyarrow as pa

OPERANDS = ("a", "b")

RIGHT_FILE = "`path` should name a CSV or Parquet file with columns a and b"


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes. Raises UserError where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; {RIGHT_FILE}") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); {RIGHT_FILE}") from None


def read_pairs(path: Path) -> pa.Table:
    """The columns `a` and `b` as canonical decimal strings: no signs, no spaces, no leading zeros.

    Other columns are left aside. Raises UserError with the row (counted from 1, without the header) of the first entry
    that is no whole number from 0.
    """
    import pyarrow as pa

    table = _read_table(path)
    names = [name.strip() for name in table.column_names]
    lacking = [name for name in OPERANDS if names.count(name) != 1]
    if lacking:
        raise UserError(
            f"{path}: needs one column {' and one column '.join(lacking)}; it has {', '.join(names) or 'none'}. "
            "The first line of a CSV file names the columns: a,b"
        )
    if table.num_rows == 0:
        raise UserError(f"{path}: has no rows; it should have one pair a row")
    columns = {
        name: _canonical(table.column(names.index(name)), f"{path}: column {name}") for name in OPERANDS
    }
    return pa.table(columns)


def _read_table(path: Path) -> pa.Table:
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    file_digest(path)  # the same words for a file that cannot be opened, whatever its kind
    try:
        match path.suffix.lower():
            case ".parquet":
                return pa.parquet.read_table(path, use_threads=False)
            case ".csv":
                return _read_csv(path)
    except (pa.ArrowInvalid, OSError) as error:
        kind, first_line = path.suffix.lower()[1:], str(error).splitlines()[0]
        raise UserError(f"{path}: not a readable {kind} file ({first_line}); {RIGHT_FILE}") from None
    raise UserError(f"{path}: is neither .csv nor .parquet by its name; pairs are read from those")


def _read_csv(path: Path) -> pa.Table:
    import pyarrow as pa
    import pyarrow.csv

    read = pa.csv.ReadOptions(use_threads=False, block_size=16 << 20)
    with pa.csv.open_csv(path, read_options=read) as file:
        # As written: a number may have thousands of digits.
        text = {name: pa.string() for name in file.schema.names}
    return pa.csv.read_csv(path, read_options=read, convert_options=pa.csv.ConvertOptions(column_types=text))


def _canonical(column: pa.ChunkedArray, where: str) -> pa.ChunkedArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if not any(
        is_kind(column.type)
        for is_kind in (pa.types.is_integer, pa.types.is_string, pa.types.is_large_string)
    ):
        raise UserError(f"{where} holds {column.type}; it should hold integers, or digits as text")
    text = pc.ascii_trim_whitespace(column.cast(pa.string()))
    wrong = pc.invert(pc.fill_null(pc.match_substring_regex(text, r"^[0-9]+$"), False))
    if (row := pc.index(wrong, True).as_py()) >= 0:
        value = text[row].as_py()
        shown = "nothing" if not value else repr(value if len(value) <= 40 else value[:37] + "…")
        raise UserError(f"{where}, row {row + 1}: holds {shown}; it should hold a whole number from 0")
    text = pc.ascii_ltrim(text, characters="0")
    return pc.if_else(pc.equal(text, ""), "0", text)
