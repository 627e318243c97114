"""One sum as a person asks it, with its answer."""

from __future__ import annotations

import re

import pyarrow as pa

from carryover.errors import UserError
from carryover.tasks.digit_sum.columns import columns
from carryover.tasks.digit_sum.digits import add, decimals, digits_from
from carryover.tasks.record import Run


def parse(asked: str, run: Run) -> pa.Table:
    """A sum of two whole numbers, such as `123+958`, as a table of one row. Raises UserError for anything else."""
    match = re.fullmatch(r"\s*([0-9]+)\s*\+\s*([0-9]+)\s*", asked)
    if match is None:
        raise UserError(f"{asked!r} is not a sum of two whole numbers from 0; ask like 123+456")
    operands = pa.array(list(match.groups()))
    a, b = digits_from(operands)
    total = decimals(add(a[None], b[None]))
    return pa.table([pa.array([0]), decimals(a[None]), decimals(b[None]), total], schema=columns())
