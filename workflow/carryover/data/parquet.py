"""Splits as Parquet files, and the digest of their content.

The digest is computed from the rows, never from the file. So it does not depend on the Parquet library, on compression,
on the layout of row groups, or on the number of files that hold the rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from carryover.data.files import atomic_path
from carryover.data.stored import DatasetFile
from carryover.errors import UserError

DIGEST_ROWS = 65_536  # rows of one block of the digest; shards hold a multiple of it
DIGEST_KEY = "digest"

_LAYOUT: dict[str, Any] = {
    "compression": "zstd",
    "compression_level": 1,
    "use_dictionary": False,  # numbers and expressions seldom repeat
    "write_page_checksum": True,
    "write_statistics": False,  # the extremes of 5,000-digit strings would outweigh the rest of the footer
    "store_schema": False,  # it would hide the metadata that is added at the end
}


class Digest:
    """The content digest of rows that come in batches of any size.

    SHA-256 over the columns' names and types, the number of rows, and the digests of blocks of 65,536 rows; those in
    turn over the digests of their columns: little-endian values, and for text and lists their lengths before them.
    """

    def __init__(self, schema: pa.Schema) -> None:
        self.schema = schema
        self.rows = 0
        self.blocks: list[bytes] = []
        self._columns = [_Column() for _ in schema]

    def update(self, batch: pa.RecordBatch) -> None:
        """Add rows, in order. Raises ValueError for a null."""
        start = 0
        while start < batch.num_rows:
            part = batch.slice(start, min(batch.num_rows - start, DIGEST_ROWS - self.rows % DIGEST_ROWS))
            for column, values in zip(self._columns, part.columns, strict=True):
                column.update(values)
            self.rows += part.num_rows
            start += part.num_rows
            if self.rows % DIGEST_ROWS == 0:
                self._end_block()

    def _end_block(self) -> None:
        block = hashlib.sha256()
        for column in self._columns:
            block.update(column.digest())
        self.blocks.append(block.digest())
        self._columns = [_Column() for _ in self.schema]

    def hexdigest(self) -> str:
        """The digest of all rows so far; call it once, at the end."""
        if self.rows % DIGEST_ROWS:
            self._end_block()
        return combined(self.schema, self.rows, self.blocks)


def combined(schema: pa.Schema, rows: int, blocks: Iterable[bytes]) -> str:
    """The content digest of `rows` rows, from the digests of their blocks. Different jobs may have made the blocks."""
    total = hashlib.sha256()
    for field in schema:
        total.update(f"{field.name}:{_type_name(field.type)}\n".encode())
    total.update(f"{rows}\n".encode())
    for block in blocks:
        total.update(block)
    return total.hexdigest()


def _type_name(kind: pa.DataType) -> str:
    """A type's name, without what Parquet does not keep: the width of offsets, and the name of a list's items."""
    if pa.types.is_dictionary(kind):
        return _type_name(kind.value_type)
    if pa.types.is_list(kind):
        return f"list<{_type_name(kind.value_type)}>"
    return "string" if pa.types.is_large_string(kind) else str(kind)


class _Column:
    """The running digest of one column of one block."""

    def __init__(self) -> None:
        self.lengths = hashlib.sha256()
        self.values = hashlib.sha256()

    def update(self, array: pa.Array) -> None:
        if array.null_count:
            raise ValueError("a stored column holds a null")
        if pa.types.is_dictionary(array.type):
            array = array.dictionary_decode()
        if pa.types.is_large_string(array.type):
            array = array.cast(pa.string())
        if pa.types.is_string(array.type) or pa.types.is_list(array.type):
            offsets = np.frombuffer(array.buffers()[1], dtype=np.int32)
            offsets = offsets[array.offset : array.offset + len(array) + 1]
            self.lengths.update(np.diff(offsets).astype("<i4", copy=False).data)
            if pa.types.is_list(array.type):
                self.values.update(_little_endian(array.flatten()).data)
            elif offsets[-1] > offsets[0]:
                self.values.update(memoryview(array.buffers()[2])[offsets[0] : offsets[-1]])
        else:
            self.values.update(_little_endian(array).data)

    def digest(self) -> bytes:
        return self.lengths.digest() + self.values.digest()


def _little_endian(array: pa.Array) -> np.ndarray:
    if pa.types.is_integer(array.type) or pa.types.is_floating(array.type):
        # Not by to_numpy, which imports pandas: half a second of every training.
        values = np.frombuffer(array.buffers()[1] or b"", dtype=array.type.to_pandas_dtype())
        values = values[array.offset : array.offset + len(array)]
    else:
        values = array.to_numpy(zero_copy_only=False)
    return np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))


def write_split(
    path: Path,
    schema: pa.Schema,
    batches: Iterable[pa.RecordBatch],
    metadata: Mapping[str, str] | None = None,
) -> str:
    """Write batches as one Parquet file, atomically and in constant memory; each becomes a row group.

    Returns the content digest, which the file's metadata has too, beside `metadata`.
    """
    digest = Digest(schema)
    with atomic_path(path) as temporary, pq.ParquetWriter(temporary, schema, **_LAYOUT) as writer:
        for batch in batches:
            digest.update(batch)
            writer.write_batch(batch)
        value = digest.hexdigest()
        writer.add_key_value_metadata({**(metadata or {}), DIGEST_KEY: value})
    return value


def read_split(path: Path, columns: list[str] | None = None, rows: range | None = None) -> pa.Table:
    """The rows of a split, or a range of them (step 1, clipped to what there is); reads no more row groups than needed.

    Raises UserError where the file is missing or damaged.
    """
    batches = list(iterate_split(path, columns, rows))
    return pa.concat_tables(batches)


def iterate_split(
    path: Path, columns: list[str] | None = None, rows: range | None = None
) -> Iterator[pa.Table]:
    """The same rows as `read_split`, one table a row group, in constant memory; at least one table."""
    with _opened(path) as file:
        counts = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
        wanted = range(file.metadata.num_rows) if rows is None else rows
        start, yielded = 0, False
        for group, count in enumerate(counts):
            low, high = max(wanted.start - start, 0), min(wanted.stop - start, count)
            if low < high:
                yielded = True
                yield _read_group(file, path, group, columns).slice(low, high - low)
            start += count
        if not yielded:
            schema = file.schema_arrow
            yield schema.empty_table().select(columns if columns is not None else schema.names)


def joined(paths: Iterable[Path]) -> Iterator[pa.RecordBatch]:
    """The rows of files that follow one another, in constant memory, in batches as large as the first row group.

    The files of a split's shards are so batched like the split itself, if the first begins with a whole block. Raises
    UserError for a file that is missing or damaged, or does not hold the rows that it was written with.
    """
    waiting: pa.Table | None = None
    size = 0
    for path in paths:
        for table in _checked(path):
            size = size or table.num_rows
            waiting = table if waiting is None else pa.concat_tables([waiting, table])
            while waiting.num_rows >= size > 0:
                yield _one_batch(waiting.slice(0, size))
                waiting = waiting.slice(size)
    if waiting is not None and waiting.num_rows:
        yield _one_batch(waiting)


def _checked(path: Path) -> Iterator[pa.Table]:
    """The row groups of a file. Raises UserError after the last one if they do not match the file's digest."""
    running: Digest | None = None
    for table in iterate_split(path):
        running = running or Digest(table.schema)
        for batch in table.to_batches():
            running.update(batch)
        yield table
    assert running is not None
    if running.hexdigest() != digest(path):
        raise UserError(f"{path}: damaged (its rows are not those it was written with); {DatasetFile.again}")


