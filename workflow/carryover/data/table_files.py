"""Tables as Parquet files that tell when they are damaged.

Pages of values have checksums, which are verified on reading. They do not cover the end of the file, where names and
types of the columns stand; a digest of these, and of the number of rows, is kept there too. Files without either, which
other programs or older versions wrote, are read as they are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from carryover.data.files import atomic_path

SHAPE = b"shape"


class Damaged(Exception):
    """Why a file cannot be read as a table."""


@contextmanager
def table_writer(path: Path, schema: pa.Schema, **layout: Any) -> Iterator[Callable[[pa.Table], None]]:
    """A function that appends tables of this schema to a new file, which appears whole at the end."""
    rows = 0
    with (
        atomic_path(path) as temporary,
        pq.ParquetWriter(temporary, schema, compression="zstd", write_page_checksum=True, **layout) as writer,
    ):

        def append(table: pa.Table) -> None:
            nonlocal rows
            writer.write_table(table)
            rows += table.num_rows

        yield append
        writer.add_key_value_metadata({SHAPE: _shape(schema, rows)})


def write_table(path: Path, table: pa.Table, **layout: Any) -> None:
    """Write one table as a file, atomically."""
    with table_writer(path, table.schema, **layout) as append:
        append(table)


def read_table(path: Path, columns: Collection[str] | None = None) -> pa.Table:
    """The table of a file, or those of these columns that it has.

    Raises FileNotFoundError, and Damaged where the file is not what was written.
    """
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            schema = file.schema_arrow
            wanted = [name for name in schema.names if columns is None or name in columns]
            table = file.read(wanted, use_threads=False)
            written = (file.metadata.metadata or {}).get(SHAPE)
    except FileNotFoundError:
        raise
    except Exception as error:  # pyarrow raises many kinds for a damaged file
        raise Damaged(f"not readable as Parquet ({(str(error).splitlines() or [''])[0][:200]})") from None
    if written is not None and written != _shape(schema, table.num_rows):
        raise Damaged("its columns or rows are not those that it was written with")
    return table


def _shape(schema: pa.Schema, rows: int) -> bytes:
    """A digest of names and types of columns, and the number of rows."""
    columns = "".join(f"{field.name}:{field.type}\n" for field in schema)
    return hashlib.sha256(f"{columns}{rows}".encode()).hexdigest().encode()
