"""Task `digit_sum`: two whole numbers are read digit by digit, lowest first, and their sum is written the same way.

    a = 123, b = 958, length 5

    inputs    3  2  1  0  0      digits of a, zero-padded
              8  5  9  0  0      digits of b
    targets   1  8  0  1  0      digits of 1081

The answer is right when every digit is, the padding's zeros included. Digit matrices have shape (N, W), type uint8 and
the lowest digit first.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from carryover.data import text
from carryover.data.hashing import hash_pairs, hash_rows, on_side
from carryover.data.permutation import permuted
from carryover.data.streams import stream
from carryover.errors import UserError
from carryover.settings.canonical import canonical_json
from carryover.tasks.digit_sum.bounds import decimal_length
from carryover.tasks.digit_sum.pairs import file_digest, read_pairs
from carryover.tasks.digit_sum.settings import (
    DigitSumDataset,
    Distribution,
    PairsFile,
    UniformDigits,
    UniformIntegers,
    UniformLength,
)
from carryover.tasks.encoded import Encoded, Sizes
from carryover.tasks.record import Run

BASE = 10
ZERO = ord("0")

# Digits of one operand that are held at a time: 65,536 numbers of up to 64 digits, 838 of 5,000. Part of what a
# dataset holds, like the streams: a block is drawn as a whole.
BLOCK_DIGITS = 4_194_304
BLOCK_ROWS = 65_536

_DIGITS_IN_CACHE = 65_536  # worked on at a time where 32-bit numbers are made of digits

# Leading decimal digits that are drawn as one 64-bit integer. The rest are drawn one by one, so a number is out of
# range, and drawn again, with probability 10⁻¹⁷ at most.
LEADING_DIGITS = 18


# The four digits of each number below 10,000, side by side in 32 bits.
_FOUR_DIGITS = (
    (np.arange(10_000)[:, None] // BASE ** np.arange(4) % BASE).astype(np.uint8).view(np.uint32)[:, 0]
)


def columns() -> pa.Schema:
    """The columns of a stored split; numbers are decimal strings, most significant digit first, no leading zeros."""
    fields = [("index", pa.int64()), ("a", pa.string()), ("b", pa.string()), ("sum", pa.string())]
    return pa.schema([pa.field(name, type_, nullable=False) for name, type_ in fields])


# --- drawing ---


def batches(dataset: DigitSumDataset, split: str, rows: range | None = None) -> Iterator[pa.RecordBatch]:
    """The rows of a split, or a range of them, block by block in constant memory.

    Row i is the same whatever the number of rows and the range. (A pairs_file is read whole, and its test and
    validation rows are counted from the back.) Raises UserError where a pairs_file is not the one that was planned.
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
    """Rows that are drawn together: fewer where numbers are longer, so that memory is constant in both."""
    longest = distribution.longest_sum()
    assert longest is not None, "a pairs_file is read before it is drawn from"
    return min(max(BLOCK_DIGITS // longest, 1), BLOCK_ROWS)


def draw_block(dataset: DigitSumDataset, split: str, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Both operands (N, W) of one whole block of a split; needs no other block."""
    distribution = dataset.distribution
    key = ("digit_sum", canonical_json(distribution.canonical()), dataset.seed, split)
    rows = block_rows(distribution)
    rng = stream((*key, "pairs"), number)
    a, b = draw(distribution, rows, rng), draw(distribution, rows, rng)
    if not dataset.disjoint:
        return a, b
    # A row that belongs to another split is drawn again, in rounds with a stream each, until it is on its own side.
    sides = ("digit_sum", canonical_json(distribution.canonical()), dataset.seed)
    waiting = np.flatnonzero(~on_side(_pair_hashes(a, b, commuted=True), split, sides))
    redraw = 0
    while waiting.size:
        redraw += 1
        rng = stream((*key, "redraw", redraw), number)
        a[waiting], b[waiting] = draw(distribution, waiting.size, rng), draw(distribution, waiting.size, rng)
        waiting = waiting[~on_side(_pair_hashes(a[waiting], b[waiting], commuted=True), split, sides)]
    return a, b


def draw(distribution: Distribution, rows: int, rng: np.random.Generator) -> np.ndarray:
    """Operands (rows, W) from a distribution that is not a file."""
    match distribution:
        case UniformDigits(digits=digits):
            return uniform_digits(digits, rows, rng)
        case UniformIntegers():
            low, high = distribution.bounds()
            return uniform_between(low, high, rows, rng) if low else uniform_below(high, rows, rng)
        case UniformLength(shortest=shortest, longest=longest):
            return _uniform_length(shortest, longest, rows, rng)
        case _:
            raise TypeError(f"nothing can be drawn from {type(distribution).__name__}")


def uniform_digits(digits: int, rows: int, rng: np.random.Generator) -> np.ndarray:
    """Digits (rows, digits), each uniform. Four come from one draw, which is twice as fast as one from each."""
    fours = rng.integers(0, len(_FOUR_DIGITS), size=(rows, -(-digits // 4)), dtype=np.uint16)
    return _FOUR_DIGITS[fours].view(np.uint8)[:, :digits]


def uniform_below(size: int, rows: int, rng: np.random.Generator) -> np.ndarray:
    """Whole numbers uniform in [0, size), of any size, as digits (rows, digits of size - 1).

    The leading digits are one integer, uniform up to those of size - 1; the others are uniform each. What then lies
    above size - 1 is drawn again, which leaves every number equally likely.
    """
    digits, above = _draw_to_edge(size - 1, rows, rng)
    waiting = np.flatnonzero(above)
    while waiting.size:
        digits[waiting], above = _draw_to_edge(size - 1, waiting.size, rng)
        waiting = waiting[above]
    return digits


def _draw_to_edge(largest: int, rows: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Numbers (rows, W) whose leading digits are at most those of `largest`, and which of them are above it."""
    width = decimal_length(largest)
    rest = max(width - LEADING_DIGITS, 0)
    edge = largest // 10**rest
    leading = rng.integers(0, edge, size=rows, dtype=np.int64, endpoint=True)
    digits = np.empty((rows, width), dtype=np.uint8)
    digits[:, :rest] = uniform_digits(rest, rows, rng)
    for position in range(rest, width):
        leading, digits[:, position] = np.divmod(leading, BASE)
    limits = digits_of(largest, width)
    at_edge = np.flatnonzero((digits[:, rest:] == limits[rest:]).all(axis=1))
    above = np.zeros(rows, dtype=bool)
    above[at_edge] = _above(digits[at_edge], limits)
    return digits, above


def _above(digits: np.ndarray, largest: np.ndarray) -> np.ndarray:
    """Which numbers (N, W) are above `largest` (W,): booleans (N,)."""
    above = np.zeros(len(digits), dtype=bool)
    # From the lowest digit up: higher ones overrule.
    for column, limit in zip(digits.T, largest, strict=True):
        above = (column > limit) | (above & (column == limit))
    return above


def uniform_between(low: int, high: int, rows: int, rng: np.random.Generator) -> np.ndarray:
    """Whole numbers uniform in [low, high), with low above 0, as digits (rows, digits of high - 1)."""
    width = decimal_length(high - 1)
    offset = uniform_below(high - low, rows, rng)
    digits = np.zeros((rows, width), dtype=np.uint8)
    digits[:, : offset.shape[1]] = offset
    shift = digits_of(low, width)
    start = int(np.flatnonzero(shift)[0])  # below it nothing changes: saves the work for a power of ten
    digits[:, start:] = add(digits[:, start:], np.broadcast_to(shift[start:], (rows, width - start)))[:, :-1]
    return digits


def _uniform_length(shortest: int, longest: int, rows: int, rng: np.random.Generator) -> np.ndarray:
    lengths = rng.integers(shortest, longest, size=rows, endpoint=True)
    digits = uniform_digits(longest, rows, rng)
    digits[np.arange(longest) >= lengths[:, None]] = 0
    front = rng.integers(1, BASE, size=rows, dtype=np.uint8)  # a number of several digits has no leading zero
    long = np.flatnonzero(lengths > 1)
    digits[long, lengths[long] - 1] = front[long]
    return digits


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
    places = start + rows if split == "train" else start - rows
    chosen = pairs.take(permuted(places, pairs.num_rows, ("digit_sum", "pairs_file", dataset.seed)))
    width = max(pc.max(pc.binary_length(chosen.column(name))).as_py() for name in ("a", "b"))
    return digits_from(chosen.column("a"), width), digits_from(chosen.column("b"), width)


# --- digits ---


def add(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Sums (N, W + 1) of numbers (N, W).

    Two digits that add up to 9 pass on the carry that comes in; any others settle it themselves: 1 from 10 on, else 0.
    So the carry out of a position is settled at the last position up to it whose digits do not add up to 9.
    """
    total = np.empty((a.shape[0], a.shape[1] + 1), dtype=np.uint8)
    place = 2 * np.arange(a.shape[1], dtype=np.int32)
    rows = max(_DIGITS_IN_CACHE // max(a.shape[1], 1), 1)
    for start in range(0, len(a), rows):
        both = a[start : start + rows] + b[start : start + rows]
        # Twice the place, and the carry as the last bit, so that the largest so far is the last one settled.
        settled = np.where(both == BASE - 1, 0, place + (both >= BASE))
        carry = (np.maximum.accumulate(settled, axis=1, out=settled) & 1).astype(np.uint8)
        part = total[start : start + rows]
        part[:, 0], part[:, 1:] = 0, carry
        part[:, :-1] += both - np.uint8(BASE) * carry
    return total


def decimals(digits: np.ndarray) -> pa.StringArray:
    """Numbers (N, W) as decimal strings, most significant digit first, without leading zeros; 0 is `0`."""
    highest_first = digits[:, ::-1]
    # The first digit that is not 0, or the last digit of a number that has none.
    first = np.where(digits.any(axis=1), (highest_first != 0).argmax(axis=1), digits.shape[1] - 1)
    characters = highest_first + np.uint8(ZERO)
    characters *= np.arange(digits.shape[1]) >= first[:, None]
    return text.strings(characters)


def digits_from(numbers: pa.Array | pa.ChunkedArray, width: int = 0) -> np.ndarray:
    """Decimal strings as digits (N, W); W is `width` or the longest string, whichever is more."""
    characters, _ = text.characters(numbers, width, to_the_right=True)
    np.subtract(characters, np.uint8(ZERO), out=characters, where=characters != 0)
    return characters[:, ::-1]


def digits_of(value: int, width: int) -> np.ndarray:
    """One whole number as `width` digits. Halved until it is short: Python refuses to print thousands of digits."""
    if width <= 1000:
        return np.frombuffer(str(value).zfill(width).encode(), dtype=np.uint8)[::-1] - np.uint8(ZERO)
    high, low = divmod(value, 10 ** (width // 2))
    return np.concatenate([digits_of(low, width // 2), digits_of(high, width - width // 2)])


# --- reading and answering ---


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
    assert isinstance(run.dataset, DigitSumDataset)
    length = run.training.length or run.dataset.longest_sum()
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
    """The right sums."""
    return table.column("sum").to_pylist()


def parse(asked: str, run: Run) -> pa.Table:
    """A sum of two whole numbers, such as `123+958`, as a table of one row. Raises UserError for anything else."""
    found = re.fullmatch(r"\s*([0-9]+)\s*\+\s*([0-9]+)\s*", asked)
    if found is None:
        raise UserError(f"{asked!r} is not a sum of two whole numbers from 0; ask like 123+456")
    operands = pa.array(list(found.groups()))
    a, b = digits_from(operands)
    total = decimals(add(a[None], b[None]))
    return pa.table([pa.array([0]), decimals(a[None]), decimals(b[None]), total], schema=columns())


# --- overlap ---


def seen_key(table: pa.Table, commuted: bool = False) -> np.ndarray:
    """Row hashes (N, 2) uint64 of the pairs; where `commuted`, a+b and b+a are the same."""
    parts = [
        _pair_hashes(digits_from(part.column("a")), digits_from(part.column("b")), commuted)
        for part in slices(table)
    ]
    return np.concatenate(parts)


def slices(table: pa.Table) -> Iterator[pa.Table]:
    """The table in parts whose digits fit into memory comfortably; at least one part."""
    longest = pc.max(pc.binary_length(table.column("sum"))).as_py() or 1
    rows = max(BLOCK_DIGITS // longest, 1)
    for part in range(max(math.ceil(table.num_rows / rows), 1)):
        yield table.slice(part * rows, rows)


def _pair_hashes(a: np.ndarray, b: np.ndarray, commuted: bool) -> np.ndarray:
    return hash_pairs(hash_rows(a), hash_rows(b), commuted)


def space(dataset: DigitSumDataset) -> int | None:
    """How many different ordered pairs the distribution has; None for a pairs_file."""
    return dataset.space()
