"""Task `digit_sum`: two whole numbers are added digit by digit."""

from __future__ import annotations

from carryover.tasks.record import Code, Length, Task, Within

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
        "longest_carry": "longest carry chain (digits)",
        "position": "digit position (1 = lowest)",
        "digits": "digits of the longer operand",
        "carries": "carries",
        "position_from_end": "digit position from the top (1 = highest)",
    },
    length=Length(label="digits of the longest operand", stratum="digits"),
    seen_within=Within(label="digits of both operands", stratum="operands"),
    reads_files=True,
)
