"""The tasks: one folder each, one line each here."""

from __future__ import annotations

from carryover.tasks.record import Task

TASKS: dict[str, Task] = {
    "digit_sum": Task("digit_sum"),
    "expression": Task("expression"),
    "sentiment": Task("sentiment"),
}
