"""The user's own reviews: a CSV or TSV file, plain or packed, read without unpacking it to disk."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import lzma
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from carryover.errors import UserError
from carryover.tasks.sentiment.packed import BROKEN, refuse_outside
from carryover.tasks.sentiment.settings import FileSource

COLUMNS = ("review", "sentiment")
LONGEST_FIELD = 1 << 20  # characters; a longer one is a quote that was never closed


def read_table(source: FileSource, labels: Sequence[str]) -> list[tuple[str, str]]:
    """The rows of a CSV or TSV file, in its order: reviews, each with its label, which is one of `labels`.

    Raises UserError for whatever is wrong with the file or one of its rows.
    """
    if source.path is None:
        raise UserError("source.path is not set; it should name a CSV or TSV file with review,sentiment")
    path = Path(source.path)
    content, name = _unpacked(path, source)
    known, reviews = set(labels), []
    rows = _records(content, "\t" if name.endswith(".tsv") else ",", path)
    for number, (review, label) in enumerate(rows, start=1):
        if not review.strip():
            raise UserError(f"{path}: row {number}: the review is empty; every row needs one")
        if label not in known:
            some = ", ".join(map(repr, labels[:10]))
            raise UserError(
                f"{path}: row {number}: the label {label[:60]!r} is none of {some}; mend it or set labels"
            )
        reviews.append((review, label))
    return reviews


def _unpacked(path: Path, source: FileSource) -> tuple[bytes, str]:
    """The bytes of the table and its own file name in lower case, without the packing."""
    try:
        packed = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); source.path names the reviews") from None
    if source.digest is not None and hashlib.sha256(packed).hexdigest() != source.digest:
        raise UserError(f"{path}: has changed since the plan was made; plan again")
    name = path.name.lower()
    try:
        if name.endswith(".gz"):
            return gzip.decompress(packed), name.removesuffix(".gz")
        if name.endswith(".xz"):
            return lzma.decompress(packed), name.removesuffix(".xz")
        if name.endswith(".zip"):
            return _only_table(packed, path)
    except (*BROKEN, NotImplementedError, RuntimeError) as error:  # the last two: zip methods and encryption
        raise UserError(f"{path}: cannot be unpacked ({error}); is it whole?") from None
    return packed, name


def _only_table(packed: bytes, path: Path) -> tuple[bytes, str]:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        for name in archive.namelist():
            refuse_outside(name, path)
        tables = [
            name
            for name in archive.namelist()
            if name.lower().endswith((".csv", ".tsv")) and not name.startswith("__MACOSX/")
        ]
        if len(tables) != 1:
            raise UserError(f"{path}: holds {len(tables)} CSV or TSV files; it should hold exactly one")
        return archive.read(tables[0]), tables[0].lower()


def _records(content: bytes, delimiter: str, path: Path) -> Iterator[tuple[str, str]]:
    """Review and label of each row after the header."""
    # Bytes that are not UTF-8 are read on with a stand-in each, to say which row they are in.
    text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", errors="surrogateescape", newline="")
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    row = 0
    try:
        header = [name.strip() for name in next(reader, [])]
        if not _is_utf8(header):
            raise UserError(f"{path}: the header is not UTF-8; save the file as UTF-8")
        missing = [name for name in COLUMNS if header.count(name) != 1]
        if missing:
            raise UserError(
                f"{path}: no column {' and no column '.join(missing)} (once) in its header, "
                f"which is {', '.join(header)[:120] or 'empty'}; it should have the columns review and sentiment"
            )
        review, label = (header.index(name) for name in COLUMNS)
        for fields in reader:
            if not fields:  # a blank line
                continue
            row += 1
            if len(fields) != len(header):
                raise UserError(
                    f"{path}: row {row} has {len(fields)} fields, the header {len(header)}; quote reviews"
                )
            if not _is_utf8(fields):
                raise UserError(f"{path}: row {row} is not UTF-8; save the file as UTF-8")
            yield fields[review], fields[label].strip()
    except csv.Error as error:
        raise UserError(f"{path}: row {row + 1}: {error}; is a quote not closed?") from None


def _is_utf8(fields: list[str]) -> bool:
    """Whether no field has a stand-in for a wrong byte."""
    try:
        for field in fields:
            field.encode()
    except UnicodeEncodeError:
        return False
    return True
