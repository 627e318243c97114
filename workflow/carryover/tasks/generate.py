"""Making a dataset of any task: in one go, or in shards."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from carryover.data.dataset import read_shards, remove_shards, write_dataset, write_shard
from carryover.data.shards import shards
from carryover.errors import UserError
from carryover.settings.dataset import DatasetSettings
from carryover.tasks import TASKS
from carryover.tasks.record import DrawnData


def generate(
    dataset: DatasetSettings, folder: Path, data: Path = Path("data"), shard_rows: int | None = None
) -> None:
    """Make a dataset: its three splits and dataset.json in `folder`. `data` is where fetched sources are kept.

    With `shard_rows`, splits that have more rows are put together from shards that lie in `folder` (`generate_shard`
    makes one); every file is the same as without. Raises UserError where a shard is missing, damaged, or not of this
    dataset.
    """
    task = TASKS[dataset.task].data
    own = getattr(task, "generate", None)  # of a task that stores more than its splits, such as a vocabulary
    if own is not None:
        own(dataset, folder, data)
        return
    ranges = shards(dataset, shard_rows) if shard_rows is not None else {}
    stored = {split: read_shards(dataset, folder, split, ranges[split]) for split in ranges}
    write_dataset(
        dataset,
        folder,
        task.columns(),
        lambda split: stored[split] if split in stored else task.batches(dataset, split),
    )
    remove_shards(folder, keep=ranges)


def generate_shard(dataset: DatasetSettings, folder: Path, split: str, rows: range) -> None:
    """Make some rows of a split as a file in `folder`, for `generate` to put together.

    Raises UserError for rows that the split does not have, and for datasets that are not drawn row by row.
    """
    if not dataset.drawn_by_row():
        raise UserError(f"task {dataset.task}: its datasets are made in one go; use `carryover generate`")
    count = dataset.split_rows()[split]
    if not 0 <= rows.start < rows.stop <= count:
        raise UserError(f"rows {rows.start}-{rows.stop}: {split} has rows 0-{count}; ask for some of those")
    task = cast(DrawnData, TASKS[dataset.task].data)
    write_shard(dataset, folder, task.columns(), split, rows, task.batches(dataset, split, rows))
