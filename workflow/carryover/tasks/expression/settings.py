"""Settings of the task `expression`: how a dataset draws expressions from a grammar or a mixture of grammars."""

from __future__ import annotations

import itertools
from functools import cache
from typing import Annotated, Literal

from pydantic import Field, model_validator

from carryover.settings.base import Seed, Settings, Share
from carryover.settings.dataset import DatasetSettings
from carryover.settings.models import Model
from carryover.settings.rows import SPLITS, Rows
from carryover.settings.training import Training
from carryover.tasks.expression.grammar import Grammar, Mixture, shared

# A classifier has one class for each answer in range; far more fit neither memory nor sense.
MOST_CLASSES = 1_000_000


class Shares(Settings):
    """Which part of a whole grammar each split gets; together all of it."""

    train: Share = Field(default=0.0, description="Part of the expressions to train on.")
    validation: Share = Field(
        default=0.0, description="Part of the expressions that training is followed on."
    )
    test: Share = Field(default=0.0, description="Part of the expressions that suites test on.")

    @model_validator(mode="after")
    def _add_up(self) -> Shares:
        if abs(self.train + self.validation + self.test - 1) > 1e-9:
            raise ValueError(
                f"the shares add up to {self.train + self.validation + self.test:g}; they should add up to 1"
            )
        return self


