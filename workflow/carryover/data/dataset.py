"""A dataset's folder: three splits and dataset.json."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from carryover.config.address import canonical_json, content_hash
from carryover.config.rows import SPLITS
from carryover.data import parquet
from carryover.data.files import read_json, write_json

FORMAT = 1


class DatasetSettings(Protocol):
    """What every task's dataset settings have."""

    @property
    def task(self) -> str: ...

    @property
    def seed(self) -> int: ...

    def canonical(self) -> dict[str, Any]: ...

    def identity(self) -> dict[str, Any]: ...


def write_dataset(
    dataset: DatasetSettings,
    folder: Path,
    schema: pa.Schema,
    batches: Callable[[str], Iterable[pa.RecordBatch]],
) -> None:
    """Write train.parquet, validation.parquet and test.parquet from their batches, empty ones too, then dataset.json.

    dataset.json holds the settings, the rows and content digests of the splits, and one digest of them all.
    """
    about = {
        "settings": canonical_json(dataset.canonical()),
        "distribution": canonical_json(dataset.canonical().get("distribution")),
        "seed": str(dataset.seed),
        "format": str(FORMAT),
    }
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
        },
    )


def dataset_digest(folder: Path) -> str:
    """The one digest of all splits. Raises UserError where dataset.json is missing or damaged."""
    return str(read_json(folder / "dataset.json")["digest"])
