"""What a study file says: base settings, sweeps, suites, seeds, what was published and what was claimed."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from carryover.settings.base import Seed, Settings
from carryover.settings.claims import Claim, Published
from carryover.settings.texts import Name, OpenPath, Prose, SettingPath, ShortTitle, Title
from carryover.settings.values import Value, each_once

Task = str  # which tasks there are is known, and checked, where files are read
MOST_SETTINGS = 100_000  # that a sweep may have
OWN = "own"  # in a suite: the dataset that the run itself was trained on


class SuiteSplit(Settings):
    """One test split of a suite: a split of a named dataset, or of the run's own."""

    dataset: str = Field(
        description="Name of a dataset, or `own`: the dataset that the run itself was trained on."
    )
    split: Literal["train", "validation", "test"] = Field(default="test", description="Which split of it.")
    title: ShortTitle | None = Field(
        default=None, description="What the report calls it. Left out: the title of its dataset."
    )


class Suite(Settings):
    """A named group of test splits that a model is evaluated on."""

    title: ShortTitle | None = Field(
        default=None,
        description="What the report calls it, such as `10-digit sums`. A suite of one split gives it to the split.",
    )
    task: Task = Field(description="The task of its datasets.")
    splits: Annotated[dict[Name, SuiteSplit], Field(min_length=1)] = Field(
        description="A name for each test split, and what it is."
    )


Choices = Annotated[tuple[Value, ...], Field(min_length=1), AfterValidator(each_once)]
Combinations = Annotated[tuple[dict[SettingPath, Value], ...], Field(min_length=1), AfterValidator(each_once)]


class Block(Settings):
    """One block of a sweep: a grid, a list of points, or one factor at a time around the base."""

    grid: dict[SettingPath, Choices] | None = Field(
        default=None, description="Every combination of these values, by the dotted paths of settings."
    )
    points: Combinations | None = Field(default=None, description="Combinations as they are written.")
    one_at_a_time: dict[SettingPath, Choices] | None = Field(
        default=None,
        description="These values of one setting, all others as in the base; then those of the next setting.",
    )

    @model_validator(mode="after")
    def _is_one_of_three(self) -> Block:
        if sum(part is not None for part in (self.grid, self.points, self.one_at_a_time)) != 1:
            raise ValueError("a sweep block has exactly one of grid, points and one_at_a_time")
        return self

    def settings(self) -> int:
        """How many settings the block has, without making them."""
        if self.grid is not None:
            return math.prod(len(values) for values in self.grid.values())
        if self.one_at_a_time is not None:
            return sum(len(values) for values in self.one_at_a_time.values())
        return len(self.points or ())


def _can_be_planned(sweep: tuple[Block, ...]) -> tuple[Block, ...]:
    settings = sum(block.settings() for block in sweep)
    if settings > MOST_SETTINGS:
        raise ValueError(f"has {settings:,} settings, and may have {MOST_SETTINGS:,}; leave out some values")
    return sweep


Sweep = Annotated[tuple[Block, ...], AfterValidator(_can_be_planned)]


def _rises(look_at: tuple[int, ...]) -> tuple[int, ...]:
    if any(later <= earlier for earlier, later in pairwise(look_at)):
        raise ValueError("look_at must rise, as in [3, 5, 8, 12, 20]")
    return look_at


Count = Annotated[int, Field(ge=1, le=1000)]


class Looks(Settings):
    """Seeds that are added look by look until the runs decide: a group-sequential design, which errs in 5% in all."""

    look_at: Annotated[
        tuple[Annotated[int, Field(ge=3, le=1000)], ...], Field(min_length=2), AfterValidator(_rises)
    ] = Field(
        description="How many seeds each setting has at each look, rising, at least 3. The plan has those of the "
        "first look; more seeds in the config lead to the next ones."
    )


FixedSeeds = Count | Annotated[tuple[Seed, ...], Field(min_length=1), AfterValidator(each_once)]
Seeds = FixedSeeds | Looks
Unstated = tuple[SettingPath, ...] | dict[OpenPath, Choices | None]
Suites = Annotated[tuple[Name, ...], Field(min_length=1), AfterValidator(each_once)]


