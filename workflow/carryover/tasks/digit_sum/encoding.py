"""The input and output of a model that adds two numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from carryover.errors import UserError
from carryover.tasks.digit_sum.digits import BASE, decimals, digits_from, slices
from carryover.tasks.digit_sum.settings import DigitSumDataset
from carryover.tasks.encoded import Encoded, Sizes
from carryover.tasks.record import Run


def encode(
    table: pa.Table, run: Run, folder: Path | None = None, for_training: bool = False, width: int = 0
) -> Encoded:
    """Digits of both operands (N, L, 2) uint8 and of the sums (N, L) int8, all zero-padded to L.

    In training L is `training.length`, or else the digits of the longest sum that the distribution can produce; in
    evaluation at least that and `width`, and as many as the longest sum in the table has.
    """
    length = _length(run)
    longest = pc.max(pc.binary_length(table.column("sum"))).as_py() or 0
    if for_training and longest > length:
        raise UserError(
            f"training.length: {length} is too short for a sum of {longest} digits; set at least {longest}"
        )
    length = max(length, longest, width)
    inputs = np.empty((table.num_rows, length, 2), dtype=np.uint8)
    targets = np.empty((table.num_rows, length), dtype=np.int8)
    start = 0
    for part in slices(table):
        rows = slice(start, start + part.num_rows)
        inputs[rows, :, 0] = digits_from(part.column("a"), length)
        inputs[rows, :, 1] = digits_from(part.column("b"), length)
        targets[rows] = digits_from(part.column("sum"), length)
        start = rows.stop
    lengths = np.full(table.num_rows, length, dtype=np.int32)
    return Encoded(inputs, lengths, targets, lengths)


def _length(run: Run) -> int:
    """Digits that training pads to."""
    dataset: DigitSumDataset = run.dataset
    length = run.training.length or dataset.longest_sum()
    assert length is not None, "a pairs_file is read before it is trained on"
    return length


def sizes(run: Run, folder: Path | None = None) -> Sizes:
    """Ten digits in, ten digits out; padding is the digit 0, which is read like any other."""
    return Sizes(alphabet=BASE, channels=2, classes=BASE, target_length=_length(run), padding_index=None)


def decode(predictions: np.ndarray, table: pa.Table, run: Run) -> list[str]:
    """Predicted digits (N, T) as decimal strings."""
    return decimals(predictions.astype(np.uint8)).to_pylist()


def question(table: pa.Table) -> list[str]:
    """Sums as asked, such as `123+958`."""
    return pc.binary_join_element_wise(table.column("a"), table.column("b"), "+").to_pylist()


def answer(table: pa.Table) -> list[str]:
    """The correct sums."""
    return table.column("sum").to_pylist()
