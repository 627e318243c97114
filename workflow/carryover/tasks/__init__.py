"""The tasks: one folder each, one line each here. A folder's `__init__.py` is its record."""

from __future__ import annotations

from carryover.tasks import digit_sum, expression, sentiment
from carryover.tasks.record import Task

TASKS: dict[str, Task] = {
    "digit_sum": digit_sum.TASK,
    "expression": expression.TASK,
    "sentiment": sentiment.TASK,
}
