"""Files of others, plain or packed, read as a stream: nothing lands on disk, and no more than a limit in memory."""

from __future__ import annotations

import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from carryover.errors import UserError

LARGEST_TABLE = 256 << 20  # bytes after unpacking: reading it takes less than twice that
LARGEST_ARCHIVE = 4 << 30  # bytes of an unpacked .tar, of which nothing but one member at a time is kept
LARGEST_MEMBER = 16 << 20  # bytes of a .tar that are asked for at once
MOST_MEMBERS = 10_000  # of a .zip
TABLES = (".csv", ".tsv", ".parquet")

BROKEN = (EOFError, OSError, ValueError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError)
_BROKEN_ZIP = (NotImplementedError, RuntimeError)  # unknown methods, and encryption


class _Bounded(io.RawIOBase):
    """A stream that raises UserError once more than `LARGEST_TABLE` bytes came out of it."""

    def __init__(self, stream: BinaryIO, path: Path) -> None:
        self._stream, self._path, self._read = stream, path, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        content = self._stream.read(len(buffer))
        self._read += len(content)
        if self._read > LARGEST_TABLE:
            raise too_large(self._path)
        buffer[: len(content)] = content
        return len(content)


class BoundedArchive:
    """An unpacked .tar as `tarfile` reads it: no more at once, and no further, than the limits. Raises UserError."""

    def __init__(self, stream: BinaryIO, path: Path) -> None:
        self._stream, self._path = stream, path

    def tell(self) -> int:
        return self._stream.tell()

    def seek(self, position: int) -> int:
        self._refuse_beyond(position)
        return self._stream.seek(position)

    def read(self, size: int) -> bytes:
        if size > LARGEST_MEMBER:
            raise UserError(
                f"{self._path}: a member says it has {size:,} bytes; this archive is not to be trusted"
            )
        self._refuse_beyond(self.tell() + size)
        return self._stream.read(size)

    def _refuse_beyond(self, position: int) -> None:
        if position > LARGEST_ARCHIVE:
            raise UserError(
                f"{self._path}: unpacks to more than {LARGEST_ARCHIVE >> 30} GB; this archive is not to be trusted"
            )


@contextmanager
def opened(path: Path) -> Iterator[tuple[BinaryIO, str]]:
    """The bytes of the table in a file, unpacked while they are read, and its own file name in lower case.

    Raises UserError, also later while it is read, where the file is damaged or unpacks to more than the limit.
    """
    name = path.name.lower()
    try:
        with ExitStack() as stack:
            stream: Any
            if name.endswith(".gz"):
                stream, name = stack.enter_context(gzip.open(path)), name.removesuffix(".gz")
            elif name.endswith(".xz"):
                stream, name = stack.enter_context(lzma.open(path)), name.removesuffix(".xz")
            elif name.endswith(".zip"):
                archive = stack.enter_context(zipfile.ZipFile(path))
                member = _only_table(archive, path)
                stream, name = stack.enter_context(archive.open(member)), member.lower()
            else:
                stream = stack.enter_context(path.open("rb"))
            bounded: Any = io.BufferedReader(_Bounded(stream, path), 1 << 20)
            yield stack.enter_context(bounded), name
    except UnicodeError:
        raise
    except (*BROKEN, *_BROKEN_ZIP) as error:
        raise UserError(f"{path}: cannot be unpacked ({error}); is it whole?") from None


def _only_table(archive: zipfile.ZipFile, path: Path) -> str:
    names = archive.namelist()
    if len(names) > MOST_MEMBERS:
        raise UserError(f"{path}: holds {len(names):,} files; it should hold one table")
    for name in names:
        refuse_outside(name, path)
    tables = [name for name in names if name.lower().endswith(TABLES) and not name.startswith("__MACOSX/")]
    if len(tables) != 1:
        raise UserError(f"{path}: holds {len(tables)} CSV, TSV or Parquet files; it should hold exactly one")
    return tables[0]


def too_large(path: Path) -> UserError:
    """What is said of a table that is larger than the limit."""
    return UserError(
        f"{path}: holds more than {LARGEST_TABLE >> 20} MB of text; split it, or keep fewer rows"
    )


def refuse_outside(name: str, path: Path) -> None:
    """Raise UserError for a member of the packed file at `path` that would be unpacked outside its folder."""
    member = PurePosixPath(name.replace("\\", "/"))
    if member.is_absolute() or ".." in member.parts:
        raise UserError(
            f"{path}: member {name!r} points outside its folder; this archive is not to be trusted"
        )
