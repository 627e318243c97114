"""Task `expression`: an arithmetic expression is evaluated."""

from __future__ import annotations

from carryover.tasks.record import Code, Task

TASK = Task(
    name="expression",
    label="evaluating arithmetic expressions",
    readings=("class", "sequence"),
    code=Code(
        generation=("data.py", "settings.py", "grammar.py", "forms.py"),
        encoding=("data.py", "settings.py", "grammar.py", "forms.py"),
        evaluation=("data.py", "strata.py", "forms.py"),
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
)
