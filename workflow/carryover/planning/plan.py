"""The plan: all datasets, runs and evaluations that a config asks for, each listed once, as plan.json holds them.

A plan refers to its parts by content address. `expand.make_plan` makes a plan, `Plan.write` writes it, and `Plan.read`
reads it. No other code depends on the format of plan.json.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    computed_field,
    field_serializer,
)

from carryover.data.files import read_json, write_json
from carryover.errors import UserError
from carryover.planning.runs import RunSettings
from carryover.settings.claims import Claim, Published
from carryover.settings.study import Base
from carryover.tasks.datasets import Dataset

AGAIN = "remove it and run the workflow again"


class Part(BaseModel):
    """A part of a plan. Unknown keys, which another version may have written, are ignored."""

    model_config = ConfigDict(
        extra="ignore", frozen=True, strict=True, validate_by_name=True, validate_by_alias=True
    )


class PlannedDataset(Part):
    """One dataset to be made."""

    settings: Dataset

    @computed_field  # type: ignore[prop-decorator]
    @property
    def task(self) -> str:
        """The dataset's task."""
        return self.settings.task

    @computed_field  # type: ignore[prop-decorator]
    @property
    def rows(self) -> dict[str, int]:
        """Rows of train, validation and test."""
        return self.settings.split_rows()

    @field_serializer("settings")
    def _identity(self, settings: Dataset) -> dict[str, Any]:
        return settings.identity()


class PlannedRun(Part):
    """One training, and how many optimizer steps it takes."""

    settings: RunSettings
    dataset: str  # address
    steps: int

    @computed_field  # type: ignore[prop-decorator]
    @property
    def task(self) -> str:
        """The run's task."""
        return self.settings.dataset.task

    @computed_field  # type: ignore[prop-decorator]
    @property
    def seed(self) -> int:
        """The run's seed."""
        return self.settings.seed

    @field_serializer("settings")
    def _identity(self, settings: RunSettings) -> dict[str, Any]:
        return settings.identity()


class EvaluatedSplit(Part):
    """One test split that a run is evaluated on."""

    suite: str
    split: str
    dataset: str  # address
    dataset_split: str


def read_splits(value: Any) -> tuple[EvaluatedSplit, ...]:
    """The test splits of an evaluation from plain data. Raises UserError in one line."""
    try:
        return TypeAdapter(Annotated[tuple[EvaluatedSplit, ...], Field(min_length=1)]).validate_json(
            json.dumps(value)
        )
    except ValidationError:
        keys = ", ".join(EvaluatedSplit.model_fields)
        raise UserError(f"the splits should be a list of one or more mappings with the keys {keys}") from None


class PlannedEvaluation(Part):
    """One run on all the splits that any study asks of it."""

    run: str
    splits: tuple[EvaluatedSplit, ...]


class Replicate(Part):
    """One seed of a setting, with the addresses of its run and evaluation."""

    run: str
    evaluation: str
    seed: int


class Setting(Part):
    """One combination of values in a study's sweep, with its replicates.

    `as_published`: it equals a published setting but for what the report does not state and for `differs`, which then
    holds at most `training.stop_when_solved`. Otherwise `differs` says what keeps it from deciding.
    """

    label: str = Field(validation_alias="point", serialization_alias="point")
    values: dict[str, Any]
    as_published: bool
    differs: tuple[str, ...]
    replicates: tuple[Replicate, ...] = Field(validation_alias="runs", serialization_alias="runs")

    @property
    def runs(self) -> tuple[str, ...]:
        """The addresses of its runs, each once."""
        return tuple(dict.fromkeys(replicate.run for replicate in self.replicates))


class Reading(Part):
    """Another value of something that a report does not state.

    `path` is what is left open, `base` the study's own value, and `value` the other one. `settings` are the settings of
    the study that it changes, under their labels in the study. They have no runs where the plan asks for none.
    """

    path: str
    base: Any
    value: Any
    settings: tuple[Setting, ...] = ()


