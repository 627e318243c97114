"""What a study file says: base settings, sweeps, suites, seeds, what was published and what was claimed."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from carryover.settings.base import NotNegative, Positive, PositiveReal, Settings, Share
from carryover.settings.texts import Name, Prose, SettingPath, Title

Value = Any  # validated through the setting that it sets
At = dict[str, Value]  # selects the points of a study whose settings have these values
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


class Quantity(Settings):
    """What is measured of a run.

    With `suite` and `split`, a metric of that test split (optionally of one stratum). Without them, a metric of the
    validation split at the end of training (or at the last validation up to `at_step`), or one of the run's own:
    `parameters`, `solved_at` (steps to solve), `steps`, `seconds_per_step`, `seconds_per_epoch`, `seconds`, `gap`
    (validation loss minus training loss at the end), `train_loss`, `roughness` (mean drop between consecutive
    validations) or `gradient_norm` (mean over training).
    """

    metric: str
    suite: Name | None = None
    split: Name | None = None
    stratum: str = "all"
    at_step: Positive | None = None
    better: Literal["higher", "lower"] = "higher"

    @model_validator(mode="after")
    def _names_a_split_fully(self) -> Quantity:
        if (self.suite is None) != (self.split is None):
            raise ValueError("suite and split go together: give both (a test split) or neither (validation)")
        return self


class Published(Quantity):
    """A number printed in a report: one value, or the range that the report gives, with the place where it stands."""

    id: Name
    place: Prose
    at: At = {}
    value: float | None = None
    low: float | None = None
    high: float | None = None
    note: Prose = ""

    @model_validator(mode="after")
    def _has_a_value_or_bounds(self) -> Published:
        if (self.value is None) == (self.low is None and self.high is None):
            raise ValueError("a published number has either a value, or a bound: low, high or both")
        return self


class ClaimBase(Settings):
    """What every claim has: the sentence it stands for, and where that stands."""

    id: Name
    text: Prose
    place: Prose = ""
    because: Literal["mixture", "overlap", "readout", "one_draw", "extrapolation"] | None = None
    note: Prose = ""


class SolvesWithin(ClaimBase):
    """The quantity reaches `threshold` on validation within `steps` steps, in most seeds."""

    kind: Literal["solves_within"]
    at: At = {}
    metric: str = "exact_match"
    threshold: float = 0.999
    below: bool = False
    steps: Positive
    share: Share = 0.5


class Fails(ClaimBase):
    """The quantity stays on the wrong side of `threshold` to the end, in most seeds."""

    kind: Literal["fails"]
    at: At = {}
    of: Quantity
    threshold: float
    share: Share = 0.5


class BetterThan(ClaimBase):
    """The quantity is better at `a` than at `b`."""

    kind: Literal["better_than"]
    a: At
    b: At
    of: Quantity
    of_b: Quantity | None = None


class FasterThan(ClaimBase):
    """`a` needs less of `of` (steps or seconds) than `b`."""

    kind: Literal["faster_than"]
    a: At
    b: At
    of: Literal["solved_at", "seconds_per_step", "seconds_per_epoch", "seconds"]


class SmootherThan(ClaimBase):
    """The validation metric drops less between consecutive validations at `a` than at `b`."""

    kind: Literal["smoother_than"]
    a: At
    b: At
    metric: str = "exact_match"


class Equivalent(ClaimBase):
    """The quantity differs by less than `margin` between `a` and `b`."""

    kind: Literal["equivalent"]
    a: At
    b: At
    of: Quantity
    of_b: Quantity | None = None
    margin: PositiveReal


class Ordered(ClaimBase):
    """The quantity is best at the first of `points`, then falls off in their order."""

    kind: Literal["ordered"]
    points: Annotated[tuple[At, ...], Field(min_length=2)]
    of: Quantity


class ValueClaim(ClaimBase):
    """The quantity's mean lies within [low, high]."""

    kind: Literal["value"]
    at: At = {}
    of: Quantity
    low: float | None = None
    high: float | None = None

    @model_validator(mode="after")
    def _has_a_bound(self) -> ValueClaim:
        if self.low is None and self.high is None:
            raise ValueError("a value claim needs low, high or both")
        return self


Claim = Annotated[
    SolvesWithin | Fails | BetterThan | FasterThan | SmootherThan | Equivalent | Ordered | ValueClaim,
    Field(discriminator="kind"),
]

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