class ExpressionDataset(DatasetSettings):
    """Expressions drawn from one grammar or from a mixture.

    `draw: with_replacement` takes every row independently; with `disjoint: true` each split draws from its own part of
    the expressions (8, 1 and 1 tenths). `without_replacement` and `whole` take the rows of one keyed permutation of
    the grammar: train from the front, test from the back, validation next to test. `whole` takes `shares`, the others
    take `rows`.
    """

    task: Literal["expression"] = Field(description="An arithmetic expression is worked out.")
    seed: Seed = Field(default=0, description="Another seed, another draw.")
    disjoint: bool = Field(default=False, description="Keep each example in one split only.")
    distribution: Annotated[Grammar | Mixture, Field(discriminator="kind")] = Field(
        description="Which expressions there are: a `grammar`, or a `mixture` of several."
    )
    draw: Literal["with_replacement", "without_replacement", "whole"] = Field(
        default="with_replacement",
        description="`with_replacement`: every row independently. `without_replacement`: each expression once at "
        "most. `whole`: every expression, once.",
    )
    rows: Rows | None = Field(
        default=None,
        description="Rows of `train`, `validation` and `test`; a split that is left out is empty.",
    )
    shares: Shares | None = Field(
        default=None,
        description="With `draw: whole`, instead of `rows`: parts such as `{train: 0.9, validation: 0.1}` that "
        "add up to 1.",
    )

    @model_validator(mode="after")
    def _can_be_drawn(self) -> ExpressionDataset:
        if self.draw == "whole":
            if self.shares is None or self.rows is not None:
                raise ValueError(
                    "draw: whole takes all expressions: give shares (such as train: 0.9), and no rows"
                )
            if isinstance(self.distribution, Mixture):
                raise ValueError(
                    "draw: whole takes one grammar; a mixture is drawn without_replacement, by rows"
                )
        elif self.rows is None or self.shares is not None:
            raise ValueError(f"draw: {self.draw} takes rows (such as train: 1000), and no shares")
        self._check_components()
        return self

    def _check_components(self) -> None:
        components = self.distribution.components
        if self.disjoint or self.draw != "with_replacement":
            for a, b in itertools.combinations(components, 2):
                if shared(a, b):
                    raise ValueError(
                        f"the components {a.full_label()} and {b.full_label()} share expressions, so the splits cannot "
                        "be disjoint; keep their numbers apart, or draw: with_replacement and disjoint: false"
                    )
        rows = {split: self.component_rows(split) for split in SPLITS}
        for number, component in enumerate(components):
            space, wanted = component.space(), {split: counts[number] for split, counts in rows.items()}
            for split, count in wanted.items():
                if count == 0 and sum(rows[split]) > 0:
                    raise ValueError(
                        f"the component {component.full_label()} is empty in the {sum(rows[split])} rows of {split}; "
                        f"set rows.{split} to at least {sum(self.distribution.shares)}, or to 0"
                    )
            if self.draw == "without_replacement" and sum(wanted.values()) > space:
                raise ValueError(
                    f"rows: {sum(wanted.values()):,} different expressions are asked of {component.full_label()}, "
                    f"which has {space:,}; ask for fewer, or draw: with_replacement"
                )
            if self.draw == "with_replacement" and self.disjoint and space < 10:
                raise ValueError(
                    f"{component.full_label()} has {space} expressions, too few to part among disjoint splits; "
                    "set disjoint: false"
                )

    def split_rows(self) -> dict[str, int]:
        """Rows of train, validation and test. Shares are rounded; train takes what rounding leaves."""
        if self.rows is not None:
            return self.rows.by_split()
        assert self.shares is not None
        space = self.distribution.components[0].space()
        validation, test = round(space * self.shares.validation), round(space * self.shares.test)
        return {"train": space - validation - test, "validation": validation, "test": test}

    def estimated_bytes(self) -> int:
        """About how large the Parquet files will be: expressions compress to about 12 bytes a row."""
        return 12 * sum(self.split_rows().values())

    def component_rows(self, split: str) -> list[int]:
        """Rows of each component in a split."""
        rows, shares = self.split_rows()[split], self.distribution.shares
        rest = cycle(shares)[: rows % sum(shares)]
        return [rows // sum(shares) * share + rest.count(number) for number, share in enumerate(shares)]

    def component_labels(self) -> list[str]:
        """A short name for each component, made from its settings, that tells it from the others."""
        components = self.distribution.components
        short = [component.label() for component in components]
        return (
            short if len(set(short)) == len(short) else [component.full_label() for component in components]
        )

    def answer_range(self) -> tuple[int, int]:
        """The smallest and the largest answer that the distribution can produce."""
        ranges = [component.answer_range() for component in self.distribution.components]
        return min(low for low, _ in ranges), max(high for _, high in ranges)

    def longest(self) -> int:
        """The number of characters of the longest expression that the distribution can produce."""
        return max(component.longest() for component in self.distribution.components)

    def characters(self) -> set[str]:
        """Every character of the distribution's expressions."""
        return set().union(*(component.characters() for component in self.distribution.components))

    def space(self) -> int:
        """How many different expressions the distribution has; those that components share count once."""
        components = self.distribution.components
        return sum(
            (1 if size % 2 else -1)
            * sum(shared(*chosen) for chosen in itertools.combinations(components, size))
            for size in range(1, len(components) + 1)
        )

    def positions(self, model: Model, training: Training) -> int:
        """Those of the longest expression and its end; what a decoder writes counts like more of them."""
        answer = max(len(str(end)) for end in self.answer_range()) + 1
        return self.longest() + 1 + (answer if model.reading == "sequence" else 0)

    def outputs(self, model: Model, training: Training) -> int:
        """Of a classifier, one for each answer in range."""
        if model.reading == "class":
            return self.classes()
        return super().outputs(model, training)

    def mistakes(self, model: Model, training: Training) -> list[str]:
        """More classes than a classifier can have."""
        mistakes = super().mistakes(model, training)
        if model.reading == "class" and self.classes() > MOST_CLASSES:
            low, high = self.answer_range()
            mistakes.append(
                f"model.kind: a {model.kind} of answers from {low:,} to {high:,} would have {self.classes():,} "
                f"classes, more than {MOST_CLASSES:,}; choose seq2seq, or smaller numbers"
            )
        return mistakes

    def classes(self) -> int:
        """How many answers there are from the smallest to the largest."""
        low, high = self.answer_range()
        return high - low + 1

    def slug(self) -> str:
        operators = "".join(
            {"+": "a", "-": "s", "*": "m"}[c] for c in self.distribution.components[0].operators
        )
        numbers = "_".join(
            f"{lists[0][0]}-{lists[0][-1]}"
            for lists in (
                component.values_of(component.operands[-1]) for component in self.distribution.components[:3]
            )
        )
        draw = {"with_replacement": "drawn", "without_replacement": "sample", "whole": "whole"}[self.draw]
        return f"expression-{numbers}-{operators}-{draw}"


@cache
def cycle(shares: tuple[int, ...]) -> tuple[int, ...]:
    """The components of one cycle of rows: each as often as its share, spread as evenly as can be."""
    turns = [
        ((turn + 0.5) / share, component) for component, share in enumerate(shares) for turn in range(share)
    ]
    return tuple(component for _, component in sorted(turns))
