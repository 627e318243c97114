"""Tables written as text. What stands between columns, and what quotation marks mean, is told from the file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from carryover.errors import UserError
from carryover.tasks.sentiment.file_source import FileSource, Quoting
from carryover.tasks.sentiment.header import names_of, positions
from carryover.tasks.sentiment.packed import opened

LONGEST_FIELD = 1 << 20  # characters; a longer one is a quote that was never closed
LONGEST_LINE = 4 << 20  # characters
DELIMITERS = (",", "\t", ";", "|")
SHOWN = 60  # characters of a row in a message

_QUOTES: dict[Quoting, dict[str, Any]] = {
    "double": {"strict": True},
    "backslash": {"strict": True, "escapechar": "\\"},
    "none": {"quoting": csv.QUOTE_NONE},
}


def read_delimited(path: Path, source: FileSource, labels: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Review and label of each row, as they are written.

    Raises UserError with the row, and the setting that would mend it, where the file cannot be read so.
    """
    delimiter = _delimiter(path, source)
    quoting = _quoting(path, source, delimiter)
    with _records(path, source, delimiter, quoting) as records:
        row = 0
        try:
            first = next(records, [])
            names = names_of(first, source)
            if not _is_text(names):
                raise _wrong_encoding(path, "the header", source)
            review, sentiment = positions(names, source, labels, path)
            for fields in _rows(first, records, source):
                row += 1
                if len(fields) != len(names):
                    raise UserError(
                        f"{path}: row {row} has {len(fields)} fields, the header {len(names)}: "
                        f"{_shown(fields, delimiter)}; quote reviews that hold {delimiter!r}, or set "
                        f"source.delimiter or source.quoting"
                    )
                if not _is_text(fields):
                    raise _wrong_encoding(path, f"row {row}", source)
                yield fields[review], fields[sentiment]
        except csv.Error as error:
            raise UserError(
                f"{path}: row {row + 1}: {error}; is a quote not closed? A quotation mark within quotes is written "
                'twice (""); set source.quoting: backslash if the file writes \\", or none if quotation marks mean '
                "nothing"
            ) from None
        except UnicodeError:
            raise _wrong_encoding(path, f"row {row + 1}", source) from None


@contextmanager
def _records(
    path: Path, source: FileSource, delimiter: str, quoting: Quoting
) -> Iterator[Iterator[list[str]]]:
    """The rows of a file that are not blank, its header among them."""
    encoding = "utf-8-sig" if source.encoding == "utf-8" else source.encoding
    csv.field_size_limit(LONGEST_FIELD)
    with opened(path) as (stream, _):
        # Bytes that are no text are read on with a stand-in each, to say which row they are in.
        text = io.TextIOWrapper(stream, encoding=encoding, errors="surrogateescape", newline="")
        reader = csv.reader(_lines(text), delimiter=delimiter, **_QUOTES[quoting])
        yield (fields for fields in reader if fields)


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise csv.Error(f"a line is longer than {LONGEST_LINE:,} characters")
        yield line


def _rows(first: list[str], records: Iterator[list[str]], source: FileSource) -> Iterator[list[str]]:
    if not source.header and first:
        yield first
    yield from records


def _delimiter(path: Path, source: FileSource) -> str:
    """The one that is set, or else the first by which the header has the columns; the usual one comes first."""
    if source.delimiter is not None:
        return source.delimiter
    with opened(path) as (_, name):
        usual = "\t" if name.endswith(".tsv") else ","
    wanted = set(source.columns.names())
    for delimiter in sorted(DELIMITERS, key=lambda one: one != usual):
        for quoting in _QUOTES:
            try:
                with _records(path, source, delimiter, quoting) as records:
                    first = next(records, [])
            except (csv.Error, UnicodeError):
                continue
            if wanted <= set(names_of(first, source)):
                return delimiter
    return usual


def _quoting(path: Path, source: FileSource, delimiter: str) -> Quoting:
    """The one that is set, or else the one by which every row has as many fields as the header.

    A file with tabs may be written without quoting; there, quotes that join two lines into one row are no quotes.
    """
    if source.quoting is not None:
        return source.quoting

    def rows(quoting: Quoting) -> int | None:
        return _count(lambda: _records(path, source, delimiter, quoting))

    doubled = rows("double")
    literal = rows("none") if delimiter == "\t" else None
    if doubled is not None and doubled >= (literal or 0):
        return "double"
    escaped = rows("backslash")
    if escaped is not None and escaped >= (literal or 0):
        return "backslash"
    return "double" if literal is None else "none"


def _count(records_of: Callable[[], Any]) -> int | None:
    """How many rows there are; None where one of them is wrong."""
    try:
        with records_of() as records:
            fields = len(next(records, []))
            count = 0
            for record in records:
                if len(record) != fields:
                    return None
                count += 1
            return count
    except (csv.Error, UnicodeError):
        return None


def _shown(fields: list[str], delimiter: str) -> str:
    line = delimiter.join(fields)
    return repr(line if len(line) <= SHOWN else line[: SHOWN - 1] + "…")


def _wrong_encoding(path: Path, where: str, source: FileSource) -> UserError:
    name = "UTF-8" if source.encoding == "utf-8" else source.encoding
    with path.open("rb") as file:
        marked = file.read(2) in (b"\xff\xfe", b"\xfe\xff")
    choice = "utf-16" if marked else "cp1252 (or latin-1, utf-16)"
    return UserError(
        f"{path}: {where} is not {name}; set source.encoding, such as {choice}, or save the file as UTF-8"
    )


def _is_text(fields: list[str]) -> bool:
    """Whether no field has a stand-in for a wrong byte."""
    try:
        for field in fields:
            field.encode()
    except UnicodeEncodeError:
        return False
    return True
