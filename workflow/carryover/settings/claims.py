"""Published numbers and claims: what a report printed, as data.

A kind of claim is a class here, which says what it reads and which settings it speaks of, and a judge in the analysis.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from carryover.metrics import SOLVED_AT
from carryover.settings.base import Positive, PositiveReal, Settings, Share
from carryover.settings.texts import Name, Prose
from carryover.settings.values import At


class Quantity(Settings):
    """What is measured of a run.

    With `suite` and `split`, a metric of that test split (optionally of one stratum). Without them, a metric of the
    validation split at the end of training (or at the last validation up to `at_step`), or of the whole training.
    carryover.metrics lists them all.
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
        if self.stratum != "all" and self.suite is None:
            raise ValueError("a stratum is a part of a test split: name suite and split too")
        return self


def _check_bounds(low: float | None, high: float | None) -> None:
    if low is not None and high is not None and low > high:
        raise ValueError(f"low ({low:g}) is above high ({high:g}); swap them")


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

    id: Name
    text: Prose
    place: Prose = ""
    because: Literal["mixture", "overlap", "readout", "one_draw", "extrapolation"] | None = None
    note: Prose = ""

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

    at: At = {}

    def selectors(self) -> list[tuple[str, At]]:
        return [("at", self.at)]


class TwoSided(ClaimBase):
    """A claim that compares two settings, `a` and `b`."""

    a: At
    b: At

    @model_validator(mode="after")
    def _compares_two(self) -> TwoSided:
        quantities = [quantity for _, quantity in self.quantities()]
        if self.a == self.b and all(quantity == quantities[0] for quantity in quantities):
            raise ValueError("a and b are the same; name two settings, or another quantity as of_b")
        return self

    def selectors(self) -> list[tuple[str, At]]:
        return [("a", self.a), ("b", self.b)]


class SolvesWithin(OneSided):
    """The quantity reaches `threshold` on validation within `steps` steps, in most seeds."""

    kind: Literal["solves_within"]
    metric: str = "exact_match"
    threshold: float = SOLVED_AT
    below: bool = False
    steps: Positive
    share: Share = 0.5

    def quantities(self) -> list[tuple[str, Quantity]]:
        return [("metric", Quantity(metric=self.metric))]

    def curves(self) -> list[str]:
        return [self.metric]


class Fails(OneSided):
    """The quantity stays on the wrong side of `threshold` to the end, in most seeds."""

    kind: Literal["fails"]
    of: Quantity
    threshold: float
    share: Share = 0.5

    def quantities(self) -> list[tuple[str, Quantity]]:
        return [("of", self.of)]


class BetterThan(TwoSided):
    """The quantity is better at `a` than at `b`."""

    kind: Literal["better_than"]
    of: Quantity
    of_b: Quantity | None = None

    def quantities(self) -> list[tuple[str, Quantity]]:
        return [("of", self.of), *([("of_b", self.of_b)] if self.of_b else [])]


class FasterThan(TwoSided):
    """`a` needs less of `of` (steps or seconds) than `b`."""

    kind: Literal["faster_than"]
    of: Literal["solved_at", "seconds_per_step", "seconds_per_epoch", "seconds"]

    def quantities(self) -> list[tuple[str, Quantity]]:
        return [("of", Quantity(metric=self.of, better="lower"))]


class SmootherThan(TwoSided):
    """The validation metric drops less between consecutive validations at `a` than at `b`."""

    kind: Literal["smoother_than"]
    metric: str = "exact_match"

    def quantities(self) -> list[tuple[str, Quantity]]:
        return [("", Quantity(metric="roughness", better="lower")), ("metric", Quantity(metric=self.metric))]

    def curves(self) -> list[str]:
        return [self.metric]


class Equivalent(TwoSided):
    """The quantity differs by less than `margin` between `a` and `b`."""

    kind: Literal["equivalent"]
    of: Quantity
    of_b: Quantity | None = None
    margin: PositiveReal

    def quantities(self) -> list[tuple[str, Quantity]]:
        return [("of", self.of), *([("of_b", self.of_b)] if self.of_b else [])]


class Ordered(ClaimBase):
    """The quantity is best at the first of `points`, then falls off in their order."""

    kind: Literal["ordered"]
    points: Annotated[tuple[At, ...], Field(min_length=2)]
    of: Quantity

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
    """The quantity's mean lies within [low, high]."""

    kind: Literal["value"]
    of: Quantity
    low: float | None = None
    high: float | None = None

    @model_validator(mode="after")
    def _has_a_bound(self) -> ValueClaim:
        if self.low is None and self.high is None:
            raise ValueError("a value claim needs low, high or both")
        _check_bounds(self.low, self.high)
        return self

    def quantities(self) -> list[tuple[str, Quantity]]:
        return [("of", self.of)]


Claim = Annotated[
    SolvesWithin | Fails | BetterThan | FasterThan | SmootherThan | Equivalent | Ordered | ValueClaim,
    Field(discriminator="kind"),
]
