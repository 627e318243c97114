"""Rows of the table of figures, and how a benchmark prints its own."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

HEAD = "| what | figure | target | reached | measured |\n|---|---:|---:|---|---|"


@dataclass(frozen=True)
class Row:
    """One figure. `target` is a bound in the figure's unit: at least it where `more` is better, else at most it."""

    what: str
    figure: float
    unit: str  # "×": a ratio
    measured: str  # what the figure is made of
    target: float | None = None
    more: bool = True

    @property
    def reached(self) -> bool | None:
        """Whether the figure reaches its target; None where there is none."""
        if self.target is None:
            return None
        return self.figure >= self.target if self.more else self.figure <= self.target

    def line(self) -> str:
        """The row in Markdown."""
        target = "" if self.target is None else f"{'≥' if self.more else '≤'} {_text(self.target, self.unit)}"
        reached = {None: "", True: "yes", False: "**no**"}[self.reached]
        return f"| {self.what} | {_text(self.figure, self.unit)} | {target} | {reached} | {self.measured} |"


def _text(figure: float, unit: str) -> str:
    size = abs(figure)
    digits = 0 if size >= 100 else 1 if size >= 10 else 2
    return f"{figure:,.{digits}f} {unit}"


def main(rows: Callable[[], Iterator[Row]]) -> None:
    """Measure and print: the table, or with --json a line for each row."""
    if "--json" not in sys.argv:
        print(HEAD)
    for row in rows():
        print(json.dumps(asdict(row)) if "--json" in sys.argv else row.line(), flush=True)
