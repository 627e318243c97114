"""Task `digit_sum`: two whole numbers are added digit by digit."""

from __future__ import annotations

from carryover.tasks.record import Code, Length, Stratum, Task, Within
from carryover.tasks.strata_titles import after, amount, counted, numbers

_DIGITS = counted("digit", "digits")

TASK = Task(
    name="digit_sum",
    label="adding two numbers digit by digit",
    readings=("tags",),
    code=Code(
        generation=(
            "data.py",
            "bounds.py",
            "columns.py",
            "contradictions.py",
            "digits.py",
            "distributions.py",
            "drawing.py",
            "hashing.py",
            "pairs.py",
            "pairs_parquet.py",
            "pairs_tables.py",
            "questions.py",
            "settings.py",
            "uniform.py",
            "without_replacement.py",
        ),
        encoding=("data.py", "bounds.py", "digits.py", "distributions.py", "encoding.py", "settings.py"),
        evaluation=("data.py", "digits.py", "hashing.py", "strata.py"),
        nothing=("__init__.py", "asking.py", "sources.py"),
    ),
    # The answer is written from the lowest digit on.
    strata={
        "longest_carry": Stratum("longest carry chain (digits)", after("longest carry")),
        "position": Stratum(
            "digit position (1 = lowest)", lambda value: f"digit {amount(value)} from the lowest"
        ),
        "digits": Stratum("digits of the longer operand", lambda value: f"longer number of {_DIGITS(value)}"),
        "carries": Stratum("carries", counted("carry", "carries")),
        "position_from_end": Stratum(
            "digit position from the top (1 = highest)",
            lambda value: f"digit {amount(value)} from the highest",
        ),
    },
    length=Length(label="digits of the longest operand", stratum="digits"),
    seen_within=Within(
        label="digits of both operands", stratum="operands", title=lambda value: numbers(value.split("+"))
    ),
    reads_files=True,
)
