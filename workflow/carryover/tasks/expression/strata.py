"""Properties by which the accuracy on expressions is broken down. Only evaluation uses them, never training."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from carryover.tasks.expression.forms import Form, apply
from carryover.tasks.expression.grouping import grouped


def strata(table: pa.Table) -> dict[str, np.ndarray]:
    """The value of each stratum for each row of a split, arrays of (N,).

    component    which component of a mixture the row was drawn from; only where there is more than one
    operators    in the order in which they stand, such as `+-`
    parentheses  `none`, or which operands they hold, such as `1-2`
    digits       the number of digits of each operand, such as `2-1-2`
    sign         of the answer: `negative`, `zero` or `positive`
    carries, borrows
                 how many digits carry or borrow, over all sums and differences in the order of evaluation, each done
                 with the magnitudes as by hand (`7-12` borrows as 12 - 7, `-5-7` carries as 5 + 7); not in products
    """
    rows = table.num_rows
    operators, parentheses, digits = (np.empty(rows, dtype=object) for _ in range(3))
    carries, borrows = np.zeros(rows, dtype=np.int64), np.zeros(rows, dtype=np.int64)
    for form, members, operands in grouped(table):
        operators[members] = form.operators
        parentheses[members] = "none" if form.group is None else f"{form.group[0] + 1}-{form.group[1]}"
        # All rows of a group have the same pattern of digits, so the first row gives it.
        digits[members] = "-".join(str(len(str(one[0]))) for one in operands)
        carries[members], borrows[members] = _carries_and_borrows(form, operands)
    sign = np.array(["negative", "zero", "positive"], dtype=object)[np.sign(table["answer"].to_numpy()) + 1]
    by = {"operators": operators, "parentheses": parentheses, "digits": digits, "sign": sign}
    component = table["component"].to_numpy(zero_copy_only=False).astype(object)
    if len(set(component.tolist())) > 1:
        by = {"component": component, **by}
    return {**by, "carries": carries, "borrows": borrows}


def _carries_and_borrows(form: Form, operands: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Carries (N,) and borrows (N,) over all operations of expressions of one form."""
    carries, borrows = np.zeros_like(operands[0]), np.zeros_like(operands[0])

    def step(operator: str, left: Any, right: Any) -> Any:
        nonlocal carries, borrows
        if operator != "*":
            signed = right if operator == "+" else -right
            same_sign = np.sign(left) * np.sign(signed) > 0
            a, b = np.abs(left), np.abs(right)
            larger, smaller = np.maximum(a, b), np.minimum(a, b)
            # A carry turns ten units into one of the next digit, so the sum of digits drops by 9.
            carries = carries + np.where(
                same_sign, (_digit_sum(a) + _digit_sum(b) - _digit_sum(a + b)) // 9, 0
            )
            lost = _digit_sum(smaller) + _digit_sum(larger - smaller) - _digit_sum(larger)
            borrows = borrows + np.where(same_sign, 0, lost // 9)
        return apply(operator, left, right)

    form.evaluate(operands, step)
    return carries, borrows


def _digit_sum(values: np.ndarray) -> np.ndarray:
    """The sum of the decimal digits of whole numbers of at least 0."""
    total = np.zeros_like(values)
    while values.any():
        values, digit = np.divmod(values, 10)
        total += digit
    return total
