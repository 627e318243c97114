"""A user's own reviews are read when the plan is made, not first in a job."""

from __future__ import annotations

from pathlib import Path

import pytest

from carryover.errors import UserError
from carryover.planning.runs import dataset_address
from carryover.tasks.sentiment import patterns
from carryover.tasks.sentiment.settings import SentimentDataset
from carryover.tasks.sentiment.sources import with_file_digest
from tests.tiny import Tiny

ROWS = "".join(f"film {number},{('good', 'bad')[number % 2]}\n" for number in range(25))


def of_reviews(tiny: Tiny, content: str, seeds: int = 2) -> Tiny:
    """A study of the reviews in a file, whose data every seed draws anew."""
    (tiny.folder / "mine.csv").write_text(content)
    tiny.files["config/datasets/all.yaml"] = {
        "datasets": {
            "mine": {
                "task": "sentiment",
                "source": {"kind": "file", "path": "mine.csv"},
                "labels": ["bad", "good"],
                "rows": {"train": 20, "validation": 2, "test": 3},
            }
        }
    }
    tiny.files["config/suites/all.yaml"] = {
        "suites": {"own": {"task": "sentiment", "splits": {"test": {"dataset": "own"}}}}
    }
    tiny.files["config/studies/cells.yaml"] = {
        "study": "cells",
        "title": "Cells",
        "question": "Which?",
        "task": "sentiment",
        "base": {
            "dataset": "mine",
            "model": {"kind": "classifier", "hidden": 4, "embedding": 4, "layers": 1},
            "training": {"epochs": 1, "batch": 10},
        },
        "evaluate": ["own"],
        "redraw_data": True,
        "seeds": seeds,
    }
    return tiny


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(patterns, "SECONDS", 1)


def of_pattern(tiny: Tiny, pattern: str) -> Tiny:
    tiny.datasets["mine"]["remove"] = pattern
    return tiny


def test_a_good_file_is_planned(tiny: Tiny):
    assert len(of_reviews(tiny, "review,sentiment\n" + ROWS).plan().datasets) == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("text,label\n" + ROWS, "set source.columns: {review: text, sentiment: label}"),
        (
            "review,sentiment\n" + ROWS.replace("film 20,good", "film 20,fine"),
            "row 21: the label 'fine' is none",
        ),
        ("review,sentiment\n" + ROWS.replace("film 24,good\n", ""), "has 24 reviews, the splits need 25"),
    ],
)
def test_a_wrong_file_is_one_line_of_the_plan(tiny: Tiny, content: str, words: str):
    with pytest.raises(UserError) as caught:
        of_reviews(tiny, content).plan()
    assert "\n" not in str(caught.value)
    assert words in str(caught.value)
    assert str(caught.value).startswith(str(Path(tiny.folder / "mine.csv")))


def test_the_file_of_a_dataset_that_is_made_is_not_read_again(tiny: Tiny):
    of_reviews(tiny, "review,sentiment\n" + ROWS.replace("good", "fine"), seeds=1)
    with pytest.raises(UserError, match="'fine' is none"):
        tiny.plan()
    [mine] = tiny.datasets.values()
    dataset = SentimentDataset.read(mine)
    made = tiny.folder / "results" / "datasets" / dataset_address(with_file_digest(dataset, tiny.folder))
    made.mkdir(parents=True)
    (made / "dataset.json").touch()
    assert set(tiny.plan().datasets) == {made.name}


@pytest.mark.parametrize("pattern", ["(a+)+$", r"(\w\w?)*!"])
def test_a_pattern_without_end_is_one_line_of_the_plan(tiny: Tiny, pattern: str):
    of_pattern(of_reviews(tiny, "review,sentiment\n" + ROWS, seeds=1), pattern)
    with pytest.raises(UserError, match="takes more than") as caught:
        tiny.plan()
    assert f"dataset.remove: {pattern!r}" in str(caught.value)


def test_a_pattern_is_tried_on_the_words_of_the_file(tiny: Tiny):
    content, pattern = "review,sentiment\n" + ROWS, "mn(ü|ü)*ö"  # made-up words have one letter each
    assert of_pattern(of_reviews(tiny, content, seeds=1), pattern).plan()
    hard = content.replace("film 3", "mn" + "ü" * 60)
    with pytest.raises(UserError, match="takes more than"):
        of_pattern(of_reviews(tiny, hard, seeds=1), pattern).plan()


def test_a_harmless_pattern_is_planned(tiny: Tiny):
    assert of_pattern(of_reviews(tiny, "review,sentiment\n" + ROWS, seeds=1), r"[^a-z0-9' ]|<br */?>").plan()
