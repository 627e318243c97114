"""A dataset's folder: three splits and dataset.json; and, until they are put together, the shards of large splits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from carryover.data import parquet
from carryover.data.files import write_json
from carryover.data.shards import file_name, is_shard
from carryover.data.stored import DatasetFile
from carryover.errors import UserError
from carryover.settings.canonical import canonical_json, content_hash
from carryover.settings.dataset import DatasetSettings
from carryover.settings.rows import SPLITS

FORMAT = 1


def write_dataset(
    dataset: DatasetSettings,
    folder: Path,
    schema: pa.Schema,
    batches: Callable[[str], Iterable[pa.RecordBatch]],
    more: Mapping[str, Any] | None = None,
) -> None:
    """Write train.parquet, validation.parquet and test.parquet from their batches, empty ones too, then dataset.json.

    dataset.json holds the settings, the rows and content digests of the splits, one digest of them all, and `more`.
    """
    about = _about(dataset)
    rows, digests = {}, {}
    for split in SPLITS:
        path = folder / f"{split}.parquet"
        digests[split] = parquet.write_split(path, schema, batches(split), {**about, "split": split})
        rows[split] = parquet.row_count(path)
    write_json(
        folder / "dataset.json",
        {
            "format": FORMAT,
            "task": dataset.task,
            "settings": dataset.identity(),
            "rows": rows,
            "digests": digests,
            "digest": content_hash(digests),
            **(more or {}),
        },
    )


def _about(dataset: DatasetSettings) -> dict[str, str]:
    """The metadata that every file of a dataset carries."""
    return {
        "settings": canonical_json(dataset.canonical()),
        "distribution": canonical_json(dataset.canonical().get("distribution")),
        "seed": str(dataset.seed),
        "format": str(FORMAT),
    }


def write_shard(
    dataset: DatasetSettings,
    folder: Path,
    schema: pa.Schema,
    split: str,
    rows: range,
    batches: Iterable[pa.RecordBatch],
) -> None:
    """Write some rows of a split as a file of their own."""
    about = {**_about(dataset), "split": split, "rows": _range(rows)}
    parquet.write_split(folder / file_name(split, rows), schema, batches, about)


def read_shards(
    dataset: DatasetSettings, folder: Path, split: str, shards: Sequence[range]
) -> Iterator[pa.RecordBatch]:
    """The batches of a split, read from its shards.

    Raises UserError before the first batch if a shard is missing or belongs to another dataset. Raises UserError while
    reading if a shard is damaged.
    """
    paths = [folder / file_name(split, rows) for rows in shards]
    for path, rows in zip(paths, shards, strict=True):
        if not path.exists():
            raise UserError(f"{path}: no such shard; make it with generate-shard, or leave out --shard-rows")
        about = {**_about(dataset), "split": split, "rows": _range(rows)}
        metadata = {key: value for key, value in parquet.metadata(path).items() if key != parquet.DIGEST_KEY}
        if metadata != about or parquet.row_count(path) != len(rows):
            raise UserError(
                f"{path}: not rows {_range(rows)} of {split} of this dataset; remove it and make it again"
            )
    return parquet.joined(paths)


def remove_shards(folder: Path, keep: Mapping[str, Sequence[range]]) -> None:
    """Remove the shards of a finished dataset, except those in `keep`. An interrupted job may have left others."""
    kept = {file_name(split, rows) for split, shards in keep.items() for rows in shards}
    for file in folder.glob("*.parquet"):
        if is_shard(file) and file.name not in kept:
            file.unlink(missing_ok=True)


def _range(rows: range) -> str:
    return f"{rows.start}-{rows.stop}"


def check_split(path: Path) -> None:
    """Compare a split with the digest that dataset.json has of it, in constant memory.

    Raises UserError where they differ, or one of them is missing or damaged.
    """
    about = path.parent / "dataset.json"
    digest = DatasetFile.read(about).digests.get(path.stem)
    if digest is None:
        raise UserError(f"{about}: has no digest of {path.stem}; {DatasetFile.again}")
    try:
        same = parquet.content_digest(path) == digest
    except (ValueError, TypeError, IndexError, pa.ArrowException):  # types of columns that no split has
        same = False
    if not same:
        raise UserError(
            f"{path}: damaged (its rows are not those that dataset.json names); {DatasetFile.again}"
        )


def dataset_digest(folder: Path) -> str:
    """The one digest of all splits. Raises UserError where dataset.json is missing or damaged."""
    return DatasetFile.read(folder / "dataset.json").digest
