"""Metrics against their definitions, one example at a time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from torch import Tensor

from carryover.models.architecture import Architecture
from carryover.tasks.encoded import Encoded
from carryover.training.batches import Examples
from carryover.training.metrics import batch_accuracy, cross_entropy, score


class Answers(Architecture):
    """Gives stored logits, found by the first input symbol; other ones where it may read the targets."""

    ignores_padding = False

    def __init__(self, free: Tensor, forced: Tensor | None = None) -> None:
        super().__init__()
        self.free, self.forced = free, free if forced is None else forced
        self.reads_targets = forced is not None
        self.width, self.classes = 1, free.shape[2]

    def forward(self, inputs: Tensor, lengths: Tensor, targets: Tensor | None = None) -> Tensor:
        assert not self.training
        return (self.free if targets is None else self.forced)[inputs[:, 0, 0]]


def examples(targets: Tensor, lengths: list[int]) -> Examples:
    rows = len(targets)
    inputs = np.arange(rows, dtype=np.uint8)[:, None, None]
    data = Encoded(inputs, np.ones(rows, np.int32), targets.numpy(), np.array(lengths, np.int32))
    return Examples(data, torch.device("cpu"))


@given(
    rows=st.integers(1, 6),
    width=st.integers(1, 4),
    classes=st.integers(2, 4),
    padded=st.booleans(),
    seed=st.integers(0, 10_000),
)
@hypothesis_settings(deadline=None)
def test_scores_follow_their_definitions(
    rows: int, width: int, classes: int, padded: bool, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    free = torch.randn(rows, width, classes, generator=generator)
    forced = torch.randn(rows, width, classes, generator=generator)
    targets = torch.randint(-1, classes, (rows, width), generator=generator)
    lengths = torch.randint(1, width + 1, (rows,), generator=generator).tolist()
    # Mostly right answers, so that whole answers are right now and then.
    hit = torch.rand(rows, width, generator=generator) < 0.7
    for row, column in ((hit & (targets >= 0)).nonzero()).tolist():
        free[row, column, targets[row, column]] += 10

    found = score(Answers(free, forced), examples(targets, lengths), loss_on_padding=padded)
    loss_sum, loss_count, right_sum = 0.0, 0, 0
    for row in range(rows):
        answer = [max(range(classes), key=lambda k: free[row, t, k].item()) for t in range(width)]
        right = [answer[t] == targets[row, t].item() for t in range(width)]
        counted = right[: lengths[row]]
        assert found.predictions[row].tolist() == answer
        assert found.exact[row] == all(counted)
        assert found.first_wrong[row] == (counted.index(False) if False in counted else -1)
        assert found.token_accuracy[row] == pytest.approx(sum(counted) / len(counted))
        assert found.correct_with_padding[row] == sum(right)
        losses = []
        for t in range(width if padded else lengths[row]):
            target = targets[row, t].item()
            if target >= 0:
                exponentials = [math.exp(value) for value in forced[row, t].tolist()]
                losses.append(-math.log(exponentials[target] / sum(exponentials)))
        if losses:
            assert found.loss[row] == pytest.approx(sum(losses) / len(losses), rel=1e-4)
        else:
            assert math.isnan(found.loss[row])
        loss_sum, loss_count, right_sum = (
            loss_sum + sum(losses),
            loss_count + len(losses),
            right_sum + sum(counted),
        )
    summary = found.metrics()
    assert summary["exact_match"] == pytest.approx(found.exact.mean())
    assert summary["token_accuracy"] == pytest.approx(right_sum / sum(lengths))
    assert summary["token_accuracy_padded"] == pytest.approx(
        found.correct_with_padding.sum() / (rows * width)
    )
    assert (
        math.isnan(summary["loss"])
        if not loss_count
        else summary["loss"] == pytest.approx(loss_sum / loss_count)
    )


def test_answer_outside_the_classes_is_wrong_and_without_loss() -> None:
    logits = torch.zeros(2, 1, 3)
    found = score(Answers(logits), examples(torch.tensor([[-1], [0]]), [1, 1]))
    assert found.exact.tolist() == [False, True]
    assert found.metrics()["loss"] == pytest.approx(math.log(3))
    assert cross_entropy(logits, torch.tensor([[-1], [0]])).item() == pytest.approx(math.log(3))
    assert cross_entropy(logits, torch.tensor([[-1], [-1]])).item() == 0


def test_training_loss_is_the_mean_over_positions_that_count() -> None:
    torch.manual_seed(0)
    logits, targets = torch.randn(2, 3, 4), torch.tensor([[1, -1, 2], [3, -1, -1]])
    logs = logits.log_softmax(dim=2)
    expected = -(logs[0, 0, 1] + logs[0, 2, 2] + logs[1, 0, 3]) / 3
    torch.testing.assert_close(cross_entropy(logits, targets), expected)


def test_batches_of_an_evaluation_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    logits, targets = torch.randn(50, 2, 3), torch.randint(0, 3, (50, 2))
    whole = score(Answers(logits), examples(targets, [2] * 50))
    monkeypatch.setattr("carryover.training.metrics._BATCH_NUMBERS", {"cpu": 20})
    calls: list[Any] = []
    parts = score(Answers(logits), examples(targets, [2] * 50), between_batches=lambda: calls.append(1))
    assert len(calls) > 10
    assert np.array_equal(whole.loss_sum, parts.loss_sum)
    assert np.array_equal(whole.predictions, parts.predictions)


def test_batch_accuracy_is_that_of_the_report() -> None:
    # 10,000 reviews in batches of 96: 104 full ones and one of 16, which counts as much as the others.
    exact = np.zeros(10_000, dtype=bool)
    exact[-16:] = True
    assert batch_accuracy(exact, 96) == pytest.approx(1 / 105)
    exact[:96] = True
    assert batch_accuracy(exact, 96) == pytest.approx(2 / 105)
    with pytest.raises(ValueError, match="no examples"):
        batch_accuracy(exact[:0], 96)
    generator = np.random.default_rng(3)
    value = batch_accuracy(generator.random(10_000) < 0.8, 96) * 10_080
    assert value == pytest.approx(round(value), abs=1e-6)  # as all 27 published values are
