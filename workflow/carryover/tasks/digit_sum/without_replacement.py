"""Drawing each question of a distribution once at most, any block of rows alone, in constant memory.

Questions of one kind are taken in the order of a keyed permutation. How many of each kind the first n rows hold is
fixed: as many as are expected of drawing with replacement until n different questions came. Questions of a kind with m
of them that is drawn with probability p arrive in t draws as m (1 - exp(-p t / m)); t is so large that all kinds
together give n. Within a block of rows, each question comes at a random time between its neighbours of the same kind.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from carryover.data.permutation import permuted
from carryover.data.streams import stream
from carryover.settings.canonical import canonical_json
from carryover.tasks.digit_sum.digits import BASE
from carryover.tasks.digit_sum.distributions import PairsFile
from carryover.tasks.digit_sum.questions import Kind, kinds
from carryover.tasks.digit_sum.settings import DigitSumDataset


def draw_questions(
    dataset: DigitSumDataset, split: str, rows: range, block: int
) -> tuple[np.ndarray, np.ndarray]:
    """Both operands (N, W) of one whole block of rows of a split; needs no other block.

    The last block has fewer rows than `rows` where the questions end.
    """
    distribution = dataset.distribution
    assert not isinstance(distribution, PairsFile), "refused by the settings"
    all_kinds = kinds(distribution.operands())
    sides = [kind.side(split) for kind in all_kinds]
    sizes, shares = [len(side) for side in sides], [kind.share for kind in all_kinds]
    first, last = (taken(min(end, sum(sizes)), sizes, shares) for end in (rows.start, rows.stop))
    key = ("digit_sum", canonical_json(distribution.canonical()), dataset.seed)
    rng = stream((*key, split, "questions"), block)
    kind_of = np.repeat(np.arange(len(all_kinds)), np.subtract(last, first))
    if len(all_kinds) > 1:
        early = rng.random(len(kind_of))
        ranks = np.concatenate([np.arange(*ends) for ends in zip(first, last, strict=True)])
        kind_of = kind_of[np.argsort(_arrivals(kind_of, ranks + early, sizes, shares), kind="stable")]
    a, b = (np.empty(len(kind_of), dtype=np.int64) for _ in range(2))
    for number, kind in enumerate(all_kinds):
        mine = np.flatnonzero(kind_of == number)
        if len(mine):
            positions = sides[number].start + np.arange(first[number], last[number])
            a[mine], b[mine] = _questions(kind, permuted(positions, kind.size(), (*key, "kind", number)))
    swapped = rng.integers(0, 2, size=len(a), dtype=np.uint8).astype(bool)
    a[swapped], b[swapped] = b[swapped], a[swapped]
    width = distribution.longest_operand()
    return _digits(a, width), _digits(b, width)


def taken(rows: int, sizes: Sequence[int], shares: Sequence[float]) -> list[int]:
    """How many of the first `rows` questions are of each kind, given how many there are and how often each is drawn.

    Never falls for any kind as `rows` grows. Raises ValueError for more rows than questions.
    """
    if rows > sum(sizes):
        raise ValueError(f"there are {sum(sizes)} questions, not {rows}")
    if len(sizes) == 1 or rows == sum(sizes):
        return [rows] if len(sizes) == 1 else list(sizes)

    def after(draws: float) -> list[int]:
        return [
            min(math.floor(size * -math.expm1(-share * draws / size) + 0.5), size) if size else 0
            for size, share in zip(sizes, shares, strict=True)
        ]

    few, many = 0.0, 1.0
    while sum(after(many)) <= rows:
        few, many = many, 2 * many
    while few < (middle := (few + many) / 2) < many:
        few, many = (middle, many) if sum(after(middle)) <= rows else (few, middle)
    counts = after(few)
    for number, next_count in enumerate(
        after(many)
    ):  # kinds that arrive at the same time come in their order
        counts[number] += min(next_count - counts[number], rows - sum(counts))
    return counts


def _arrivals(
    kind_of: np.ndarray, ranks: np.ndarray, sizes: Sequence[int], shares: Sequence[float]
) -> np.ndarray:
    """After how many draws questions (N,) arrive that are the `ranks`-th of their kinds, counted from 0 on."""
    size = np.array(sizes, dtype=np.float64)[kind_of]
    gone = np.minimum(ranks / size, 1 - 2**-53)
    # Not NumPy's logarithm, whose last bit depends on the processor.
    waited = np.array([-math.log1p(-share) for share in gone.tolist()])
    return waited * size / np.array(shares)[kind_of]


def _questions(kind: Kind, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both operands (N,) of the questions of a kind with these numbers (N,) in [0, kind.size()), int64.

    Of one range with n numbers, the unordered pairs i <= j fill rows of n + 1: those with the least i = 0, then those
    with the least i = n - 1; then i = 1 and i = n - 2, and so on.
    """
    n = kind.first.count()
    if kind.first != kind.second:
        first, second = np.divmod(numbers, kind.second.count())
        return kind.first.low + first, kind.second.low + second
    row, column = np.divmod(numbers, n + 1)
    front = column < n - row
    least = np.where(front, row, n - 1 - row)
    most = np.where(front, row + column, column - 1)
    return kind.first.low + least, kind.first.low + most


def _digits(values: np.ndarray, width: int) -> np.ndarray:
    """Whole numbers (N,) as digits (N, width), lowest first."""
    return (values[:, None] // BASE ** np.arange(width, dtype=np.int64) % BASE).astype(np.uint8)
