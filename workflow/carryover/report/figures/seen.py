"""Accuracy on test examples that were in the training data against those that were not."""

from __future__ import annotations

from matplotlib.axes import Axes

from carryover.report import style, words
from carryover.report.tables import Row
from carryover.report.view import Setting, Split, StudyResults, baseline_of

MOST_ROWS = 14
NO_ERRORS = 0.995
MARGIN = 0.005  # a setting no better than always giving the most frequent answer remembers nothing
FEWEST = 20  # examples of either kind, below which their mean tells nothing
# A setting and a test, with their rows of `summary` for seen and for unseen examples.
Pair = tuple[Setting, Split, Row, Row]
STRATA = ("seen=yes", "seen=no")


def draw(study: StudyResults) -> list[style.Drawn]:
    """One figure where at least one test has both kinds of examples: a row a setting and test."""
    metric = study.metric
    rows = _rows(study, metric) if metric is not None else []
    # Without errors, seen and unseen examples do not differ.
    if metric is None or all(unseen["mean"] >= NO_ERRORS for *_, unseen in rows):
        return []
    # The rows where the two differ most, in the order of all rows.
    telling = sorted(range(len(rows)), key=lambda i: -abs(_gap(rows[i])))[:MOST_ROWS]
    kept = [rows[i] for i in sorted(telling)]
    title = "Seen and unseen test examples"
    names = [style.wrap(_name(study, setting, split), 36) for setting, split, *_ in kept]
    fig = style.figure(title, 1.5 + sum(0.24 + 0.13 * name.count("\n") for name in names))
    ax = fig.subplots()
    for y, row in zip(range(len(kept) - 1, -1, -1), kept, strict=True):
        _draw_row(ax, y, row, labelled=y == len(kept) - 1)
    lowest = min(one["mean"] for *_, seen, unseen in kept for one in (seen, unseen))
    style.share_axis(ax, style.shares_from(lowest), vertical=False)
    style.row_axis(ax, names)
    ax.set_xlabel(words.axis(metric))
    handles, labels = ax.get_legend_handles_labels()
    fig.legend(handles, labels, loc="outside lower left", ncols=2)
    caption = _caption(study, kept, len(rows), metric)
    return [style.Drawn("seen", f"{study.name}-seen", title, caption, f"{title}. {caption}", fig)]


def _rows(study: StudyResults, metric: str) -> list[Pair]:
    """Settings and tests with enough examples of both kinds, without those that are no better than guessing."""
    rows: list[Pair] = []
    for split in study.measured_splits:
        for setting in study.available:
            guessing = study.mean(setting, split, baseline_of(metric))
            if study.mean(setting, split, metric) <= guessing + MARGIN:
                continue
            seen, unseen = (study.spread(setting, split, metric, stratum) for stratum in STRATA)
            if seen is None or unseen is None or words.absent(seen["mean"]) or words.absent(unseen["mean"]):
                continue
            if min(seen["n"], unseen["n"]) >= FEWEST:
                rows.append((setting, split, seen, unseen))
    return rows


def _draw_row(ax: Axes, y: int, row: Pair, labelled: bool) -> None:
    seen, unseen = (one["mean"] for one in row[2:])
    ax.plot([seen, unseen], [y, y], color=style.MUTED, linewidth=1, zorder=2)
    ax.plot(seen, y, "o", color=style.SERIES[1], zorder=3, label="seen in training" if labelled else None)
    ax.plot(unseen, y, "s", color=style.SERIES[0], zorder=3, label="unseen" if labelled else None)


def _gap(row: Pair) -> float:
    seen, unseen = (one["mean"] for one in row[2:])
    return float(seen - unseen)


def _name(study: StudyResults, setting: Setting, split: Split) -> str:
    parts = [study.short_name(setting)] if len(study.settings) > 1 else []
    if len(study.splits) > 1 or not parts:
        parts.append(study.split_name(split))
    return " on ".join(parts)


def _caption(study: StudyResults, kept: list[Pair], total: int, metric: str) -> str:
    setting, split, seen, unseen = max(kept, key=lambda row: abs(_gap(row)))
    caption = (
        f"Mean {words.metric(metric)} on test examples that also stand in the training data, and on all others. "
        f"The gap is widest for {_name(study, setting, split)}: seen {words.spread(seen, metric)} "
        f"({seen['n']:,.0f} examples), unseen {words.spread(unseen, metric)} ({unseen['n']:,.0f} examples)."
    )
    return caption + (f" The {len(kept)} of {total} rows with the widest gap." if len(kept) < total else "")
