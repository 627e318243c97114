"""Which rows make up which batch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from carryover.errors import UserError
from carryover.planning.runs import RunSettings
from carryover.settings.training import Training
from carryover.tasks.encoded import Encoded
from carryover.training import batches
from carryover.training.batches import Batches, Examples, epoch_order, open_batches, with_loss_targets
from tests.training.conftest import Trained, settings

CPU = torch.device("cpu")


def opened(trained: Trained) -> Batches:
    return open_batches(trained.run, trained.dataset, CPU, trims=False)


def read(found: Batches, steps: int) -> np.ndarray:
    """The symbols of the first steps' examples, (rows, L × C)."""
    return np.concatenate([found.batch(step).inputs.flatten(1).numpy() for step in range(steps)])


@pytest.mark.parametrize("symbols", [1, 200, 2**25])
def test_fresh_batches_read_each_row_once_in_order(
    new_run: Callable[..., Trained], monkeypatch: pytest.MonkeyPatch, symbols: int
) -> None:
    monkeypatch.setattr(batches, "FRESH_SYMBOLS", symbols)  # one step in memory, a few, all
    whole = opened(new_run(order="fresh", steps=1, batch=600)).batch(0)
    found = opened(new_run(order="fresh", steps=23, batch=25))
    assert np.array_equal(read(found, 23), whole.inputs[: 23 * 25].flatten(1).numpy())
    assert torch.equal(
        found.batch(7).targets, whole.targets[7 * 25 : 8 * 25]
    )  # back again, as a continued run does
    assert found.examples_until(23) == 23 * 25


def test_shorter_fresh_run_reads_a_prefix(new_run: Callable[..., Trained]) -> None:
    long, short = opened(new_run(order="fresh", steps=20)), opened(new_run(order="fresh", steps=5))
    assert torch.equal(long.batch(4).inputs, short.batch(4).inputs)


def test_too_few_rows_for_fresh_batches(
    dataset_of: Callable[[RunSettings], Path], new_run: Callable[..., Trained]
) -> None:
    enough = new_run(order="fresh", steps=24)
    more = enough.run.model_copy(update={"training": Training(order="fresh", steps=25, batch=25)})
    with pytest.raises(UserError, match=r"25 steps of batch 25 need 625 rows, and there are 600"):
        open_batches(more, enough.dataset, CPU, trims=False)


def test_each_epoch_reads_every_row_in_another_order(new_run: Callable[..., Trained]) -> None:
    found = opened(new_run(epochs=2, steps=None, batch=70))
    assert (found.steps_per_epoch, found.total) == (9, 18)
    assert [len(found.batch(step).lengths) for step in range(9)] == [70] * 8 + [40]
    both = read(found, 18)
    stored = opened(new_run(order="fresh", steps=1, batch=600)).batch(0).inputs.flatten(1).numpy()
    first, second = both[:600], both[600:]
    assert sorted(map(tuple, first)) == sorted(map(tuple, second)) == sorted(map(tuple, stored))
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, stored)
    assert [found.examples_until(step) for step in (0, 1, 9, 10, 18)] == [0, 70, 600, 670, 1200]


def test_order_depends_on_the_run(new_run: Callable[..., Trained]) -> None:
    one, same, other = (opened(new_run(seed=seed)).batch(0).inputs for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


@given(
    lengths=st.lists(st.integers(1, 50), min_size=1, max_size=200),
    size=st.integers(1, 20),
    window=st.integers(0, 100),
    epoch=st.integers(0, 3),
)
@hypothesis_settings(deadline=None)
def test_every_order_is_a_partition_into_full_batches(
    lengths: list[int], size: int, window: int, epoch: int
) -> None:
    training = Training(epochs=5, batch=size, bucket_window=window)
    parts = epoch_order("run", epoch, training, np.array(lengths))
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(lengths)))
    assert len(parts) == -(-len(lengths) // size)
    assert sum(len(part) < size for part in parts) <= 1


def test_buckets_hold_like_lengths_and_stay_inside_their_window() -> None:
    lengths = np.random.default_rng(0).integers(1, 1000, 4000)

    def spread(window: int) -> float:
        parts = epoch_order("run", 0, Training(epochs=1, batch=20, bucket_window=window), lengths)
        return float(np.mean([np.ptp(lengths[part]) for part in parts]))

    assert spread(400) < spread(0) / 10
    plain = epoch_order("run", 0, Training(epochs=1, batch=400), lengths)
    bucketed = epoch_order("run", 0, Training(epochs=1, batch=20, bucket_window=400), lengths)
    for number, part in enumerate(bucketed):
        assert set(part) <= set(plain[number // 20])


def encoded(rows: int = 5, width: int = 7, **changes: Any) -> Encoded:
    generator = np.random.default_rng(1)
    values: dict[str, Any] = {
        "inputs": generator.integers(0, 60_000, (rows, width, 1)).astype(np.uint16),
        "lengths": np.array([3, 5, 1, 2, 5], dtype=np.int32)[:rows],
        "targets": generator.integers(0, 4, (rows, 3)).astype(np.int8),
        "target_lengths": np.array([1, 3, 2, 3, 2], dtype=np.int32)[:rows],
    }
    return Encoded(**(values | changes))


def test_batches_are_cut_to_their_longest_sequence_where_allowed() -> None:
    data = encoded()
    trimmed, whole = Examples(data, CPU, trims=True), Examples(data, CPU)
    rows = np.array([0, 2])
    assert (trimmed.width(rows), whole.width(rows)) == (3, 7)
    batch = trimmed.select(torch.from_numpy(rows), 3)
    assert batch.inputs.dtype == batch.targets.dtype == torch.int64
    assert np.array_equal(batch.inputs.numpy(), data.inputs[rows, :3])


def test_positions_left_out_of_the_loss_are_marked() -> None:
    data = encoded()
    marked = with_loss_targets(data, loss_on_padding=False)
    for row, length in enumerate(data.target_lengths):
        assert marked.targets[row, :length].tolist() == data.targets[row, :length].tolist()
        assert set(marked.targets[row, length:].tolist()) <= {-1}
    assert np.array_equal(with_loss_targets(data, loss_on_padding=True).targets, data.targets)


def test_settings_of_the_tests_are_valid() -> None:
    assert settings().training.total_steps(600) == 120
