"""Drawing expressions: which of a grammar's expressions the rows of a split hold."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import pyarrow as pa

from carryover.data import text
from carryover.data.permutation import permuted
from carryover.data.streams import stream
from carryover.settings.canonical import canonical_json
from carryover.settings.rows import SIDES
from carryover.tasks.expression.columns import columns
from carryover.tasks.expression.grammar import Expressions
from carryover.tasks.expression.numbering import expressions
from carryover.tasks.expression.settings import ExpressionDataset, cycle

BLOCK = 65_536  # rows made at a time, and draws from one stream


def batches(dataset: ExpressionDataset, split: str, rows: range | None = None) -> Iterator[pa.RecordBatch]:
    """The rows of a split, or a range of them, in blocks of 65,536, in constant memory.

    Row i is the same whatever the range. The first rows of train and test do not depend on how many follow, nor do the
    rows of one component on the others.
    """
    wanted = range(dataset.split_rows()[split]) if rows is None else rows
    for start in range(wanted.start // BLOCK * BLOCK, wanted.stop, BLOCK):
        stop = min(start + BLOCK, wanted.stop)
        yield _rows(dataset, split, np.arange(max(start, wanted.start), stop, dtype=np.int64))


def _rows(dataset: ExpressionDataset, split: str, index: np.ndarray) -> pa.RecordBatch:
    """The rows of a split at `index`, (N,) int64, consecutive and rising."""
    component, of_component = _components(dataset.distribution.shares, index)
    test_rows = dataset.component_rows("test")
    parts: list[tuple[np.ndarray, np.ndarray]] = []
    answer = np.empty(len(index), dtype=np.int64)
    for number, grammar in enumerate(dataset.distribution.components):
        mine = np.flatnonzero(component == number)
        if len(mine):
            drawn = _draw(dataset, grammar, split, of_component[mine], test_rows[number])
            characters, answer[mine] = expressions(grammar, drawn)
            parts.append((mine, characters))
    matrix = np.zeros((len(index), max(characters.shape[1] for _, characters in parts)), dtype=np.uint8)
    for mine, characters in parts:
        matrix[mine, : characters.shape[1]] = characters
    labels = pa.array(dataset.component_labels())
    label = pa.DictionaryArray.from_arrays(pa.array(component, pa.int32()), labels).cast(pa.string())
    return pa.RecordBatch.from_arrays(
        [pa.array(index), text.strings(matrix), pa.array(answer), label], schema=columns()
    )


def _components(shares: tuple[int, ...], index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The component that each row (N,) is of, and the row's number among those of its component."""
    pattern, rank = _cycle(shares)
    turn, position = np.divmod(index, len(pattern))
    component = pattern[position]
    return component, turn * np.asarray(shares)[component] + rank[position]


@lru_cache(maxsize=16)
def _cycle(shares: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The components of one cycle of rows, and how often each row's component came before in the cycle."""
    pattern = np.asarray(cycle(shares))
    rank = np.empty(len(pattern), dtype=np.int64)
    for number, share in enumerate(shares):
        rank[pattern == number] = np.arange(share)
    return pattern, rank


def _draw(
    dataset: ExpressionDataset, grammar: Expressions, split: str, rows: np.ndarray, test_rows: int
) -> np.ndarray:
    """The numbers of the expressions in rows `rows` (consecutive, rising) of a grammar's part of a split."""
    space = grammar.space()
    key = ("expression", canonical_json(grammar.grammar()), dataset.seed)
    if dataset.draw == "with_replacement":
        first, last = int(rows[0]), int(rows[-1]) + 1
        low, high = 0, space
        if dataset.disjoint:
            low, high = (space * tenth // 10 for tenth in SIDES[split])
        blocks = range(first // BLOCK, -(-last // BLOCK))
        drawn = [stream((*key, split), block).integers(low, high, size=BLOCK) for block in blocks]
        numbers = np.concatenate(drawn)[first - blocks[0] * BLOCK : last - blocks[0] * BLOCK]
        return permuted(numbers, space, (*key, "sides")) if dataset.disjoint else numbers
    if split == "test":
        rows = space - 1 - rows
    elif split == "validation":
        rows = space - 1 - test_rows - rows
    return permuted(rows, space, (*key, "order"))
