"""Wrong answers of a study, as many as fit, with what is wrong in them marked."""

from __future__ import annotations

import pandas as pd
from markupsafe import Markup, escape

from carryover.report import cells, words
from carryover.report.cells import Cell
from carryover.report.columns import Column, Table, table
from carryover.report.sections import anchor_of
from carryover.report.tables import Row, records
from carryover.report.view import StudyResults

MOST_EXAMPLES = 60
LONGEST_ANSWER = 64  # characters of an answer that are shown
LONGEST_QUESTION = 256


def of_study(study: StudyResults) -> Table | None:
    """Wrong answers, spread over settings and tests."""
    frame = study.of_runs("examples")
    if frame.empty:
        return None
    shown = _spread_out(frame, MOST_EXAMPLES)
    note = (
        f"{len(shown)} of {len(frame):,} wrong answers that were kept, spread over settings and tests."
        if len(frame) > len(shown)
        else ""
    )
    name = f"{anchor_of(study.name)}-wrong"
    return table(name, f"Wrong answers in “{study.title}”", _columns(study), records(shown), note)


def _columns(study: StudyResults) -> list[Column[Row]]:
    columns = [
        Column[Row]("Setting", lambda row: cells.text(study.short_name(study.setting_of[row["run"]]))),
        Column("Seed", lambda row: cells.whole_number(study.seed_of[row["run"]]), numeric=True),
        Column("Test", lambda row: cells.text(study.split_name((row["suite"], row["split"])))),
        Column(
            "Question",
            lambda row: cells.code(words.shorten(str(row["question"]), LONGEST_QUESTION)),
            wide=True,
        ),
    ]
    if study.task.answers == "label":
        # A label is wrong as a whole; symbols are compared where an answer is made of them.
        return [
            *columns,
            Column("Right answer", lambda row: cells.text(row["answer"])),
            Column("Answered", lambda row: cells.text(_given(row))),
        ]
    return [
        *columns,
        Column("Right answer", lambda row: compared(str(row["answer"]), _given(row))[0]),
        Column(
            "Answered",
            lambda row: compared(str(row["answer"]), _given(row))[1],
            note="wrong symbols marked",
        ),
    ]


def _given(row: Row) -> str:
    return "" if words.absent(row["prediction"]) else str(row["prediction"])


def _spread_out(frame: pd.DataFrame, most: int) -> pd.DataFrame:
    """Rows of a frame, as evenly over runs and tests as `most` allows."""
    if len(frame) <= most:
        return frame
    position = frame.groupby(["run", "suite", "split"], sort=False, observed=True).cumcount()
    return frame.loc[sorted(position.sort_values(kind="stable").index[:most])]


def compared(correct: str, given: str) -> tuple[Cell, Cell]:
    """Both answers, the symbols in which they differ marked; long ones around the first difference."""
    if correct.lstrip("-").isdigit() and given.lstrip("-").isdigit():
        # Numbers are compared digit by digit from the lowest.
        width = max(len(correct), len(given))
        correct, given = correct.rjust(width, "\u2007"), given.rjust(width, "\u2007")
    length = max(len(correct), len(given))
    start, end = 0, length
    if length > LONGEST_ANSWER:
        differs = (i for i, (a, b) in enumerate(zip(correct, given, strict=False)) if a != b)
        middle = next(differs, 0)
        start = max(0, min(middle - LONGEST_ANSWER // 2, length - LONGEST_ANSWER))
        end = start + LONGEST_ANSWER
    marked = [
        Markup("<mark>{}</mark>").format(symbol)
        if i >= len(correct) or symbol != correct[i]
        else escape(symbol)
        for i, symbol in enumerate(given[start:end], start)
    ]
    before, after = "…" if start else "", "…" if end < length else ""
    shown = Markup("<code>{}{}{}</code>")
    return (
        Cell(shown.format(before, correct[start:end], after)),
        Cell(shown.format(before, Markup("").join(marked), after)),
    )