def _one_batch(table: pa.Table) -> pa.RecordBatch:
    (batch,) = table.combine_chunks().to_batches()
    return batch


def row_count(path: Path) -> int:
    """The number of rows of a split. Raises UserError where the file is missing or damaged."""
    with _opened(path) as file:
        return file.metadata.num_rows


def metadata(path: Path) -> dict[str, str]:
    """The metadata that the file was written with, and its `digest`."""
    with _opened(path) as file:
        raw = file.metadata.metadata or {}
    return {key.decode(): value.decode() for key, value in raw.items() if key != b"ARROW:schema"}


def digest(path: Path) -> str:
    """The content digest that the file was written with. Raises UserError where it has none."""
    value = metadata(path).get(DIGEST_KEY)
    if value is None:
        raise UserError(
            f"{path}: has no content digest, so this program did not make it; {DatasetFile.again}"
        )
    return value


def content_digest(path: Path) -> str:
    """The content digest, computed again from the rows."""
    running: Digest | None = None
    for table in iterate_split(path):
        running = running or Digest(table.schema.remove_metadata())
        for batch in table.to_batches():
            running.update(batch)
    assert running is not None
    return running.hexdigest()


def _opened(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path, page_checksum_verification=True)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; make the dataset first") from None
    except Exception as error:  # pyarrow raises many kinds for a damaged file
        raise UserError(f"{path}: not a readable Parquet file ({error}); {DatasetFile.again}") from None


def _read_group(file: pq.ParquetFile, path: Path, group: int, columns: list[str] | None) -> pa.Table:
    try:
        return file.read_row_group(group, columns=columns, use_threads=False)
    except Exception as error:  # as above
        raise UserError(f"{path}: damaged ({error}); {DatasetFile.again}") from None
