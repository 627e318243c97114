"""Files of pairs as tables: Parquet, CSV and TSV with columns, and lines that are equations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from carryover.errors import UserError
from carryover.tasks.digit_sum.pairs_parquet import LARGEST_FILE, read_parquet, too_large

if TYPE_CHECKING:
    import pyarrow as pa

RIGHT_FILE = (
    "`path` should name a CSV or Parquet file with columns a and b, or a text file of lines such as 12+7=19"
)

TEXT_ENDINGS = (".csv", ".tsv", ".txt")

# `12+7=19`, also without the sum, with `$` round it, with a tab for `=`, or a space between all digits.
_NUMBER = r"(\d+|\d(?: \d)+)"
_EQUATION = re.compile(rf"\$?\s*{_NUMBER} *\+ *{_NUMBER} *(?:[=\t] *{_NUMBER}?)? *\$?", re.ASCII)


def read_table(path: Path, names: Sequence[str]) -> pa.Table:
    """The columns of a file, those of `names` at least. Numbers in text stay text. Raises UserError for other files."""
    import pyarrow as pa

    ending = path.suffix.lower()
    try:
        if ending == ".parquet":
            return read_parquet(path, names)
        if ending in TEXT_ENDINGS:
            return _read_text(path, ending)
    except pa.ArrowNotImplementedError as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"{path}: cannot be read ({reason}); write the numbers as text") from None
    except (pa.ArrowException, OSError) as error:
        raise UserError(
            f"{path}: not a readable {ending[1:]} file ({str(error).splitlines()[0]}); {RIGHT_FILE}"
        ) from None
    except UnicodeDecodeError:
        raise UserError(f"{path}: not UTF-8; save the file as UTF-8") from None
    raise UserError(
        f"{path}: is neither .csv, .tsv, .txt nor .parquet by its name; pairs are read from those"
    )


def _read_text(path: Path, ending: str) -> pa.Table:
    if path.stat().st_size > LARGEST_FILE:
        raise too_large(path)
    with path.open(encoding="utf-8-sig") as file:
        first = file.readline(10_000).rstrip("\n")
    if _EQUATION.fullmatch(first.strip(" ")):
        return _read_equations(path)
    return _read_columns(path, "\t" if ending == ".tsv" or (ending == ".txt" and "\t" in first) else ",")


def _read_columns(path: Path, delimiter: str) -> pa.Table:
    import pyarrow as pa
    import pyarrow.csv

    read = pa.csv.ReadOptions(use_threads=False, block_size=16 << 20)
    parse = pa.csv.ParseOptions(delimiter=delimiter)
    with pa.csv.open_csv(path, read_options=read, parse_options=parse) as file:
        # As written: a number may have thousands of digits.
        text = {name: pa.string() for name in file.schema.names}
    convert = pa.csv.ConvertOptions(column_types=text)
    return pa.csv.read_csv(path, read_options=read, parse_options=parse, convert_options=convert)


def _read_equations(path: Path) -> pa.Table:
    """Columns a and b, and the sum where every line has one."""
    import pyarrow as pa

    rows = list(_equations(path))
    columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    with_sums = all(total is not None for _, _, total in rows)
    return pa.table(columns[: 2 + with_sums], names=["a", "b", "sum"][: 2 + with_sums])


def _equations(path: Path) -> Iterator[tuple[str, str, str | None]]:
    """a, b and their sum (or None) of each line that is not blank."""
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            match = _EQUATION.fullmatch(line.strip())
            if match is None:
                shown = line.strip() if len(line) <= 40 else line[:37] + "…"
                raise UserError(f"{path}: line {number}: {shown!r} is no line such as 12+7=19; mend it")
            a, b, total = (part.replace(" ", "") if part is not None else None for part in match.groups())
            assert a is not None
            assert b is not None
            yield a, b, total
