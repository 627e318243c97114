"""The readings of a study: other values of what its report does not state, and the settings that each changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from carryover.planning.messages import shown
from carryover.planning.runs import RunSettings
from carryover.settings.study import Study
from carryover.settings.texts import METRIC


class Variant(NamedTuple):
    """One reading: `value` in place of the study's own `base`."""

    path: str
    base: Any
    value: Any


def variants(study: Study) -> list[Variant]:
    """The readings of a study in the order written, without its own."""
    return [
        Variant(path, base, value) for path, (base, *others) in study.readings.items() for value in others
    ]


def changes(variant: Variant, written: Mapping[str, Any], run: RunSettings) -> dict[str, Any] | None:
    """The values that a reading sets in a setting of the study. None if the setting has not the study's own value.

    `written`: the setting's values as they are written, where a dataset may be a name. A fresh order reads every row
    once, so a longer training or a larger batch gets more training rows.
    """
    if not _has(variant.path, variant.base, written, run):
        return None
    changed = {variant.path: variant.value}
    training = run.training
    if training.order == "fresh" and variant.path in ("training.batch", "training.steps"):
        ours = {"training.batch": training.batch, "training.steps": training.steps} | changed
        needed = ours["training.batch"] * ours["training.steps"]
        if run.dataset.split_rows()["train"] < needed:
            changed["dataset.rows.train"] = needed
    return changed


def _has(path: str, value: Any, written: Mapping[str, Any], run: RunSettings) -> bool:
    if path == "dataset":
        return bool(written["dataset"] == value)
    found: Any = run.complete()
    for key in path.split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
    return bool(found == value) and isinstance(found, bool) == isinstance(value, bool)


def mistakes(study: Study, settings: Iterable[tuple[Mapping[str, Any], RunSettings]]) -> Iterator[str]:
    """A line for each first value of `unstated` that no setting of the study has.

    settings: some settings of the study, written and read, in which each of its values occurs.
    """
    settings = list(settings)
    for path, (base, *_) in study.readings.items():
        if path != METRIC and not any(_has(path, base, written, run) for written, run in settings):
            yield (
                f"unstated.{path}: the first value is {shown(base)}, which no setting of the study has; "
                "write the study's own value first"
            )
