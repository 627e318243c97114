"""All reviews of a dataset's source: the public archive, or a CSV or TSV file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from carryover.errors import UserError
from carryover.tasks.sentiment.settings import SentimentDataset
from carryover.tasks.sentiment.table import read_table


@dataclass(frozen=True)
class Reviews:
    """All reviews of a source in its order: a file's rows, or the archive's members by sorted path."""

    texts: list[str]
    labels: np.ndarray  # (N,) int64, index of each review's label in the dataset's `labels`
    path: Path  # the file that they were read from


def read_reviews(dataset: SentimentDataset, data_root: Path) -> Reviews:
    """Every review of a dataset's source. Raises UserError for whatever is wrong with it."""
    source = dataset.source
    if source.kind == "archive":
        # Here, because planning reads the files of users, and needs no library for fetching.
        from carryover.tasks.sentiment.archive import archive_file, read_archive

        path = archive_file(source, data_root)
        rows = read_archive(path)
    else:
        rows = read_table(source, dataset.labels)
        path = Path(source.path or "")
    if not rows:
        raise UserError(f"{path}: holds no reviews; it should have one in each row after the header")
    present = {label for _, label in rows}
    if len(present) < 2:
        raise UserError(f"{path}: every review is {present.pop()!r}; a classifier needs two labels or more")
    class_of = {label: number for number, label in enumerate(dataset.labels)}
    classes = np.array([class_of[label] for _, label in rows], dtype=np.int64)
    return Reviews([text for text, _ in rows], classes, path)


def refuse_too_few(count: int, dataset: SentimentDataset, path: Path) -> None:
    """Raise UserError where `count` reviews are too few for the splits."""
    wanted = sum(dataset.split_rows().values())
    if count < wanted:
        validation, test = count // 10, count // 5
        raise UserError(
            f"{path}: has {count:,} reviews, the splits need {wanted:,}; set rows, "
            f"such as {{train: {count - validation - test}, validation: {validation}, test: {test}}}"
        )
