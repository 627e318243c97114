"""Published numbers and claims: what a report printed, as data.

A kind of claim is a class here, which says what it reads and which settings it speaks of, and a judge in the analysis.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from carryover.metrics import SHARE, value_range
from carryover.settings.base import Positive, PositiveReal, Settings, Share
from carryover.settings.texts import Name, Prose
from carryover.settings.training import SOLVED_AT
from carryover.settings.values import At


class Quantity(Settings):
    """What is measured of a run.

    With `suite` and `split`, a metric of that test split (optionally of one stratum). Without them, a metric of the
    validation split at the end of training (or at the last validation up to `at_step`), or of the whole training.
    carryover.metrics lists them all.
    """

    metric: str = Field(description="What is measured.")
    suite: Name | None = Field(
        default=None,
        description="A suite, for a metric of a test split. Left out, with `split`: measured on validation rows "
        "in training.",
    )
    split: Name | None = Field(default=None, description="A split of the suite.")
    stratum: str = Field(default="all", description="A part of the split, such as `longest_carry=3`.")
    at_step: Positive | None = Field(
        default=None, description="At the last validation up to this step. Left out: at the end."
    )
    better: Literal["higher", "lower"] = Field(
        default="higher",
        description="Which direction is better. Of losses, steps, seconds and parameters it is always `lower`.",
    )

    @model_validator(mode="after")
    def _names_a_split_fully(self) -> Quantity:
        if (self.suite is None) != (self.split is None):
            raise ValueError("suite and split go together: give both (a test split) or neither (validation)")
        if self.stratum != "all" and self.suite is None:
            raise ValueError("a stratum is a part of a test split: name suite and split too")
        return self

    def reading(self, ours: str, other: str) -> Quantity:
        """The same, with the metric `other` in place of `ours`."""
        return self.model_copy(update={"metric": other}) if self.metric == ours else self


def _check_bounds(low: float | None, high: float | None) -> None:
    if low is not None and high is not None and low > high:
        raise ValueError(f"low ({low:g}) is above high ({high:g}); swap them")


Statistic = Literal["max", "min", "median", "mean"]


class Published(Quantity):
    """A number printed in a report: one value, or the range that the report gives, with the place where it stands."""

    id: Name = Field(description="A name, unique in the study.")
    place: Prose = Field(description="Where the number stands in the report.")
    at: At = Field(
        default={},
        description="Which setting of the sweep it is: the values of some settings. Of several that match, those "
        "that set the fewest others.",
    )
    value: float | None = Field(default=None, description="The number that is printed.")
    low: float | None = Field(default=None, description="Where the report gives a bound: the lower one.")
    high: float | None = Field(default=None, description="Where the report gives a bound: the upper one.")
    tuned: bool = Field(
        default=False,
        description="It was used to choose the values of unstated settings, so it counts neither as inside nor as "
        "outside.",
    )
    statistic: Statistic | None = Field(
        default=None,
        description="Where the report prints a statistic of several runs, such as the best (`max`, or `min` of what "
        "should be low). It is compared with that of as many runs of ours. Left out: one run.",
    )
    of: Annotated[int, Field(ge=1, le=100)] | None = Field(
        default=None, description="With `statistic`: of how many runs."
    )
    note: Prose = Field(default="", description="How we read it.")

    @model_validator(mode="after")
    def _has_a_statistic_of_runs(self) -> Published:
        if (self.statistic is None) != (self.of is None):
            raise ValueError(
                "statistic and of go together, as in statistic: max, of: 10 (the best of ten runs)"
            )
        return self

    @model_validator(mode="after")
    def _has_a_value_or_bounds(self) -> Published:
        if (self.value is None) == (self.low is None and self.high is None):
            raise ValueError("a published number has either a value, or a bound: low, high or both")
        _check_bounds(self.low, self.high)
        return self

    def selectors(self) -> list[tuple[str, At]]:
        """The settings that it speaks of, each with the key that names them."""
        return [("at", self.at)]

    def quantities(self) -> list[tuple[str, Quantity]]:
        """What it reads, each with the key that names it."""
        return [("", self)]

    def curves(self) -> list[str]:
        """The metrics of which it reads every validation: none."""
        return []


class ClaimBase(Settings):
    """What every claim has: the sentence it stands for, and where that stands."""

    id: Name = Field(description="A name, unique in the study.")
    text: Prose = Field(description="The sentence of the report.")
    place: Prose = Field(default="", description="Where it stands.")
    because: Literal["mixture", "overlap", "readout", "one_draw", "extrapolation"] | None = Field(
        default=None, description="The reason that the report shows beside the verdict."
    )
    report_says: Prose = Field(
        default="",
        description="Where the report does not print the bound of the claim, so that it is ours: what the report says "
        "in its place, such as `that the loss falls sharply`.",
    )
    note: Prose = Field(default="", description="How we read it.")

    @model_validator(mode="after")
    def _says_it_in_place_of_a_bound(self) -> ClaimBase:
        if self.report_says and not self.bound:
            raise ValueError("report_says stands in place of a bound, and this claim has none; leave it out")
        return self

    @property
    def bound(self) -> str:
        """The number that decides the claim, such as `the bound 0.1`; empty for a claim without one."""
        return ""

    @property
    def our_bound(self) -> str:
        """The sentence that says that the bound is ours; empty where the report prints it, or there is none."""
        says = self.report_says.strip().removesuffix(".")
        return f"We set {self.bound}; the report says only {says}." if says else ""

    def selectors(self) -> list[tuple[str, At]]:
        """The settings that it speaks of, a side each, with the key that names them."""
        raise NotImplementedError

    def quantities(self) -> list[tuple[str, Quantity]]:
        """What it reads, each with the key that names it. The first decides whether a run can tell."""
        raise NotImplementedError

    def curves(self) -> list[str]:
        """The metrics of which it reads every validation, not the last one alone."""
        return []


class OneSided(ClaimBase):
    """A claim about one setting."""

    at: At = Field(default={}, description="The setting that is meant: the values of some settings.")

    def selectors(self) -> list[tuple[str, At]]:
        return [("at", self.at)]


class TwoSided(ClaimBase):
    """A claim that compares two settings, `a` and `b`."""

    a: At = Field(description="The setting that is better, faster or smoother, or one of two.")
    b: At = Field(description="The setting that it is compared with.")

    @model_validator(mode="after")
    def _compares_two(self) -> TwoSided:
        of_b = getattr(self, "of_b", None)
        if self.a == self.b and (of_b is None or of_b == getattr(self, "of", None)):
            raise ValueError("a and b are the same; name two settings, or another quantity as of_b")
        return self

    def selectors(self) -> list[tuple[str, At]]:
        return [("a", self.a), ("b", self.b)]


class SolvesWithin(OneSided):
    """The quantity reaches `threshold` on validation within `steps` steps, in most seeds."""

    kind: Literal["solves_within"] = Field(
        description="The validation metric reaches the threshold in so many steps, in more than `share` of the "
        "runs."
    )
    metric: str = Field(default="exact_match", description="A metric of the validation split.")
    threshold: float = Field(default=SOLVED_AT, description="What the metric should reach.")
    below: bool = Field(
        default=False, description="The metric should fall to the threshold, instead of rising to it."
    )
    steps: Positive = Field(description="In how many steps.")
    share: Share = Field(default=0.5, description="In more than which share of the runs.")

    @property
    def bound(self) -> str:
        threshold = "" if self.threshold == SOLVED_AT else f"the bound {self.threshold:g} and "
        return f"{threshold}the limit of {self.steps:,} steps"

    def quantities(self) -> list[tuple[str, Quantity]]:
        return [("metric", Quantity(metric=self.metric))]

    def curves(self) -> list[str]:
        return [self.metric]


class Fails(OneSided):
    """The quantity stays on the wrong side of `threshold` to the end, in most seeds."""

    kind: Literal["fails"] = Field(
        description="The quantity never reaches the threshold, in more than `share` of the runs."
    )
    of: Quantity = Field(description="What is measured.")
    threshold: float = Field(description="What the quantity does not reach.")
    share: Share = Field(default=0.5, description="In more than which share of the runs.")

    @property
    def bound(self) -> str:
        return f"the bound {self.threshold:g}"

    def quantities(self) -> list[tuple[str, Quantity]]:
        return [("of", self.of)]


class BetterThan(TwoSided):
    """The quantity is better at `a` than at `b`."""

    kind: Literal["better_than"] = Field(description="The quantity is better at `a` than at `b`.")
    of: Quantity = Field(description="What is measured.")
    of_b: Quantity | None = Field(
        default=None, description="What is measured at `b`, where that is another quantity."
    )

    def quantities(self) -> list[tuple[str, Quantity]]:
        return [("of", self.of), *([("of_b", self.of_b)] if self.of_b else [])]


class FasterThan(TwoSided):
    """`a` needs less of `of` (steps or seconds) than `b`."""

    kind: Literal["faster_than"] = Field(
        description="`a` needs fewer steps or seconds than `b`. Seconds count only from runs that were alone on "
        "the machine."
    )
    of: Literal["solved_at", "seconds_per_step", "seconds_per_epoch", "seconds"] = Field(
        description="Steps to solve the task (`solved_at`), or seconds."
    )

    def quantities(self) -> list[tuple[str, Quantity]]:
        return [("of", Quantity(metric=self.of, better="lower"))]


class SmootherThan(TwoSided):
    """The curve of the validation metric is less rough at `a` than at `b`."""

    kind: Literal["smoother_than"] = Field(
        description="The curve of the validation metric is less rough at `a` than at `b`: a share worsens less "
        "between validations; the logarithm of a loss turns less (mean absolute second difference)."
    )
    metric: str = Field(default="exact_match", description="A metric of the validation split.")

    def quantities(self) -> list[tuple[str, Quantity]]:
        return [("", Quantity(metric="roughness", better="lower")), ("metric", Quantity(metric=self.metric))]

    def curves(self) -> list[str]:
        return [self.metric]


class Equivalent(TwoSided):
    """The quantity differs by less than `margin` between `a` and `b`."""

    kind: Literal["equivalent"] = Field(
        description="The quantity differs by less than `margin` between `a` and `b`."
    )
    of: Quantity = Field(description="What is measured.")
    of_b: Quantity | None = Field(
        default=None, description="What is measured at `b`, where that is another quantity."
    )
    margin: PositiveReal = Field(description="The smallest difference that matters.")

    @property
    def bound(self) -> str:
        return f"the margin {self.margin:g}"

    def quantities(self) -> list[tuple[str, Quantity]]:
        return [("of", self.of), *([("of_b", self.of_b)] if self.of_b else [])]


class Ordered(ClaimBase):
    """The quantity is best at the first of `points`, then falls off in their order."""

    kind: Literal["ordered"] = Field(
        description="The quantity is best at the first setting, and each is better than the next."
    )
    points: Annotated[tuple[At, ...], Field(min_length=2)] = Field(
        description="The settings, the best first."
    )
    of: Quantity = Field(description="What is measured.")

    @model_validator(mode="after")
    def _names_each_once(self) -> Ordered:
        if any(at in self.points[:number] for number, at in enumerate(self.points)):
            raise ValueError("points names the same settings twice; name each once")
        return self

    def selectors(self) -> list[tuple[str, At]]:
        return [("points", at) for at in self.points]

    def quantities(self) -> list[tuple[str, Quantity]]:
        return [("of", self.of)]


class ValueClaim(OneSided):
    """The quantity's mean lies within [low, high]; if that says that a share is perfect, most runs are that good."""

    kind: Literal["value"] = Field(
        description="The quantity's mean lies within [low, high]. If `low` is at least 0.999, and the quantity a "
        "share: it is at least `low` in more than half of the runs."
    )
    of: Quantity = Field(description="What is measured.")
    low: float | None = Field(default=None, description="The lower bound.")
    high: float | None = Field(default=None, description="The upper bound.")

    @model_validator(mode="after")
    def _has_a_bound(self) -> ValueClaim:
        if self.low is None and self.high is None:
            raise ValueError("a value claim needs low, high or both")
        _check_bounds(self.low, self.high)
        return self

    @property
    def bound(self) -> str:
        bounds = [f"{bound:g}" for bound in (self.low, self.high) if bound is not None]
        return f"the bound{'s' if len(bounds) > 1 else ''} {' and '.join(bounds)}"

    @property
    def says_perfect(self) -> bool:
        """Whether it says that something is perfect: that a share is at least 0.999."""
        below_one = self.high is not None and self.high < 1
        return (self.low or 0) >= SOLVED_AT and not below_one and value_range(self.of.metric) == SHARE

    def quantities(self) -> list[tuple[str, Quantity]]:
        return [("of", self.of)]


Claim = Annotated[
    SolvesWithin | Fails | BetterThan | FasterThan | SmootherThan | Equivalent | Ordered | ValueClaim,
    Field(discriminator="kind"),
]