class Scale(Settings):
    """How a study changes at a scale: which settings are trained, and what is set or put in place of its own."""

    skip: bool = Field(
        default=False,
        description="Train nothing at this scale. The report shows what the committed reference says.",
    )
    only: Combinations | None = Field(
        default=None,
        description="Of the sweep, only the settings that have one of these combinations of values.",
    )
    demonstration: bool = Field(
        default=False,
        description="The runs show the task and the model, and decide nothing. The report says so.",
    )
    set: dict[SettingPath, Value] = Field(
        default={},
        description="Settings that are put over the base, by their dotted paths. The sweep's own values still "
        "win.",
    )
    sweep: Sweep | None = Field(default=None, description="Stands in place of the study's sweep.")
    seeds: Seeds | None = Field(default=None, description="Stands in place of the study's seeds.")
    evaluate: Suites | None = Field(default=None, description="Stands in place of the study's suites.")


class Base(Settings):
    """The settings of a study before any sweep; `dataset` is a name or a dataset written out."""

    dataset: str | dict[str, Value] = Field(description="Name of a dataset, or a dataset written out.")
    model: dict[str, Value] = Field(description="`kind` and the settings of that model.")
    training: dict[str, Value] = Field(description="Settings of the training.")


Report = Literal["three-number", "expression-seq2seq", "adder-prml", "adder-lengths", "imdb-sweeps"]


class Study(Settings):
    """A question, the runs that answer it, and what was published and claimed about it.

    `base` and `sweep` are the settings as published; `scales` says what quick and full change. `unstated` names the
    settings that the report does not state. If it gives values, the first one is ours, and each other value is another
    reading of the report. Without values, a run that differs from a published setting only in these may decide.
    """

    study: Name = Field(description="Its name, unlike any other study's.")
    title: Title = Field(description="A title for the report.")
    question: Prose = Field(description="The question that it answers, for the report.")
    report: Report | None = Field(default=None, description="The report that it reproduces.")
    task: Task = Field(description="The task of its dataset and suites.")
    notes: Prose = Field(default="", description="Text that is shown with the settings.")
    datasets: dict[Name, dict[str, Value]] = Field(
        default={}, description="More datasets, as in their own files."
    )
    suites: dict[Name, Suite] = Field(default={}, description="More suites, as in their own files.")
    base: Base = Field(description="Settings before any sweep.")
    evaluate: Suites = Field(description="Names of suites.")
    sweep: Sweep = Field(
        default=(), description="What is varied: a list of blocks. Left out: the base alone."
    )
    seeds: Seeds = Field(
        default=5, description="How many replicates of each setting, or a list of seeds, or `look_at`."
    )
    redraw_data: bool = Field(
        default=False,
        description="Each replicate has its own draw of the training data. Otherwise they share it.",
    )
    unstated: Unstated = Field(
        default=(),
        description="Settings that the report does not state, by their dotted paths: a list, or a mapping to the "
        "values worth trying. The first is the study's own, and the others are run at full scale, one at a time.",
    )
    scales: dict[Literal["quick", "full"], Scale] = Field(
        default={}, description="What `quick` and `full` change."
    )
    play: tuple[dict[SettingPath, Value], ...] = Field(
        default=(),
        description="Settings whose model answers questions on the first page of the report, each by some of its "
        "values, such as `[{dataset: digits-2}]`. It is the run of the first seed.",
    )
    published: tuple[Published, ...] = Field(default=(), description="Numbers that the report prints.")
    claims: tuple[Claim, ...] = Field(default=(), description="Sentences of the report, as data.")

    @property
    def unstated_paths(self) -> tuple[str, ...]:
        """What the report does not state."""
        return tuple(self.unstated)

    @property
    def accepted(self) -> tuple[str, ...]:
        """The settings of which any value counts as published: those that are unstated, and have no values."""
        return tuple(path for path in self.unstated if path not in self.readings)

    @property
    def readings(self) -> dict[str, tuple[Value, ...]]:
        """The values of each unstated setting that has some, the study's own one first. `metric` may be among them."""
        named = self.unstated if isinstance(self.unstated, dict) else {}
        return {path: values for path, values in named.items() if values is not None}
