"""What a study file says: base settings, sweeps, suites, seeds, what was published and what was claimed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from carryover.settings.base import NotNegative, Settings
from carryover.settings.claims import Claim, Published
from carryover.settings.texts import Name, Prose, SettingPath, Title
from carryover.settings.values import Value

Task = str  # which tasks there are is known, and checked, where files are read
OWN = "own"  # in a suite: the dataset that the run itself was trained on


class SuiteSplit(Settings):
    """One test split of a suite: a split of a named dataset, or of the run's own."""

    dataset: str
    split: Literal["train", "validation", "test"] = "test"


class Suite(Settings):
    """A named group of test splits that a model is evaluated on."""

    task: Task
    splits: Annotated[dict[Name, SuiteSplit], Field(min_length=1)]


class Block(Settings):
    """One block of a sweep: a grid, a list of points, or one factor at a time around the base."""

    grid: dict[SettingPath, Annotated[tuple[Value, ...], Field(min_length=1)]] | None = None
    points: Annotated[tuple[dict[SettingPath, Value], ...], Field(min_length=1)] | None = None
    one_at_a_time: dict[SettingPath, Annotated[tuple[Value, ...], Field(min_length=1)]] | None = None

    @model_validator(mode="after")
    def _is_one_of_three(self) -> Block:
        if sum(part is not None for part in (self.grid, self.points, self.one_at_a_time)) != 1:
            raise ValueError("a sweep block has exactly one of grid, points and one_at_a_time")
        return self


Seeds = Annotated[int, Field(ge=1, le=1000)] | Annotated[tuple[NotNegative, ...], Field(min_length=1)]


class Scale(Settings):
    """How a study changes at a scale: settings that are set, and a sweep, seeds or suites in place of the study's."""

    skip: bool = False
    set: dict[SettingPath, Value] = {}
    sweep: tuple[Block, ...] | None = None
    seeds: Seeds | None = None
    evaluate: tuple[Name, ...] | None = None


class Base(Settings):
    """The settings of a study before any sweep; `dataset` is a name or a dataset written out."""

    dataset: str | dict[str, Value]
    model: dict[str, Value]
    training: dict[str, Value]


Report = Literal["three-number", "expression-seq2seq", "adder-prml", "adder-lengths", "imdb-sweeps"]


class Study(Settings):
    """A question, the runs that answer it, and what was published and claimed about it.

    `base` and `sweep` are the settings as published; `scales` says what quick and full change. `unstated` lists the
    settings that the report does not state: a run that differs from a published point in these alone may decide.
    """

    study: Name
    title: Title
    question: Prose
    report: Report | None = None
    task: Task
    notes: Prose = ""
    datasets: dict[Name, dict[str, Value]] = {}
    suites: dict[Name, Suite] = {}
    base: Base
    evaluate: Annotated[tuple[Name, ...], Field(min_length=1)]
    sweep: tuple[Block, ...] = ()
    seeds: Seeds = 5
    redraw_data: bool = False
    unstated: tuple[SettingPath, ...] = ()
    scales: dict[Literal["quick", "full"], Scale] = {}
    published: tuple[Published, ...] = ()
    claims: tuple[Claim, ...] = ()
