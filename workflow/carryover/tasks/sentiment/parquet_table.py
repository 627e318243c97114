"""Reviews in a Parquet file."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from carryover.errors import UserError
from carryover.tasks.sentiment.file_source import FileSource
from carryover.tasks.sentiment.header import positions
from carryover.tasks.sentiment.packed import LARGEST_TABLE, opened, too_large

BATCH_ROWS = 128  # small, so that a few repeated long texts do not fill memory


def read_parquet(path: Path, source: FileSource, labels: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Review and label of each row; labels that are numbers as their digits. Raises UserError for any other file."""
    with opened(path) as (stream, _):
        content = io.BytesIO(stream.read())
    try:
        with pq.ParquetFile(content) as file:
            names = file.schema_arrow.names
            columns = [names[column] for column in positions(names, source, labels, path)]
            size = 0
            for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=columns, use_threads=False):
                size += batch.nbytes
                if size > LARGEST_TABLE:
                    raise too_large(path)
                rows = zip(*(batch[name].to_pylist() for name in columns), strict=True)
                yield from ((_text(review), _text(label)) for review, label in rows)
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{path}: not a readable Parquet file ({str(error).splitlines()[0]})") from None


def _text(value: object) -> str:
    return "" if value is None else str(value)
