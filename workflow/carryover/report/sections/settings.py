"""The settings of a study: seeds, size, solved or not, and the tests on which they differ most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from carryover.analysis.setting_titles import path_name
from carryover.report import cells, markup, words
from carryover.report.cells import EMPTY, Cell
from carryover.report.columns import Column, Table, table
from carryover.report.sections import anchor_of
from carryover.report.tables import records
from carryover.report.titles import titled
from carryover.report.view import Setting, Split, StudyResults

MOST_TESTS = 3  # that the table has columns for


@dataclass(frozen=True)
class Row:
    """A setting and its row of `solved`, where it has one."""

    setting: Setting
    solved: Mapping[str, Any] | None


def of_study(study: StudyResults) -> Table:
    """A row a setting."""
    splits = study.telling_splits(MOST_TESTS)
    others = len(study.measured_splits) - len(splits)
    note = (
        f"The tests on which settings differ most; {words.count(others, 'other')} below, under all numbers."
        if others
        else ""
    )
    solved = {row["point"]: row for row in records(study.table("solved"))}
    return table(
        anchor_of(study.name, "settings"),
        f"Settings of “{study.title}”, with mean and 95% interval over seeds",
        _columns(study, splits),
        [Row(setting, solved.get(setting.label)) for setting in study.settings],
        note,
        ["solved", "summary", "runs"],
    )


def _columns(study: StudyResults, splits: list[Split]) -> list[Column[Row]]:
    columns = [
        Column[Row]("Setting", lambda row: Cell(study.titled_setting(row.setting.label))),
        Column[Row]("As published", lambda row: _as_published(row.setting)),
        Column[Row]("Seeds", lambda row: cells.number("solved", row.solved, "seeds"), numeric=True),
        Column[Row]("Parameters", lambda row: _parameters(study, row.setting), numeric=True),
    ]
    if study.task.solvable:
        columns += [
            Column("Solved", lambda row: _solved(row.solved), numeric=True, note="runs"),
            Column(
                "Steps, median run",
                lambda row: cells.number("solved", row.solved, "median_steps", "steps"),
                numeric=True,
                note="to solve",
            ),
        ]
    metrics = [metric for metric in dict.fromkeys((study.metric, study.headline)) if metric is not None]
    return columns + [_of_test(study, split, metric) for split in splits for metric in metrics]


def _of_test(study: StudyResults, split: Split, metric: str) -> Column[Row]:
    # A zero-width space lets a long name break after its suite.
    head = f"on {study.split_name(split)}".replace("/", "/\u200b")

    def cell(row: Row) -> Cell:
        return cells.spread("summary", study.spread(row.setting, split, metric), metric)

    return Column(head, cell, numeric=True, note=words.metric(metric))


def _as_published(setting: Setting) -> Cell:
    if setting.as_published:
        return Cell("yes")
    differs = Markup(", ").join(titled(path_name(path), path) for path in setting.differs) or "nothing named"
    return Cell(Markup('no <p class="why">differs in {}</p>').format(differs))


def _parameters(study: StudyResults, setting: Setting) -> Cell:
    rows = study.rows_of_runs(setting)
    if not rows:
        return EMPTY
    least, most = (end(rows, key=lambda row: row["parameters"]) for end in (min, max))
    if least["parameters"] == most["parameters"]:
        return cells.number("runs", least, "parameters")
    ends = (markup.figure("runs", row, "parameters") for row in (least, most))
    return Cell(Markup("{} to {}").format(*ends))


def _solved(row: Mapping[str, Any] | None) -> Cell:
    if row is None or not row["seeds"]:
        return EMPTY
    shown = Markup("{} of {}").format(
        markup.figure("solved", row, "solved"), markup.figure("solved", row, "seeds")
    )
    if not words.absent(row["low"]):
        shown += Markup(' <span class="interval">[{}, {}]</span>').format(
            markup.figure("solved", row, "low", "share"), markup.figure("solved", row, "high", "share")
        )
    if row["diverged"]:
        shown += Markup('<p class="why">{} diverged</p>').format(markup.figure("solved", row, "diverged"))
    return Cell(shown)
