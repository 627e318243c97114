"""Small strips of dots: one line a reading of a claim, with its verdict, its estimate and interval.

A strip is SVG written by hand, because a page may have a hundred of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from carryover.report import words
from carryover.report.agreement import AS_WE_READ_IT
from carryover.report.tables import Row

WIDTH, LINE = 440, 17  # pixels of a strip across, and of a line down
PLOT = (24.0, 164.0)  # where the dots stand; the sign is left of it, the name of the reading right
LONGEST = 44  # characters of a reading
OWN = AS_WE_READ_IT
SIGNS = words.PUBLISHED | words.VERDICTS


def strip(rows: Sequence[Row]) -> Markup:
    """The readings of one claim or published number that were run, a line each. Empty for fewer than two.

    rows: of the table `readings`, of one `study`, `kind` and `id`, the study's own reading first.
    """
    if len(rows) < 2:
        return Markup("")
    scale = _Scale(rows)
    lines = [_line(row, LINE * number + LINE // 2, scale) for number, row in enumerate(rows)]
    height = LINE * len(rows)
    return Markup(
        '<svg class="strip" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img" aria-label="{2}">{3}{4}</svg>'
    ).format(WIDTH, height, told(rows), scale.zero(height), Markup("").join(lines))


def told(rows: Sequence[Row]) -> str:
    """Each reading with its verdict, in words."""
    return "; ".join(f"{name_of(row)}: {row['verdict']}" for row in rows)


def name_of(row: Row) -> str:
    """What a reading is called."""
    return OWN if words.absent(row["instead_of"]) else words.shorten(str(row["reading"]), LONGEST)


def estimate(row: Row) -> str:
    """`0.58 [0.403, 0.756]`; empty where a reading has no estimate."""
    if words.absent(row["value"]):
        return ""
    text = f"{row['value']:.3g}"
    if not words.absent(row["low"]):
        text += f" [{row['low']:.3g}, {row['high']:.3g}]"
    return text


class _Scale:
    """From estimates to pixels."""

    def __init__(self, rows: Sequence[Row]) -> None:
        values = [
            float(row[name])
            for row in rows
            for name in ("value", "low", "high")
            if not words.absent(row[name])
        ]
        values = [value for value in values if math.isfinite(value)]
        self.known = bool(values)
        self.low, self.high = min(values, default=0.0), max(values, default=1.0)

    def at(self, value: float) -> float:
        left, right = PLOT
        span = self.high - self.low
        share = (value - self.low) / span if span else 0.5
        return round(left + min(max(share, 0.0), 1.0) * (right - left), 1)

    def zero(self, height: int) -> Markup:
        """A line at 0, where values lie on both sides of it."""
        if not self.low < 0 < self.high:
            return Markup("")
        return Markup('<path d="M{0} 0V{1}" stroke="currentColor" opacity=".4"/>').format(self.at(0), height)


def _line(row: Row, y: int, scale: _Scale) -> Markup:
    sign, kind = SIGNS.get(row["verdict"], ("", "none"))
    dot = Markup("")
    right = PLOT[1] if scale.known else PLOT[0]
    if not words.absent(row["value"]) and math.isfinite(row["value"]):
        if not words.absent(row["low"]):
            ends = (scale.at(float(row[end])) for end in ("low", "high"))
            dot += Markup('<path d="M{1} {0}H{2}" stroke-width="5" opacity=".35"/>').format(y, *ends)
        dot += Markup('<circle cx="{}" cy="{}" r="4"/>').format(scale.at(float(row["value"])), y)
    seeds = words.count(int(row["seeds"]), "seed")
    title = ", ".join(filter(None, (f"{name_of(row)}: {row['verdict']}", estimate(row), seeds)))
    return Markup(
        '<g class="{}"><title>{}</title>{}<text x="4" y="{}">{}</text><text class="name" x="{:g}" y="{}">{}</text></g>'
    ).format(kind, title, dot, y + 4, sign, right + 14, y + 4, f"{name_of(row)} {estimate(row)}".strip())
