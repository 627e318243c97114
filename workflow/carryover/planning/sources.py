"""The files that datasets are read from: whether they are available, what they hold, and where they lie."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from carryover.tasks import TASKS
from carryover.tasks.datasets import Dataset


def with_sources(dataset: Dataset, folder: Path, data_root: Path) -> tuple[Dataset, str | None]:
    """The dataset with what the files that it reads hold, and why its source is not available here (or None).

    `folder` is what relative paths start from, `data_root` where fetched sources are kept. Raises UserError where a
    file of the user's cannot be read.
    """
    return TASKS[dataset.task].located(dataset, folder, data_root)


def places(dataset: Dataset) -> dict[str, dict[str, str]]:
    """Where a dataset's files lie or come from: what `canonical` leaves out of a part of the settings, by part.

    It is kept apart from the settings, so that no dataset is made again because its file was moved.
    """
    known = {}
    for name in ("source", "distribution"):
        part: Any = getattr(dataset, name, None)
        place = {key: value for key in ("path", "url") if (value := getattr(part, key, None)) is not None}
        if place:
            known[name] = {"kind": part.kind, **place}
    return known


def placed(settings: Mapping[str, Any], places: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Canonical settings of a dataset with its places filled in again."""
    return {**settings, **{name: {**settings.get(name, {}), **place} for name, place in places.items()}}
