"""Readings: the estimate of each claim under every reading that was run of what its report does not state."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from carryover.analysis.readings import CLAIM
from carryover.report import style, words
from carryover.report.figures.strips import SIGNS, name_of
from carryover.report.tables import Row
from carryover.report.view import StudyResults

KIND = "readings"
MOST_CLAIMS = 6
COLOUR = {"good": style.SERIES[2], "bad": style.SERIES[1], "open": style.SERIES[7], "none": style.SERIES[7]}


def draw(study: StudyResults) -> list[style.Drawn]:
    """One figure where claims with an estimate were judged under several readings: a panel a claim, a row a reading.

    The study's own runs where some were made under another reading, else those of the committed reference.
    """
    source = study.report
    judged = _judged(study, source.readings)
    if not judged and study.report.reference is not None:
        source = study.report.reference
        judged = _judged(study, source.readings)
    if not judged:
        return []
    # Claims whose verdict hangs on the reading come first.
    chosen = sorted(judged, key=lambda claim: not _hangs(judged[claim]))[:MOST_CLAIMS]
    title = "The same claims under other readings of the report"
    heights = [len(judged[claim]) * 0.24 + 0.75 for claim in chosen]
    fig = style.figure(title, 0.6 + sum(heights))
    axes = fig.subplots(len(chosen), 1, squeeze=False, height_ratios=heights)[:, 0]
    texts = {claim.id: claim.text for claim in study.planned.claims}
    for ax, claim in zip(axes, chosen, strict=True):
        _panel(ax, judged[claim])
        ax.set_title(style.wrap(texts.get(claim, claim), 68, 2), fontsize=9)
    hanging = sum(_hangs(rows) for rows in judged.values())
    first = ", which stand first" if 0 < hanging < len(judged) else ""
    whose = "this report" if source is study.report else "the committed reference"
    caption = (
        f"The verdict hangs on the reading in {hanging} of {words.count(len(judged), 'claim')}{first}. "
        "A row a reading: estimate, 95% interval where one is known, and on the right the sign of its verdict. "
        f"Runs of {whose}."
    )
    return [style.Drawn(KIND, f"{study.name}-{KIND}", title, caption, f"{title}. {caption}", fig)]


def _judged(study: StudyResults, readings: dict[tuple[str, str, str], list[Row]]) -> dict[str, list[Row]]:
    """Claim → its readings with an estimate, where there are at least two."""
    found = {}
    for claim in study.planned.claims:
        rows = readings.get((study.name, CLAIM, claim.id), [])
        rows = [row for row in rows if not words.absent(row["value"]) and math.isfinite(row["value"])]
        if len(rows) > 1:
            found[claim.id] = rows
    return found


def _hangs(rows: list[Row]) -> bool:
    """Whether readings of a claim have different verdicts."""
    return len({row["verdict"] for row in rows}) > 1


def _panel(ax: Axes, rows: list[Row]) -> None:
    for y, row in zip(range(len(rows) - 1, -1, -1), rows, strict=True):
        sign, kind = SIGNS.get(row["verdict"], ("", "none"))
        colour = COLOUR[kind]
        if not words.absent(row["low"]):
            ax.plot([row["low"], row["high"]], [y, y], color=colour, linewidth=4.5, alpha=0.35,
                    solid_capstyle="butt", zorder=2)  # fmt: skip
        ax.plot(row["value"], y, "o", color=colour, markersize=6, zorder=3)
        ax.text(1.01, y, sign, color=colour, fontsize=11, fontweight="bold", va="center",
                transform=ax.get_yaxis_transform())  # fmt: skip
    if ax.dataLim.x0 < 0 < ax.dataLim.x1:
        ax.axvline(0, color=style.MUTED, linewidth=0.8, zorder=1)
    ax.xaxis.set_major_locator(MaxNLocator(5))
    style.row_axis(ax, [style.wrap(name_of(row), 30, 1) for row in rows])
