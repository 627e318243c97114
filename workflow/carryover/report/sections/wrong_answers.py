"""Wrong answers of a study. Numbers stand digit below digit, with their carries, grouped by what went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup, escape

from carryover.report import cells, mistakes, words
from carryover.report.cells import Cell
from carryover.report.columns import Column, Table, table
from carryover.report.sections import anchor_of
from carryover.report.tables import Row, records
from carryover.report.view import StudyResults

MOST_LABELS = 60
MOST_OF_KIND = 6  # examples of one kind of mistake
SHOWN = 2  # of a study, before anything is unfolded
LONGEST_ANSWER = 64  # characters of an answer that are shown
LONGEST_QUESTION = 256


@dataclass(frozen=True)
class Example:
    """A wrong answer: which model and test it is of, and the grid that shows it."""

    about: str
    grid: Markup


@dataclass(frozen=True)
class Group:
    """Wrong answers of one kind, and how many of the kind were kept in all."""

    kind: str
    kept: int
    examples: Sequence[Example]


@dataclass(frozen=True)
class WrongAnswers:
    """The wrong answers of a study: those on sight, each with its kind, and the others by kind."""

    name: str
    kept: int
    first: Sequence[tuple[str, Example]]
    groups: Sequence[Group]
    has_carries: bool


def labels_of_study(study: StudyResults) -> Table | None:
    """Wrong labels, spread over settings and tests. A label is wrong as a whole, so nothing in it is marked."""
    frame = study.of_runs("examples")
    if frame.empty or study.task.answers != "label":
        return None
    shown = _spread_out(frame, MOST_LABELS)
    note = (
        f"{len(shown)} of {len(frame):,} wrong answers that were kept, spread over settings and tests."
        if len(frame) > len(shown)
        else ""
    )
    columns = [
        Column[Row]("Setting", lambda row: Cell(study.titled_setting(study.setting_of[row["run"]].label))),
        Column("Seed", lambda row: cells.whole_number(study.seed_of[row["run"]]), numeric=True),
        Column("Test", lambda row: Cell(study.titled_split((row["suite"], row["split"])))),
        Column("Question", lambda row: cells.code(_question(row)), wide=True),
        Column("Right answer", lambda row: cells.text(row["answer"])),
        Column("Answered", lambda row: cells.text(_given(row))),
    ]
    name = anchor_of(study.name, "wrong")
    return table(name, f"Wrong answers in “{study.title}”", columns, records(shown), note, ["examples"])


def of_study(study: StudyResults) -> WrongAnswers | None:
    """Wrong answers of symbols, by kind of mistake. None for labels, and where none were kept."""
    frame = study.of_runs("examples")
    if frame.empty or study.task.answers == "label":
        return None
    # The same pair may be in several tests; one wrong answer of a model to it is shown once.
    frame = frame.drop_duplicates(["run", "question", "prediction"])
    # Only where each digit is answered on its own do carries explain it; elsewhere a class or a text is predicted.
    sums = study.task.readings == ("tags",)
    kinds = pd.Series(
        [
            mistakes.kind(str(row["question"]), str(row["answer"]), _given(row), sums)
            for row in records(frame)
        ],
        index=frame.index,
    )
    groups = [
        _group(study, kind, frame[kinds == kind], sums) for kind in mistakes.KINDS if (kinds == kind).any()
    ]
    # One of each kind before a second of the same.
    in_turn = [
        (group.kind, group.examples[place])
        for place in range(SHOWN)
        for group in groups
        if place < len(group.examples)
    ]
    return WrongAnswers(anchor_of(study.name, "wrong"), len(frame), in_turn[:SHOWN], groups, sums)


def _group(study: StudyResults, kind: str, frame: pd.DataFrame, sums: bool) -> Group:
    shown = sorted(records(_spread_out(frame, MOST_OF_KIND)), key=lambda row: len(str(row["question"])))
    return Group(kind, len(frame), [_example(study, row, sums) for row in shown])


def _example(study: StudyResults, row: Row, sums: bool) -> Example:
    setting = study.short_name(study.setting_of[row["run"]])
    test = study.split_name((row["suite"], row["split"]))
    about = f"{setting}, seed {study.seed_of[row['run']]}, {test}"
    question = str(row["question"]) if sums else _question(row)
    return Example(about, grid(question, str(row["answer"]), _given(row), sums))


def _question(row: Row) -> str:
    return words.shorten(str(row["question"]), LONGEST_QUESTION)


def _given(row: Row) -> str:
    return "" if words.absent(row["prediction"]) else str(row["prediction"])


def _spread_out(frame: pd.DataFrame, most: int) -> pd.DataFrame:
    """Rows of a frame, as evenly over runs and tests as `most` allows."""
    if len(frame) <= most:
        return frame
    position = frame.groupby(["run", "suite", "split"], sort=False, observed=True).cumcount()
    return frame.loc[sorted(position.sort_values(kind="stable").index[:most])]


def grid(question: str, correct: str, given: str, sums: bool) -> Markup:
    """Question, right answer and the model's, one above the other in a font of one width.

    A caret stands below each wrong symbol, which is marked as well. sums: the question is an addition, whose numbers
    and carries stand above the answers. Answers over LONGEST_ANSWER symbols are cut around a wrong one, which is the
    lowest of a number.
    """
    numbers = mistakes.numbers_added(question) if sums else None
    above: list[tuple[str, str]] = []
    right, answered = mistakes.aligned(correct, given)
    if numbers and mistakes.is_number(given):
        carries = "".join(str(carry or " ") for carry in reversed(mistakes.carries(numbers))).lstrip()
        lines = [carries, *numbers, correct, given]
        width = max(map(len, lines))
        carries, *terms, right, answered = (line.rjust(width) for line in lines)
        above = [("Carries", carries), *(("+" if i else "", term) for i, term in enumerate(terms))]
    wrong = [place for place, (a, b) in enumerate(zip(right, answered, strict=True)) if a != b]
    number = mistakes.is_number(correct) and mistakes.is_number(given)
    cut = _window(len(right), wrong[-1 if number else 0] if wrong else 0)
    carets = "".join("^" if place in wrong else " " for place in range(len(right))).rstrip()
    marked = Markup("").join(
        Markup("<mark>{}</mark>").format(symbol) if place in wrong else escape(symbol)
        for place, symbol in enumerate(answered[cut], cut.start)
    )
    before = "…" if cut.start else ""
    after = "…" if cut.stop < len(right) else ""
    plain = [*above, ("Right", right)]
    shown = [_line(head, before, escape(line[cut]), after) for head, line in plain]
    shown += [_line("Model", before, marked, after), _line("", " " * len(before), escape(carets[cut]), "")]
    asked = [] if above else [_line("Question", "", escape(question), "")]
    return Markup("\n").join([*asked, *shown])


def _window(length: int, middle: int) -> slice:
    """The part of a line that is shown: all of it, or LONGEST_ANSWER symbols around one."""
    start = max(0, min(middle - LONGEST_ANSWER // 2, length - LONGEST_ANSWER))
    return slice(start, min(length, start + LONGEST_ANSWER))


def _line(head: str, before: str, content: Markup, after: str) -> Markup:
    return Markup("{}{}{}{}").format(f"{head:>8}  ", before, content, after)
