"""Pairs from Parquet files, also with integers of 128 bits, which Arrow's reader refuses."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carryover.errors import UserError

if TYPE_CHECKING:
    import pyarrow as pa

LARGEST_FILE = 256 << 20  # bytes of text, and of the columns of a Parquet file
MOST_PAIRS = 10_000_000
BATCH_ROWS = 1_024  # small, so that a few repeated long texts do not fill memory
WIDE = 16  # bytes of a 128-bit integer

_ARROW_SCHEMA = b"ARROW:schema"  # the key of the footer under which a writer keeps its own types
_NO_KEY = b"-----:schema"


def read_parquet(path: Path, names: Sequence[str]) -> pa.Table:
    """The columns of a file whose names are among `names`, of which the first two are needed.

    Raises UserError for a file that is too large, and for numbers that cannot be told; pyarrow's errors for others.
    """
    import pyarrow as pa

    file, wide = _opened(path)
    with file:
        schema = file.schema_arrow
        if file.metadata.num_rows > MOST_PAIRS:
            raise UserError(f"{path}: has {file.metadata.num_rows:,} rows; at most {MOST_PAIRS:,} are read")
        wanted = [name for name in schema.names if name.strip() in names]
        if len(set(wanted)) < len(names[:2]):
            return schema.empty_table()
        batches, size, rows = [], 0, 0
        for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=wanted, use_threads=False):
            size += batch.nbytes
            if size > LARGEST_FILE:
                raise too_large(path)
            batches.append(_with_integers(batch, f"{path}: column", rows) if wide else batch)
            rows += batch.num_rows
        fields = [schema.field(name) for name in wanted]
        return pa.Table.from_batches(batches, batches[0].schema if batches else pa.schema(fields))


def too_large(path: Path) -> UserError:
    """What is said of a file with too many bytes."""
    return UserError(f"{path}: holds more than {LARGEST_FILE >> 20} MB of pairs; keep fewer rows")


def _opened(path: Path) -> tuple[Any, bool]:
    """The file, and whether columns of 16 bytes are integers.

    polars stores an integer of 128 bits as 16 bytes, the lowest first. Parquet has no name for these. The name stands
    in the footer's Arrow schema alone, and Arrow refuses the whole file for it. So the key of that schema is
    overwritten, in a private copy of the page in memory.
    """
    import pyarrow as pa
    import pyarrow.parquet

    try:
        return pa.parquet.ParquetFile(path), False
    except pa.ArrowNotImplementedError:
        with path.open("rb") as file:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
        key = content.find(_ARROW_SCHEMA, max(footer, 0))
        if key < 0:
            raise
        content[key : key + len(_NO_KEY)] = _NO_KEY
        return pa.parquet.ParquetFile(pa.BufferReader(pa.py_buffer(content))), True


def _with_integers(batch: pa.RecordBatch, where: str, first_row: int) -> pa.RecordBatch:
    """The batch with columns of 16 bytes as decimals. Raises UserError for one that may be negative."""
    import pyarrow as pa

    columns = [
        _integers(column, f"{where} {name}", first_row) if column.type == pa.binary(WIDE) else column
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _integers(column: pa.Array, where: str, first_row: int) -> pa.Array:
    """Integers of 128 bits (N,) as decimals; the empty ones stay empty."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    present = column.is_valid()
    numbers = np.zeros((len(column), 2 * WIDE), dtype=np.uint8)  # of 256 bits, as Arrow's wide decimals are
    stored = b"".join(column.drop_null().to_pylist())
    numbers[np.array(present), :WIDE] = np.frombuffer(stored, dtype=np.uint8).reshape(-1, WIDE)
    high = numbers[:, WIDE - 1] >= 128
    if high.any():
        raise UserError(
            f"{where}, row {first_row + int(high.argmax()) + 1}: holds a 128-bit integer that is negative, or 2^127 or "
            "more; whole numbers from 0 are read, larger ones as text"
        )
    decimals = pa.Array.from_buffers(pa.decimal256(39, 0), len(column), [None, pa.py_buffer(numbers)])
    return pc.if_else(present, decimals, None)
