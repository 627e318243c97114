"""What a person is told of a model's answer; the models here answer what the test wants."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from carryover.data.files import write_json
from carryover.errors import UserError
from carryover.manage import ask as asking
from carryover.planning.runs import RunSettings
from tests.tasks.sentiment import small_reviews

SUMS = {
    "dataset": {
        "task": "digit_sum",
        "distribution": {"kind": "uniform_digits", "digits": 3},
        "rows": {"train": 10},
    },
    "model": {"kind": "tagger"},
    "training": {"steps": 1},
}
REVIEWS = {
    "dataset": small_reviews.settings(Path("reviews.csv")),
    "model": {"kind": "classifier"},
    "training": {"steps": 1},
}


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Ask a run of these settings, whose model gives these logits (T, K) whatever is asked."""

    def answered(settings: dict[str, Any], logits: list[list[float]], question: str) -> str:
        run = SimpleNamespace(
            settings=RunSettings.read(settings),
            dataset_folder=tmp_path,
            model=lambda inputs, lengths, targets: torch.tensor([logits]),
        )
        monkeypatch.setattr(asking, "load_run", lambda folder: run)
        return asking.ask(Path("run"), question)

    return answered


def digits(text: str) -> list[list[float]]:
    """Logits of the digits, the lowest first."""
    return [[float(digit == int(one)) for digit in range(10)] for one in reversed(text)]


def test_an_answer_is_correct_or_the_correct_one_is_told(ask: Any) -> None:
    assert ask(SUMS, digits("0579"), " 123+456\n") == "123+456 → 579   correct"
    assert ask(SUMS, digits("0578"), "123+456") == "123+456 → 578   wrong: the correct answer is 579"


def test_of_a_label_the_probability_is_told(ask: Any, tmp_path: Path) -> None:
    about = {"task": "sentiment", "settings": {}, "rows": {}, "digests": {}, "digest": "0" * 64}
    write_json(tmp_path / "dataset.json", about | {"vocabulary": ["<pad>", "<unk>", "great"]})
    assert ask(REVIEWS, [[0.0, math.log(3)]], "great") == "great → positive (probability 0.750)"


def test_what_is_no_question_of_the_task_is_an_error(ask: Any) -> None:
    with pytest.raises(UserError, match=r"ask like 123\+456"):
        ask(SUMS, digits("0"), "great")
