"""Datasets that are read from files of the user's: what the files hold, and whether they are there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from carryover.config.datasets import Dataset
from carryover.config.pairs import with_file_digests
from carryover.config.sentiment import SentimentDataset, sentiment_available


def with_sources(dataset: Dataset, folder: Path, data_root: Path) -> tuple[Dataset, str | None]:
    """The dataset with the digests of the files that it reads, and why its source is not to be had here (or None).

    `folder` is what relative paths start from, `data_root` where fetched sources are kept. Raises UserError where a
    file of the user's cannot be read.
    """
    if isinstance(dataset, SentimentDataset):
        missing = sentiment_available(dataset, data_root, folder)
        return (dataset, missing) if missing else (dataset.with_file_digests(folder), None)
    return with_file_digests(dataset, folder), None


def recipe(dataset: Dataset) -> dict[str, Any]:
    """The canonical settings, with where to read from written out.

    Paths and addresses are no part of a dataset's identity, so canonical settings lack them.
    """
    settings = dataset.canonical()
    for part in ("source", "distribution"):
        value = getattr(dataset, part, None)
        if value is not None and hasattr(value, "path"):
            settings[part] = value.complete()
    return settings
