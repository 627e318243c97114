"""Settings and their values read like words, with separators of thousands."""

from __future__ import annotations

from typing import Any

import pytest

from carryover.analysis.setting_titles import VALUES, path_name, setting_title
from carryover.settings.models import MODELS
from carryover.settings.training import Training


@pytest.mark.parametrize(
    ("path", "value", "title"),
    [
        ("training.steps", 781_250, "781,250 steps"),
        ("model.layers", 1, "1 layer"),
        ("layers", 2, "2 layers"),
        ("model.embedding", 16, "embedding size 16"),
        ("model.cell", "lstm", "LSTM"),
        ("training.lr", 1e-5, "learning rate 0.00001"),
        ("training.lr", 0.01, "learning rate 0.01"),
        ("training.length", 11, "padding to 11 digits"),
        ("training.length", None, "padding to the longest sum"),
        ("training.loss_on_padding", True, "padding in the loss"),
        ("training.betas", [0.9, 0.999], "betas [0.9, 0.999]"),
        ("training.clip_norm", 5.0, "clip norm 5"),
        ("dataset.rows.train", 600_000, "600,000 training rows"),
        ("model.cell", "my_cell", "cell my_cell"),
    ],
)
def test_a_setting_is_called(path: str, value: Any, title: str) -> None:
    assert setting_title(path, value) == title


def test_a_path_without_a_value_is_called() -> None:
    assert path_name("training.lr") == "learning rate"
    assert path_name("dataset.rows.train") == "dataset rows train"


@pytest.mark.parametrize("settings", [*MODELS, Training])
def test_every_choice_of_a_setting_that_has_words_has_its_own(settings: Any) -> None:
    """A new cell or optimizer must not be the only one that is called by its raw name."""
    for name, field in settings.model_json_schema()["properties"].items():
        if name in VALUES and "enum" in field:
            titles = [setting_title(name, value) for value in field["enum"]]
            assert set(field["enum"]) <= VALUES[name].keys()
            assert len(set(titles)) == len(titles)
