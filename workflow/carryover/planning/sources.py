"""The files that datasets are read from: whether they are available, what they contain, and where they are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from carryover.errors import UserError
from carryover.tasks import TASKS
from carryover.tasks.datasets import Dataset


def with_sources(dataset: Dataset, folder: Path, data_root: Path) -> tuple[Dataset, str | None]:
    """The dataset with what the files that it reads hold, and why its source is not available here (or None).

    `folder` is what relative paths start from, `data_root` where fetched sources are kept. Raises UserError where a
    file of the user's cannot be read.
    """
    return TASKS[dataset.task].located(dataset, folder, data_root)


def check_source(dataset: Dataset, folder: Path) -> None:
    """Read a file of the user's before any job does. Raises UserError for whatever is wrong with it."""
    TASKS[dataset.task].check_source(dataset, folder)


def places(dataset: Dataset) -> dict[str, dict[str, str]]:
    """The paths and URLs of a dataset's files, by the part of the settings. `canonical` leaves them out.

    They are kept apart from the settings, so that a moved file does not make a dataset again.
    """
    known = {}
    for name in ("source", "distribution"):
        part: Any = getattr(dataset, name, None)
        place = {key: value for key in ("path", "url") if (value := getattr(part, key, None)) is not None}
        if place:
            known[name] = {"kind": part.kind, **place}
    return known


def placed(settings: Mapping[str, Any], places: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Canonical settings of a dataset with its places filled in again. Raises UserError for what is no mapping."""
    if not isinstance(settings, Mapping):
        raise UserError("the settings of a dataset should be a mapping of keys; see config/README.md")
    return {**settings, **{name: {**settings.get(name, {}), **place} for name, place in places.items()}}
