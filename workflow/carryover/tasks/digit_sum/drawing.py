"""Drawing pairs: any rows of a split, block by block."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from carryover.data.hashing import on_side
from carryover.data.permutation import permuted
from carryover.data.streams import stream
from carryover.errors import UserError
from carryover.settings.canonical import canonical_json
from carryover.tasks.digit_sum.columns import columns
from carryover.tasks.digit_sum.digits import add, decimals, digits_from
from carryover.tasks.digit_sum.distributions import Distribution, PairsFile
from carryover.tasks.digit_sum.hashing import pair_hashes
from carryover.tasks.digit_sum.pairs import file_digest, read_pairs
from carryover.tasks.digit_sum.settings import DigitSumDataset
from carryover.tasks.digit_sum.uniform import draw
from carryover.tasks.digit_sum.without_replacement import draw_questions

# Digits of one operand that are held at a time: 65,536 numbers of up to 64 digits, 838 of 5,000. Part of what a
# dataset holds, like the streams: a block is drawn as a whole.
BLOCK_DIGITS = 4_194_304
BLOCK_ROWS = 65_536


def batches(dataset: DigitSumDataset, split: str, rows: range | None = None) -> Iterator[pa.RecordBatch]:
    """The rows of a split, or a range of them, block by block in constant memory.

    Row i does not depend on the number of rows or on the range. (A pairs_file is read whole, and its test and
    validation rows are counted from the end.) Raises UserError if a pairs_file is not the one that was planned.
    """
    wanted = range(dataset.split_rows()[split]) if rows is None else rows
    pairs = _read_planned(dataset.distribution) if isinstance(dataset.distribution, PairsFile) else None
    size = block_rows(dataset.distribution)
    for number in range(wanted.start // size, -(-wanted.stop // size)):
        start = max(wanted.start - number * size, 0)
        stop = min(wanted.stop - number * size, size)
        index = np.arange(number * size + start, number * size + stop, dtype=np.int64)
        if pairs is None:
            a, b = (operand[start:stop] for operand in draw_block(dataset, split, number))
        else:
            a, b = _rows_of_file(dataset, split, pairs, index)
        arrays = [pa.array(index), decimals(a), decimals(b), decimals(add(a, b))]
        yield pa.RecordBatch.from_arrays(arrays, schema=columns())


def block_rows(distribution: Distribution) -> int:
    """The number of rows that are drawn together. It is smaller for longer numbers, so that memory stays constant."""
    longest = distribution.longest_sum()
    assert longest is not None, "a pairs_file is read before it is drawn from"
    return min(max(BLOCK_DIGITS // longest, 1), BLOCK_ROWS)


def draw_block(dataset: DigitSumDataset, split: str, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Both operands (N, W) of one whole block of a split; needs no other block."""
    distribution = dataset.distribution
    key = ("digit_sum", canonical_json(distribution.canonical()), dataset.seed, split)
    rows = block_rows(distribution)
    if dataset.draw == "without_replacement":
        return draw_questions(dataset, split, range(number * rows, (number + 1) * rows), number)
    rng = stream((*key, "pairs"), number)
    a, b = draw(distribution, rows, rng), draw(distribution, rows, rng)
    if not dataset.disjoint:
        return a, b
    # A row of another split is drawn again, in rounds with a stream each, until it belongs to this split.
    sides = ("digit_sum", canonical_json(distribution.canonical()), dataset.seed)
    waiting = np.flatnonzero(~on_side(pair_hashes(a, b, commuted=True), split, sides))
    redraw = 0
    while waiting.size:
        redraw += 1
        rng = stream((*key, "redraw", redraw), number)
        a[waiting], b[waiting] = draw(distribution, waiting.size, rng), draw(distribution, waiting.size, rng)
        waiting = waiting[~on_side(pair_hashes(a[waiting], b[waiting], commuted=True), split, sides)]
    return a, b


def _read_planned(source: PairsFile) -> pa.Table:
    if source.path is None:
        raise UserError("dataset.distribution: there is no path to read pairs from; make the plan again")
    path = Path(source.path)
    if file_digest(path) != source.digest:
        raise UserError(f"{path}: the file is not the one that was planned; make the plan again")
    return read_pairs(path)


def _rows_of_file(
    dataset: DigitSumDataset, split: str, pairs: pa.Table, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Rows of a split of a pairs_file: train from the front of one permutation, test from the back, then validation."""
    back = pairs.num_rows - 1
    start = {"train": 0, "test": back, "validation": back - dataset.rows.test}[split]
    positions = start + rows if split == "train" else start - rows
    chosen = pairs.take(permuted(positions, pairs.num_rows, ("digit_sum", "pairs_file", dataset.seed)))
    width = max(pc.max(pc.binary_length(chosen.column(name))).as_py() for name in ("a", "b"))
    return digits_from(chosen.column("a"), width), digits_from(chosen.column("b"), width)
