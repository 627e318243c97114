"""Which columns hold the reviews and the labels, and what is said where the file calls them otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from carryover.errors import UserError
from carryover.tasks.sentiment.file_source import FileSource

# What other collections call these columns.
_TEXTS = ("text", "review", "reviews", "review_text", "content", "comment", "sentence", "body", "tweet")
_LABELS = ("label", "labels", "sentiment", "class", "polarity", "target", "rating", "stars", "category")


def names_of(first: Sequence[str], source: FileSource) -> list[str]:
    """The names of the columns, told from the first row: what it says, or numbers from 1 where it is no header."""
    if source.header:
        return [name.strip() for name in first]
    return [str(number) for number in range(1, len(first) + 1)]


def positions(names: Sequence[str], source: FileSource, labels: Sequence[str], path: Path) -> tuple[int, int]:
    """Which columns hold the reviews and the labels, from 0.

    Raises UserError where one is missing or stands twice, with the setting that mends it.
    """
    missing = [name for name in source.columns.names() if list(names).count(name) != 1]
    if missing:
        kind = "once) in its header, which is" if source.header else "once); its columns are"
        raise UserError(
            f"{path}: no column {' and no column '.join(missing)} ({kind} {', '.join(names)[:120] or 'empty'}; "
            f"{_remedy(names, source, labels)}"
        )
    review, sentiment = (list(names).index(name) for name in source.columns.names())
    return review, sentiment


def _remedy(names: Sequence[str], source: FileSource, labels: Sequence[str]) -> str:
    """The setting that mends it, as far as the names tell."""
    review, sentiment = source.columns.names()
    by_lower_case = {name.lower(): name for name in names}
    if len(by_lower_case) == len(names):
        if {review.lower(), sentiment.lower()} <= set(by_lower_case):
            return (
                "capital letters differ: "
                f"set source.{_columns(by_lower_case[review.lower()], by_lower_case[sentiment.lower()])}"
            )
        text = _one_of((review.lower(), *_TEXTS), by_lower_case)
        label = _one_of((sentiment.lower(), *_LABELS), by_lower_case)
        if text is not None and label is not None and text != label:
            return f"if these are the reviews and the labels, set source.{_columns(text, label)}"
    longest = max(range(len(names)), key=lambda column: len(names[column]), default=0)
    at_label = [column for column, name in enumerate(names) if name in labels and column != longest]
    if source.header and (at_label or (len(names) > 1 and len(names[longest].split()) > 3)):
        other = at_label[0] if at_label else int(longest == 0)
        return (
            "if the first line is a review already, set source.header: false and "
            f"source.{_columns(str(longest + 1), str(other + 1))}"
        )
    if len(names) == 1 and source.header:
        return "if another character stands between columns, set source.delimiter"
    return "it should have the columns review and sentiment, or source.columns should name them"


def _columns(review: str, sentiment: str) -> str:
    return f"columns: {{review: {review}, sentiment: {sentiment}}}"


def _one_of(choices: Sequence[str], names: dict[str, str]) -> str | None:
    return next((names[choice] for choice in choices if choice in names), None)
