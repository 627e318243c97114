"""Published against reproduced: each printed number beside the spread that one further run of ours would have."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from carryover.analysis.wording import number
from carryover.metrics import SHARE, value_range
from carryover.report import style, words
from carryover.report.number_title import number_title
from carryover.report.tables import Row, records
from carryover.report.view import Report

MOST_ROWS = 45
COLOUR = {"inside": style.SERIES[0], "outside": style.SERIES[1]}
MARKER = {"inside": "D", "outside": "X"}


def draw_report(report: Report) -> list[style.Drawn]:
    """One figure a source report: the published numbers that are shares, a row each."""
    table = report.tables["published"]
    table = table[table["seeds"].fillna(0) > 0]
    table = table.assign(report=table["report"].astype(object).where(table["report"].notna(), "own"))
    figures = []
    for name, group in table.groupby("report"):
        shares = group[[value_range(str(metric)) == SHARE for metric in group["metric"]]]
        if len(shares):
            figures.append(_figure(report, str(name), shares, len(group) - len(shares)))
    return figures


def _figure(report: Report, name: str, table: pd.DataFrame, others: int) -> style.Drawn:
    rows = records(table.head(MOST_ROWS))
    names = [style.wrap(_name(report, row), 46) for row in rows]
    title = f"Published and reproduced: {name}"
    fig = style.figure(title, 2.1 + sum(0.235 + 0.13 * text.count("\n") for text in names), wide=True)
    ax = fig.subplots()
    for position, row in enumerate(rows):
        _row(ax, len(rows) - 1 - position, row)
    style.share_axis(ax, vertical=False)
    style.row_axis(ax, names)
    ax.set_xlabel("share right (exact match, token accuracy or accuracy, as published)")
    fig.legend(handles=_legend(), loc="outside lower left", ncols=3)
    counts = table["word"].value_counts()
    tally = ", ".join(f"{count} {word}" for word, count in counts.items())
    caption = (
        f"Of {words.count(len(table), 'published number')}: {tally}. {_outside(report, table)}"
        "Bar: 95% prediction interval for one further run of ours; line: range of our runs; dot: their mean; "
        "the other mark: the number printed in the report."
    )
    if others:
        caption += f" {words.count(others, 'further number')} (losses, sizes, steps …): see the table."
    if len(rows) < len(table):
        caption += f" The first {len(rows)}; the table has all."
    return style.Drawn(
        "published", f"{name}-published", title, caption, f"{title}. {caption}", fig, wide=True
    )


def _outside(report: Report, table: pd.DataFrame) -> str:
    """The number that lies furthest outside, with our mean. Empty where none does."""
    outside = [
        row for row in records(table) if row["word"] == "outside" and not words.absent(row["published"])
    ]
    if not outside:
        return ""
    row = max(outside, key=lambda one: abs(one["published"] - one["mean"]))
    printed, ours = (number(float(row[name]), str(row["metric"])) for name in ("published", "mean"))
    return f"Furthest outside: {_name(report, row)}, printed {printed}, our mean {ours}. "


def _name(report: Report, row: Row) -> str:
    return str(number_title(row, report.by_name[row["study"]]).striptags())


def _row(ax: Axes, y: float, row: dict[str, Any]) -> None:
    value = {key: words.none_if_nan(row.get(key)) for key in row}
    decided = row["word"] in COLOUR
    colour = style.SERIES[0] if decided else style.SERIES[7]
    if value["prediction_low"] is not None and value["prediction_high"] is not None:
        ax.plot([value["prediction_low"], value["prediction_high"]], [y, y], color=colour, linewidth=7, alpha=0.25,
                solid_capstyle="butt", zorder=1)  # fmt: skip
    if value["minimum"] is not None and value["maximum"] is not None:
        ax.plot([value["minimum"], value["maximum"]], [y, y], color=colour, linewidth=1.3, zorder=2)
    if value["mean"] is not None and math.isfinite(value["mean"]):
        ax.plot(value["mean"], y, "o", color=colour, markersize=5, zorder=3)
    mark: dict[str, Any] = {
        "color": COLOUR.get(row["word"], style.MUTED),
        "markersize": 7,
        "markeredgewidth": 1.5,
        "zorder": 4,
    }
    if value["published"] is not None:
        marker = MARKER.get(row["word"], "d")
        ax.plot(
            value["published"], y, marker, markerfacecolor="none" if marker != "X" else mark["color"], **mark
        )
    else:
        low, high = value.get("published_low"), value.get("published_high")
        ends = [low if low is not None else 0.0, high if high is not None else 1.0]
        ax.plot(ends, [y + 0.28, y + 0.28], color=mark["color"], linewidth=2, zorder=4)


def _legend() -> list[Line2D]:
    blue, grey = style.SERIES[0], style.SERIES[7]
    return [
        Line2D([], [], color=blue, linewidth=7, alpha=0.25, label="95% prediction interval, one further run"),
        Line2D([], [], color=blue, linewidth=1.3, marker="o", markersize=5, label="our mean and range"),
        Line2D([], [], color=blue, marker="D", markerfacecolor="none", linestyle="none", markersize=7,
               label="published, inside"),
        Line2D([], [], color=style.SERIES[1], marker="X", linestyle="none", markersize=7, label="published, outside"),
        Line2D([], [], color=grey, marker="d", markerfacecolor="none", linestyle="none", markersize=7,
               label="published; not tested, tuned, or too few seeds"),
        Line2D([], [], color=style.MUTED, linewidth=2, label="published as a range or a bound"),
    ]  # fmt: skip
