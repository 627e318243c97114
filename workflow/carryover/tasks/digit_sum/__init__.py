"""Task `digit_sum`: two whole numbers are added digit by digit."""

from __future__ import annotations

from carryover.tasks.record import Code, Length, Task

TASK = Task(
    name="digit_sum",
    label="adding two numbers digit by digit",
    readings=("tags",),
    code=Code(
        generation=("data.py", "pairs.py", "settings.py", "bounds.py"),
        encoding=("data.py", "settings.py", "bounds.py"),
        evaluation=("data.py", "strata.py"),
        nothing=("__init__.py", "sources.py"),
    ),
    # The answer is written from the lowest digit on.
    strata={
        "longest_carry": "longest carry chain (digits)",
        "position": "digit position (1 = lowest)",
        "digits": "digits of the longer operand",
        "carries": "carries",
        "position_from_end": "digit position from the top (1 = highest)",
    },
    length=Length(label="digits of the longest operand", stratum="digits"),
    reads_files=True,
)
