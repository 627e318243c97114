"""Task `expression`: an arithmetic expression is evaluated."""

from __future__ import annotations

from carryover.tasks.record import Code, Task, Within

TASK = Task(
    name="expression",
    label="evaluating arithmetic expressions",
    readings=("class", "sequence"),
    code=Code(
        generation=(
            "data.py",
            "columns.py",
            "drawing.py",
            "forms.py",
            "grammar.py",
            "numbering.py",
            "settings.py",
        ),
        encoding=("data.py", "encoding.py", "forms.py", "grammar.py", "settings.py"),
        evaluation=("data.py", "forms.py", "grouping.py", "hashing.py", "strata.py"),
        nothing=("__init__.py", "asking.py", "parts.py"),
    ),
    strata={
        "position": "position in the answer (1 = first)",
        "operators": "operators, in order",
        "digits": "digits of the operands",
        "sign": "sign of the answer",
        "carries": "carries",
        "component": "component of the mixture",
        "parentheses": "operands in parentheses",
        "borrows": "borrows",
        "position_from_end": "position from the end of the answer (1 = last)",
    },
    seen_within=Within(label="digits of the operands", stratum="digits"),
    has_mixtures=True,
)
