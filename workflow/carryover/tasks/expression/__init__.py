"""Task `expression`: an arithmetic expression is evaluated."""

from __future__ import annotations

from carryover.tasks.record import Code, Stratum, Task, Within
from carryover.tasks.strata_titles import after, amount, counted, numbers


def _operators(value: str) -> str:
    """`+-` as `a + b − c`."""
    signs = {"-": "−", "*": "×"}
    return "a" + "".join(
        f" {signs.get(sign, sign)} {letter}" for sign, letter in zip(value, "bcde", strict=False)
    )


def _parentheses(value: str) -> str:
    """`1-3` as `operands 1 to 3 in parentheses`."""
    return "no parentheses" if value == "none" else f"operands {amount(value)} in parentheses"


def _digits(value: str) -> str:
    """`2-1-2` as `2-, 1- and 2-digit numbers`."""
    return numbers(value.split("-"))


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
        "position": Stratum("position in the answer (1 = first)", after("symbol")),
        "operators": Stratum("operators, in order", _operators),
        "digits": Stratum("digits of the operands", _digits),
        "sign": Stratum(
            "sign of the answer", lambda value: "answer 0" if value == "zero" else f"{value} answer"
        ),
        "carries": Stratum("carries", counted("carry", "carries")),
        "component": Stratum("component of the mixture", after("component")),
        "parentheses": Stratum("operands in parentheses", _parentheses),
        "borrows": Stratum("borrows", counted("borrow", "borrows")),
        "position_from_end": Stratum(
            "position from the end of the answer (1 = last)",
            lambda value: f"symbol {amount(value)} from the end",
        ),
    },
    seen_within=Within(label="digits of the operands", stratum="digits", title=_digits),
    has_mixtures=True,
)
