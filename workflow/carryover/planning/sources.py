"""Datasets that are read from files of the user's: what the files hold, and whether they are there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from carryover.tasks.datasets import Dataset
from carryover.tasks.digit_sum.pairs import with_file_digests
from carryover.tasks.sentiment.settings import SentimentDataset, sentiment_available


def with_sources(dataset: Dataset, folder: Path, data_root: Path) -> tuple[Dataset, str | None]:
    """The dataset with the digests of the files that it reads, and why its source is not to be had here (or None).

    `folder` is what relative paths start from, `data_root` where fetched sources are kept. Raises UserError where a
    file of the user's cannot be read.
    """
    if isinstance(dataset, SentimentDataset):
        missing = sentiment_available(dataset, data_root, folder)
        return (dataset, missing) if missing else (dataset.with_file_digests(folder), None)
    return with_file_digests(dataset, folder), None


def places(dataset: Dataset) -> dict[str, dict[str, str]]:
    """Where a dataset's files lie or come from: what `canonical` leaves out of a part of the settings, by part.

    Apart from the settings, so that a file that moves makes nothing anew.
    """
    found = {}
    for name in ("source", "distribution"):
        part: Any = getattr(dataset, name, None)
        place = {key: value for key in ("path", "url") if (value := getattr(part, key, None)) is not None}
        if place:
            found[name] = {"kind": part.kind, **place}
    return found


def placed(settings: Mapping[str, Any], places: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Canonical settings of a dataset with its places filled in again."""
    return {**settings, **{name: {**settings.get(name, {}), **place} for name, place in places.items()}}
