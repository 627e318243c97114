"""What people call the datasets and the suites of a config. No title decides a result, so none is in any address."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from carryover.planning.messages import describe
from carryover.planning.plan import Titles
from carryover.settings.base import Settings
from carryover.settings.study import OWN, Suite, SuiteSplit
from carryover.settings.texts import ShortTitle


class Titled(Settings):
    """What a named dataset has beside its settings."""

    title: ShortTitle | None = Field(
        default=None, description="What the report calls it, such as `10-digit sums`. It changes no result."
    )


def taken_from(
    datasets: Mapping[str, Mapping[str, Any]], files: Mapping[str, Path], mistakes: list[str]
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Named datasets without their titles, and the titles by name. `mistakes` gets a line for each bad title."""
    settings, titles = {}, {}
    for name, dataset in datasets.items():
        settings[name] = {key: value for key, value in dataset.items() if key != "title"}
        written = {"title": dataset["title"]} if "title" in dataset else {}
        try:
            title = Titled.read(written).title
        except ValidationError as error:
            where = f"{files[name]}: datasets.{name}"
            mistakes += [f"{where}.{line}" for line in describe(error, Titled, written)]
            continue
        if title is not None:
            titles[name] = title
    return settings, titles


def of_suites(suites: Mapping[str, Suite], datasets: Mapping[str, str]) -> Titles:
    """The titles of suites and of all their splits. `datasets`: the titles of datasets."""
    return Titles(
        datasets=dict(datasets),
        suites={name: suite.title for name, suite in suites.items() if suite.title is not None},
        splits={
            name: {
                split: title
                for split, settings in suite.splits.items()
                if (title := _of_split(suite, settings, datasets)) is not None
            }
            for name, suite in suites.items()
        },
    )


def _of_split(suite: Suite, split: SuiteSplit, datasets: Mapping[str, str]) -> str | None:
    """A split's own title; else that of its suite, if it is the only split; else that of its dataset."""
    if split.title is not None:
        return split.title
    if len(suite.splits) == 1 and suite.title is not None:
        return suite.title
    return datasets.get(split.dataset) if split.dataset != OWN else None
