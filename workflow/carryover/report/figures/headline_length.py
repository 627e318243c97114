"""A headline: the metric against the length of the test, a line a training length, with what was published."""

from __future__ import annotations

from dataclasses import dataclass

from carryover.analysis.statistics import MIN_SEEDS
from carryover.analysis.wording import number
from carryover.metrics import SHARE, value_range
from carryover.report import style, words
from carryover.report.figures.candidate import KIND, Candidate, titled
from carryover.report.figures.lengths import (
    Line,
    draw_line,
    draw_published,
    few_of,
    label_axes,
    lines_of,
    published_points,
)
from carryover.report.figures.looks import looks
from carryover.report.view import Setting, StudyResults

NAME = f"{KIND}-length"


@dataclass(frozen=True)
class Lengths:
    """What is drawn: the lines of a metric, and the published numbers as (setting, length, value)."""

    metric: str
    lines: list[Line]
    printed: list[tuple[Setting, int, float]]


def find(study: StudyResults) -> Candidate[Lengths] | None:
    """The study's lines, where its settings differ in the training data alone, and these in their length."""
    metric = study.metric
    if metric is None or value_range(metric) != SHARE or study.task.length is None:
        return None
    lines = lines_of(study, metric)
    data = {str(_data(line.setting)) for line in lines}
    trained = {study.trained_length(line.setting) for line in lines} - {None}
    if len(data) < len(lines) or len(trained) < 2:
        return None
    lines = sorted(few_of(lines), key=lambda line: study.trained_length(line.setting) or 0)
    shown = [line.setting for line in lines]
    printed = _printed(study, shown, metric)
    seeds = [row["seeds"] for line in lines for _, _, row in line.points]
    return Candidate(
        study,
        Lengths(metric, lines, printed),
        all(setting.as_published for setting in shown) and min(seeds) >= MIN_SEEDS,
        len(printed),
        sum(len(setting.runs) for setting in shown),
    )


def draw(found: Candidate[Lengths], source: str) -> style.Drawn:
    """The figure of a candidate; `source` says whose runs it shows."""
    study, what = found.study, found.what
    title = titled(study, f"{words.metric(what.metric)} by length")
    fig = style.figure(title, 3.9 + 0.2 * len(what.lines))
    ax = fig.subplots()
    drawn_as = looks(study, [line.setting for line in what.lines])
    for line in what.lines:
        draw_line(ax, study, line, drawn_as[line.setting.label], what.metric, singles=True)
    draw_published(ax, what.printed)
    label_axes(ax, study, what.lines, what.metric)
    style.legend_of(fig, ax)
    caption = _caption(found, source)
    return style.Drawn(KIND, NAME, title, caption, f"{title}. {caption}", fig)


def _printed(study: StudyResults, shown: list[Setting], metric: str) -> list[tuple[Setting, int, float]]:
    """What was published of these settings, in whichever study of the report that has the same runs."""
    printed = {}
    for other in study.report.studies:
        for setting, length, value in published_points(other, metric):
            same = next((one for one in shown if set(one.runs) == set(setting.runs)), None)
            if same is not None:
                printed[same.label, length, value] = (same, length, value)
    return list(printed.values())


def _data(setting: Setting) -> dict[str, object]:
    """What a setting sets of the training data."""
    return {path: value for path, value in setting.values.items() if path.split(".")[0] == "dataset"}


def _caption(found: Candidate[Lengths], source: str) -> str:
    study, what = found.study, found.what
    surprise = max(what.printed, key=lambda one: _gap(what, one), default=None)
    longest = max(line.points[-1][0] for line in what.lines)
    told = {longest, *([surprise[1]] if surprise else [])}
    parts = [_at(study, what, sorted(told))]
    if surprise is not None:
        parts.append(_published(study, what, surprise))
    seeds = [int(row["seeds"]) for line in what.lines for _, _, row in line.points]
    over = words.span(min(seeds), max(seeds))
    if max(seeds) > 1:
        parts.append(f"Thick: mean over {over} seeds, its 95% interval shaded; thin: single runs.")
    parts.append("Ticks below the curves: the length of training numbers.")
    smaller = "" if all(line.setting.as_published for line in what.lines) else ", not at published settings"
    parts.append(f"From {source}{smaller}.")
    return " ".join(parts)


def _at(study: StudyResults, what: Lengths, lengths: list[int]) -> str:
    """The mean of each line at these lengths."""
    told = []
    for line in what.lines:
        means = [
            words.brief(float(row["mean"]), what.metric) if (row := line.at(length)) is not None else "–"
            for length in lengths
        ]
        told.append(f"{study.short_name(line.setting)}: {words.listed(means)}")
    assert study.task.length is not None
    where = f"{words.listed([str(length) for length in lengths])} {study.task.length.label}"
    return f"{words.metric(what.metric).capitalize()} at {where}: {'; '.join(told)}."


def _gap(what: Lengths, printed: tuple[Setting, int, float]) -> float:
    """How far a published number lies from our mean; -1 where we have none."""
    row = _row(what, printed)
    return -1.0 if row is None else abs(printed[2] - float(row["mean"]))


def _row(what: Lengths, printed: tuple[Setting, int, float]) -> dict[str, float] | None:
    return next((line.at(printed[1]) for line in what.lines if line.setting == printed[0]), None)


def _published(study: StudyResults, what: Lengths, printed: tuple[Setting, int, float]) -> str:
    """The published number that lies furthest from our mean, against the spread of our runs."""
    setting, length, value = printed
    text = f"Published at {length} ({study.short_name(setting)}): {number(value, what.metric)}"
    row = _row(what, printed)
    if row is None or row["seeds"] < 2:
        return f"{text}."
    low, high = (words.brief(float(row[end]), what.metric) for end in ("minimum", "maximum"))
    text += f"; our {int(row['seeds'])} runs reached {low} to {high}"
    ends = [words.none_if_nan(row[end]) for end in ("prediction_low", "prediction_high")]
    if None in ends:
        return f"{text}."
    low, high = (words.brief(float(end), what.metric) for end in ends)
    return f"{text}, and one more would lie between {low} and {high} (95%)."
