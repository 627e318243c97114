"""What a distribution of expressions is a mixture of: digit patterns such as `2-1-2`, the digits of each operand."""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Sequence

from carryover.settings.canonical import canonical_json
from carryover.tasks.expression.grammar import Expressions
from carryover.tasks.expression.settings import ExpressionDataset
from carryover.tasks.record import Part

STRATUM = "digits"  # its values are the patterns


def parts_of(dataset: ExpressionDataset) -> dict[str, Part]:
    """The digit patterns of a distribution, most weight first."""
    distribution = dataset.distribution
    by_pattern: dict[str, dict[Hashable, float]] = {}
    for component, share in zip(distribution.components, distribution.shares, strict=True):
        for pattern, drawn_from, count in _patterns(component):
            weights = by_pattern.setdefault(pattern, {})
            weight = share / sum(distribution.shares) * count / component.space()
            weights[drawn_from] = weights.get(drawn_from, 0.0) + weight
    parts = {
        pattern: Part(
            sum(weights.values()),
            # Where components overlap, their proportions decide the draw too.
            frozenset(
                (origin, round(weight / sum(weights.values()), 9)) for origin, weight in weights.items()
            ),
        )
        for pattern, weights in by_pattern.items()
    }
    return dict(sorted(parts.items(), key=lambda item: (-item[1].weight, item[0])))


def _patterns(component: Expressions) -> list[tuple[str, Hashable, int]]:
    """Each digit pattern of a grammar, what its expressions are (forms and numbers), and how many there are."""
    patterns: list[tuple[str, Hashable, int]] = []
    for operands in component.operands:
        forms = tuple(component.forms_of(operands))
        by_digits = [_by_digits(values) for values in component.values_of(operands)]
        for chosen in itertools.product(*(values.items() for values in by_digits)):
            pattern = "-".join(str(digits) for digits, _ in chosen)
            operand_values = tuple(values for _, values in chosen)
            count = len(forms) * math.prod(map(len, operand_values))
            patterns.append((pattern, (forms, operand_values), count))
    return patterns


def _by_digits(values: Sequence[int]) -> dict[int, Sequence[int]]:
    """Rising numbers by how many digits they have; a range is cut into ranges."""
    if not isinstance(values, range):
        return {
            digits: tuple(group)
            for digits, group in itertools.groupby(values, key=lambda value: len(str(value)))
        }
    cuts: dict[int, Sequence[int]] = {}
    for digits in range(len(str(values[0])), len(str(values[-1])) + 1):
        low = max(values[0], 10 ** (digits - 1) if digits > 1 else 0)
        cuts[digits] = range(low, min(values[-1], 10**digits - 1) + 1)
    return cuts


def streams_of(dataset: ExpressionDataset) -> frozenset[Hashable]:
    """What its rows are drawn from: datasets of one seed have rows in common where they draw from the same."""
    return frozenset(canonical_json(component.grammar()) for component in dataset.distribution.components)
