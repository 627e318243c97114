"""Seen test examples against unseen ones, like with like: how much better they are answered."""

from __future__ import annotations

from matplotlib.axes import Axes

from carryover.analysis.wording import signed
from carryover.report import style, words
from carryover.report.tables import Row, records
from carryover.report.view import StudyResults

MOST_ROWS = 14
KIND = "seen"


def draw(study: StudyResults) -> list[style.Drawn | style.NotDrawn]:
    """One figure of the table `seen`: a row a setting and test. The reason, where the two cannot be compared."""
    title = "Seen and unseen test examples, like with like"
    name = f"{study.name}-{KIND}"
    if not _has_seen(study):
        return []
    rows = records(study.table("seen"))
    rows = [row for row in rows if row["metric"] == study.metric and not words.absent(row["difference"])]
    within = study.task.seen_within.label if study.task.seen_within is not None else "length"
    if not rows:
        reason = (
            "seen examples differ from unseen ones in length too, and the results here do not compare the two within "
            f"equal {within}, so memory cannot be told from ease"
        )
        return [style.NotDrawn(KIND, name, title, reason)]
    # The rows in which the two differ most, in the order of all rows.
    telling = sorted(range(len(rows)), key=lambda i: -abs(rows[i]["difference"]))[:MOST_ROWS]
    kept = [rows[i] for i in sorted(telling)]
    names = [style.wrap(_name(study, row), 36) for row in kept]
    fig = style.figure(title, 1.6 + sum(0.24 + 0.13 * text.count("\n") for text in names))
    ax = fig.subplots()
    ax.axvline(0, color=style.MUTED, linewidth=0.9, zorder=1)
    for y, row in zip(range(len(kept) - 1, -1, -1), kept, strict=True):
        _draw_row(ax, y, row)
    style.row_axis(ax, names)
    ax.set_xlabel(f"{words.metric(study.metric or '')}: seen minus unseen")
    style.legend_of(fig, ax)
    caption = _caption(study, kept, len(rows), within)
    return [style.Drawn(KIND, name, title, caption, f"{title}. {caption}", fig)]


def _has_seen(study: StudyResults) -> bool:
    """Whether some test of the study has seen and unseen examples."""
    return any(
        study.spread(setting, split, study.metric or "", "seen=yes") is not None
        for split in study.measured_splits
        for setting in study.available
    )


def _draw_row(ax: Axes, y: float, row: Row) -> None:
    """The difference like with like with its interval; beside it that of all seen and all unseen examples."""
    ax.plot(row["crude"], y, "|", color=style.SERIES[7], markersize=9, markeredgewidth=1.6, zorder=2,
            label="all seen minus all unseen examples")  # fmt: skip
    if not words.absent(row["low"]):
        ax.plot([row["low"], row["high"]], [y, y], color=style.SERIES[0], linewidth=4.5, alpha=0.35,
                solid_capstyle="butt", zorder=3)  # fmt: skip
    ax.plot(row["difference"], y, "o", color=style.SERIES[0], markersize=6, linestyle="none", zorder=4,
            label="like with like, with its 95% interval")  # fmt: skip


def _name(study: StudyResults, row: Row) -> str:
    parts = [str(study.name_of(row["point"]))] if len(study.settings) > 1 else []
    if len(study.splits) > 1 or not parts:
        parts.append(study.split_name((row["suite"], row["split"])))
    return " on ".join(parts)


def _caption(study: StudyResults, kept: list[Row], total: int, within: str) -> str:
    widest = max(kept, key=lambda row: abs(row["difference"]))
    better = [row for row in kept if row["decided"] == "better"]
    interval = "" if words.absent(widest["low"]) else f" [{signed(widest['low'])}, {signed(widest['high'])}]"
    parts = [
        f"Seen examples are answered better in {len(better)} of {words.count(len(kept), 'row')}, decided over seeds.",
        f"The difference is widest for {_name(study, widest)}: {signed(widest['difference'])}{interval}; "
        f"all seen minus all unseen examples would be {signed(widest['crude'])}.",
        f"Like with like: within equal {within}.",
    ]
    if len(kept) < total:
        parts.append(f"The {len(kept)} of {total} rows with the widest difference.")
    return " ".join(parts)
