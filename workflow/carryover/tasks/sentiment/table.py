"""The user's own reviews: a table of any kind, checked row by row."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from carryover.errors import UserError
from carryover.tasks.sentiment.delimited import read_delimited
from carryover.tasks.sentiment.file_source import FileSource
from carryover.tasks.sentiment.packed import opened

MOST_REVIEWS = 2_000_000  # so many short ones take as much memory as the largest file
_WHOLE = re.compile(r"(-?\d+)\.0+")


def read_table(source: FileSource, labels: Sequence[str]) -> list[tuple[str, str]]:
    """The rows of a file, in its order: reviews, each with its label, which is one of `labels`.

    A label such as `1.0` stands for `1`. Raises UserError for whatever is wrong with the file or one of its rows.
    """
    if source.path is None:
        raise UserError("source.path is not set; it should name a file with the columns review and sentiment")
    path = Path(source.path)
    _refuse_another_file(path, source)
    with opened(path) as (_, name):
        is_parquet = name.endswith(".parquet")
    if is_parquet:
        from carryover.tasks.sentiment.parquet_table import read_parquet as read
    else:
        read = read_delimited
    known = {label: label for label in labels}
    reviews = []
    for row, (review, written) in enumerate(read(path, source, labels), start=1):
        if not review.strip():
            raise UserError(f"{path}: row {row}: the review is empty; every row needs one")
        label = known.get(written.strip()) or known.get(_WHOLE.sub(r"\1", written.strip()))
        if label is None:
            raise UserError(f"{path}: row {row}: {_unknown_label(written.strip(), labels, review)}")
        if row > MOST_REVIEWS:
            raise UserError(f"{path}: holds more than {MOST_REVIEWS:,} reviews; keep fewer rows")
        reviews.append((review, label))
    return reviews


def _refuse_another_file(path: Path, source: FileSource) -> None:
    """Raise UserError where the file is gone, or changed since the plan was made."""
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); source.path names the reviews") from None
    if source.digest is not None and digest != source.digest:
        raise UserError(f"{path}: has changed since the plan was made; plan again")


def _unknown_label(label: str, labels: Sequence[str], review: str) -> str:
    """What is wrong with a label that is none of those that are set."""
    some = ", ".join(map(repr, labels[:10]))
    wrong = f"the label {label[:60]!r} is none of {some}"
    if label.lower() in [known.lower() for known in labels]:
        return f"{wrong}: capital letters differ; set labels as the file writes them"
    if review.strip() in labels:
        return f"{wrong}, but the review is {review.strip()!r}; swap the two in source.columns"
    return f"{wrong}; mend it or set labels"
