"""The user's own file of pairs, read and checked."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from carryover.errors import UserError
from carryover.tasks.digit_sum.pairs_tables import RIGHT_FILE, read_table

if TYPE_CHECKING:
    import pyarrow as pa

OPERANDS = ("a", "b")
SUMS = ("sum", "answer", "result", "total", "c")  # columns that are compared with a + b


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

    A column of sums must agree; other columns are left aside. Raises UserError with the row (counted from 1, without
    the header) of the first entry that is no whole number from 0, or of the first sum that a and b do not add up to.
    """
    import pyarrow as pa

    file_digest(path)  # the same words for a file that cannot be opened, whatever its kind
    table = read_table(path, (*OPERANDS, *SUMS))
    names = [name.strip() for name in table.column_names]
    lacking = [name for name in OPERANDS if names.count(name) != 1]
    if lacking:
        raise UserError(
            f"{path}: needs one column {' and one column '.join(lacking)}; it has {', '.join(names) or 'none'}. "
            "The first line of a CSV file names the columns: a,b"
        )
    if table.num_rows == 0:
        raise UserError(f"{path}: has no rows; it should have one pair a row")
    written = {name: _digits(table.column(names.index(name)), f"{path}: column {name}") for name in OPERANDS}
    pairs = pa.table({name: _without_zeros(digits) for name, digits in written.items()})
    for name in SUMS:
        if names.count(name) == 1:
            _compare(written, pairs, table.column(names.index(name)), f"{path}: column {name}")
    return pairs


def _digits(column: pa.ChunkedArray, where: str) -> pa.ChunkedArray:
    """A column as digits, without white space round them."""
    import pyarrow.compute as pc

    text = _text(column)
    if text is None:
        raise UserError(f"{where} holds {column.type}; it should hold integers, or digits as text")
    if (row := pc.index(_wrong(text), True).as_py()) >= 0:
        value = text[row].as_py()
        shown = "nothing" if not value else repr(value if len(value) <= 40 else value[:37] + "…")
        raise UserError(f"{where}, row {row + 1}: holds {shown}; it should hold a whole number from 0")
    return text


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray | None:
    """Whole numbers or text as text without white space round it; None for a column of anything else.

    Bytes are text if all of them are; what fills up text of a fixed size is left out.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
        column = column.cast(kind)
    types = pa.types
    is_bytes = types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind)
    is_text = types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)
    is_whole = types.is_integer(kind) or (types.is_decimal(kind) and kind.scale == 0)
    if not (is_bytes or is_text or is_whole):
        return None
    try:
        text = column.cast(pa.string())
    except pa.ArrowInvalid:  # bytes that are no UTF-8
        return None
    return pc.ascii_trim_whitespace(pc.ascii_rtrim(text, characters="\0"))


def _wrong(text: pa.ChunkedArray) -> pa.ChunkedArray:
    """Which entries are no whole numbers from 0."""
    import pyarrow.compute as pc

    return pc.invert(pc.fill_null(pc.match_substring_regex(text, r"^[0-9]+$"), False))


def _without_zeros(digits: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow.compute as pc

    digits = pc.ascii_ltrim(digits, characters="0")
    return pc.if_else(pc.equal(digits, ""), "0", digits)


def _compare(
    written: dict[str, pa.ChunkedArray], pairs: pa.Table, column: pa.ChunkedArray, where: str
) -> None:
    """Raise UserError for the first row whose sum is another one. A column that holds no numbers is no sum."""
    import pyarrow.compute as pc

    from carryover.tasks.digit_sum import contradictions

    sums = _text(column)
    if sums is None or pc.any(_wrong(sums)).as_py():
        return
    row = contradictions.first(pairs.append_column("sum", _without_zeros(sums)))
    if row is None:
        return
    a, b = (pairs.column(name)[row].as_py() for name in OPERANDS)
    reason = contradictions.likely_reason(written["a"], written["b"], sums, row)
    raise UserError(
        f"{where}, row {row + 1}: holds {_short(sums[row].as_py())}, but {_short(a)} + {_short(b)} is "
        f"{_short(contradictions.added(a, b))}; {reason}, or rename the column if it is no sum"
    )


def _short(digits: str) -> str:
    return digits if len(digits) <= 40 else digits[:37] + "…"