class PlannedStudy(Part):
    """A study with its settings at the planned scale. `file` is the file that it was read from."""

    name: str
    title: str
    question: str
    report: str | None
    task: str
    notes: str
    file: str
    base: Base
    swept: tuple[str, ...]
    unstated: tuple[str, ...]
    redraw_data: bool
    suites: tuple[str, ...]
    demonstration: bool = False  # its runs show the task and the model, and decide nothing
    published: tuple[Published, ...]
    claims: tuple[Claim, ...]
    settings: tuple[Setting, ...] = Field(validation_alias="points", serialization_alias="points")
    readings: tuple[Reading, ...] = ()
    play: tuple[str, ...] = ()  # addresses of runs that answer questions on the first page of the report
    look_at: tuple[int, ...] = ()  # numbers of seeds at which it is looked at; none: once, at a fixed number

    @property
    def runs(self) -> tuple[str, ...]:
        """The addresses of the runs of all its settings, each once."""
        return tuple(dict.fromkeys(run for setting in self.settings for run in setting.runs))

    @property
    def replicates(self) -> tuple[Replicate, ...]:
        """The runs of all its settings with their seeds and evaluations."""
        return tuple(one for setting in self.settings for one in setting.replicates)

    @property
    def replicates_of_readings(self) -> tuple[Replicate, ...]:
        """The same of its other readings, which may share runs with it and with each other."""
        settings = (setting for reading in self.readings for setting in reading.settings)
        return tuple(one for setting in settings for one in setting.replicates)

    @property
    def runs_of_readings(self) -> tuple[str, ...]:
        """The addresses of the runs of its other readings, each once."""
        return tuple(dict.fromkeys(one.run for one in self.replicates_of_readings))


class Titles(Part):
    """What people call datasets, suites and the splits of suites, by their names, where they have a title."""

    datasets: dict[str, str] = {}
    suites: dict[str, str] = {}
    splits: dict[str, dict[str, str]] = {}  # of each suite

    def over(self, others: Titles) -> Titles:
        """These titles, and those of `others` for what has none here."""
        suites = self.splits.keys() | others.splits.keys()
        return Titles(
            datasets=others.datasets | self.datasets,
            suites=others.suites | self.suites,
            splits={name: others.splits.get(name, {}) | self.splits.get(name, {}) for name in sorted(suites)},
        )


class Plan(Part):
    """Everything that a config asks for, keyed by content address."""

    format: Literal[1] = 1
    name: str
    scale: str
    results: str
    datasets: dict[str, PlannedDataset]
    runs: dict[str, PlannedRun]
    evaluations: dict[str, PlannedEvaluation]
    studies: tuple[PlannedStudy, ...]
    unavailable: tuple[str, ...] = ()  # one line for each study that cannot run here, and why
    reference: str | None = None  # folder of tables that the results are compared with
    titles: Titles = Titles()

    @property
    def report_folder(self) -> Path:
        """The folder of this plan's report."""
        return Path(self.results) / "reports" / self.name

    def tests(self, evaluation: str) -> tuple[tuple[Dataset, int], ...]:
        """The test splits of an evaluation: each a dataset and its rows."""
        splits = self.evaluations[evaluation].splits
        datasets = [(self.datasets[split.dataset].settings, split.dataset_split) for split in splits]
        return tuple((dataset, dataset.split_rows()[split]) for dataset, split in datasets)

    def data(self) -> dict[str, Any]:
        """The plan as plain data, as plan.json holds it."""
        return self.model_dump(mode="json", by_alias=True)

    def write(self, path: Path) -> None:
        """Write plan.json."""
        write_json(path, self.data())

    @classmethod
    def read(cls, path: Path) -> Plan:
        """The plan in a plan.json. Raises UserError where it is missing, damaged or of another format."""
        value = read_json(path, AGAIN, "no such plan; give a folder that the workflow has made a report in")
        try:
            return cls.model_validate_json(json.dumps(value))
        except ValidationError as error:
            raise UserError(f"{path}: {_what_is_wrong(error, value)}") from None


def read_reference(folder: Path, asked: str = "") -> Plan:
    """The plan of reference results. asked: how the folder was asked for, such as `--from folder`.

    Raises UserError where the folder holds none, or a damaged one.
    """
    if not (folder / "plan.json").is_file():
        raise UserError(
            f"{asked or folder}: no reference results here (no plan.json); give one such as results/reference/full"
        )
    return Plan.read(folder / "plan.json")


def _what_is_wrong(error: ValidationError, value: Any) -> str:
    first = error.errors()[0]
    if not isinstance(value, dict) or first["loc"] == ("format",):
        return "a plan of another format; this version reads format 1"
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "missing":
        return f"not a whole plan, it has no {key}; {AGAIN}"
    return f"not a plan of this version ({key}: {first['msg']}); {AGAIN}"
