"""How a large dataset is cut into shards. Each shard is drawn by its own job.

Shards do not change the content of a dataset: no address and no digest depends on them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from carryover.settings.dataset import DatasetSettings
from carryover.settings.rows import SPLITS

BLOCK_ROWS = (
    65_536  # rows that are drawn and digested together; every shard but a split's last holds whole blocks
)
MOST_SHARDS = 10_000  # of a split
NAME = re.compile(rf"({'|'.join(SPLITS)})-([0-9]+)-([0-9]+)\.parquet")


def too_many(dataset: DatasetSettings, shard_rows: int) -> str | None:
    """That a dataset would be made by more jobs than Snakemake can plan, or None."""
    rows = max(dataset.split_rows().values()) if dataset.drawn_by_row() else 0
    jobs = -(-rows // _size(shard_rows))
    if jobs <= MOST_SHARDS:
        return None
    needed = _size(-(-rows // MOST_SHARDS))
    return (
        f"{rows:,} rows of one split are {jobs:,} jobs, and may be {MOST_SHARDS:,}; "
        f"set shard_rows to {needed} or more, or take fewer rows"
    )


def _size(shard_rows: int) -> int:
    """The rows of a shard: whole blocks."""
    return -(-shard_rows // BLOCK_ROWS) * BLOCK_ROWS


def shards(dataset: DatasetSettings, shard_rows: int) -> dict[str, list[range]]:
    """For each split that is made in shards, the rows of each; the other splits are made in one go.

    A split is cut if it has more rows than `shard_rows` (at least 1), rounded up to whole blocks. Data from a file is
    never cut, because reading a part of the file takes as long as reading all of it.
    """
    if not dataset.drawn_by_row():
        return {}
    size = _size(shard_rows)
    return {
        split: [range(start, min(start + size, rows)) for start in range(0, rows, size)]
        for split, rows in dataset.split_rows().items()
        if rows > size
    }


def file_name(split: str, rows: range) -> str:
    """The name of one shard's file. It is in the dataset's folder until the shards are joined."""
    return f"{split}-{rows.start}-{rows.stop}.parquet"


def is_shard(file: Path) -> bool:
    """Whether a file in a dataset's folder is a shard, by its name."""
    return NAME.fullmatch(file.name) is not None


def rows_per_shard(files: Iterable[str]) -> int | None:
    """The `shard_rows` that gives shards with these files. None if none of the files is a shard."""
    names = (NAME.fullmatch(Path(file).name) for file in files)
    return max((int(name[3]) - int(name[2]) for name in names if name), default=None)
