"""What a model reads and writes, against whole numbers."""

from __future__ import annotations

import numpy as np
import pytest

from carryover.errors import UserError
from carryover.tasks.digit_sum import data as digit_sum
from carryover.tasks.digit_sum import digits
from tests.tasks.digit_sum.sums import DISTRIBUTIONS, dataset, drawn, pairs, run_settings, values_of


def test_the_example_of_the_docstring() -> None:
    run = run_settings(dataset({"kind": "uniform_digits", "digits": 3}), length=5)
    table = digit_sum.parse("123+958", run)
    encoded = digit_sum.encode(table, run, for_training=True)
    assert encoded.inputs[0].T.tolist() == [[3, 2, 1, 0, 0], [8, 5, 9, 0, 0]]
    assert encoded.targets.tolist() == [[1, 8, 0, 1, 0]]
    assert encoded.lengths.tolist() == encoded.target_lengths.tolist() == [5]
    assert encoded.inputs.dtype == np.uint8
    assert encoded.targets.dtype == np.int8
    assert digit_sum.decode(encoded.targets, table, run) == digit_sum.answer(table) == ["1081"]
    assert digit_sum.question(table) == ["123+958"]


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_encoding_loses_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = dataset(name)
    table, run = drawn(chosen), run_settings(chosen)
    monkeypatch.setattr(digits, "DIGITS_AT_ONCE", 700)  # encoded in several parts
    encoded = digit_sum.encode(table, run, for_training=True)
    assert encoded.inputs.shape == (200, chosen.longest_sum(), 2)
    assert list(zip(*(values_of(encoded.inputs[:, :, channel]) for channel in (0, 1)), strict=True)) == pairs(
        table
    )
    assert values_of(encoded.targets) == [a + b for a, b in pairs(table)]
    assert digit_sum.sizes(run).target_length == chosen.longest_sum()


def test_training_pads_to_its_length_and_evaluation_to_the_longer() -> None:
    short, long = dataset({"kind": "uniform_digits", "digits": 2}), dataset("digits")
    run = run_settings(short, length=7)
    assert digit_sum.sizes(run).target_length == 7
    assert digit_sum.encode(drawn(short), run, for_training=True).inputs.shape[1] == 7
    assert digit_sum.encode(drawn(short), run).inputs.shape[1] == 7
    assert digit_sum.encode(drawn(short), run, width=9).inputs.shape[1] == 9
    longest = max(len(text) for text in drawn(long)["sum"].to_pylist())
    assert digit_sum.encode(drawn(long), run).targets.shape[1] == longest


def test_a_length_too_short_for_a_sum_is_refused() -> None:
    run = run_settings(dataset({"kind": "uniform_digits", "digits": 2}), length=3)
    with pytest.raises(
        UserError, match=r"training.length: 3 is too short for a sum of 12 digits; set at least 12"
    ):
        digit_sum.encode(drawn(dataset("digits")), run, for_training=True)


def test_no_rows_encode_to_no_rows() -> None:
    chosen = dataset("digits", rows={"train": 1})
    encoded = digit_sum.encode(drawn(chosen, "test"), run_settings(chosen))
    assert encoded.inputs.shape == (0, 12, 2)
    assert digit_sum.seen_key(drawn(chosen, "test")).shape == (0, 2)
