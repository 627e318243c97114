"""Task `reverse`: a string is read letter by letter, and written back to front.

inputs    a  b  c  d
targets   d  c  b  a
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from carryover.tasks.reverse.settings import ReverseDataset

from carryover.data import text
from carryover.data.hashing import hash_rows
from carryover.data.streams import stream
from carryover.errors import UserError
from carryover.tasks.codec import Alphabet
from carryover.tasks.encoded import Encoded, Sizes
from carryover.tasks.record import Run

LETTERS = Alphabet("abcd", first=1)
BLOCK = 65_536


def columns() -> pa.Schema:
    """The columns of a stored split."""
    return pa.schema(
        [pa.field("index", pa.int64(), nullable=False), pa.field("string", pa.string(), nullable=False)]
    )


def batches(dataset: ReverseDataset, split: str, rows: range | None = None) -> Iterator[pa.RecordBatch]:
    """The rows of a split, or a range of them, block by block."""
    wanted = range(dataset.split_rows()[split]) if rows is None else rows
    for block in range(wanted.start // BLOCK, -(-wanted.stop // BLOCK)):
        drawn = stream(("reverse", dataset.letters, dataset.seed, split), block).integers(
            ord("a"), ord("e"), size=(BLOCK, dataset.letters), dtype=np.uint8
        )
        index = np.arange(max(wanted.start, block * BLOCK), min(wanted.stop, (block + 1) * BLOCK))
        strings = text.strings(drawn[index - block * BLOCK])
        yield pa.RecordBatch.from_arrays([pa.array(index), strings], schema=columns())


def encode(
    table: pa.Table, run: Run, folder: Path | None = None, for_training: bool = False, width: int = 0
) -> Encoded:
    """Letters (N, L, 1) and the same letters back to front (N, L)."""
    letters = LETTERS.symbols(text.characters(table["string"])[0])
    lengths = np.full(len(letters), letters.shape[1], dtype=np.int32)
    return Encoded(letters[:, :, None], lengths, letters[:, ::-1].astype(np.int8), lengths)


def sizes(run: Run, folder: Path | None = None) -> Sizes:
    """Four letters in, four letters out."""
    return Sizes(LETTERS.size, 1, LETTERS.size, run.dataset.letters, None)


def decode(predictions: np.ndarray, table: pa.Table, run: Run) -> list[str]:
    """Predicted letters (N, T) as strings."""
    return LETTERS.texts(predictions)


def question(table: pa.Table) -> list[str]:
    """The strings."""
    return table["string"].to_pylist()


def answer(table: pa.Table) -> list[str]:
    """The strings back to front."""
    return [string[::-1] for string in question(table)]


def parse(asked: str, run: Run) -> pa.Table:
    """A string of letters from a to d. Raises UserError for any other."""
    if not asked or set(asked) - set("abcd"):
        raise UserError(f"ask: {asked!r} has other letters than a to d; ask like abcd")
    return pa.table([[0], [asked]], schema=columns())


def seen_key(table: pa.Table, commuted: bool = False) -> np.ndarray:
    """Row hashes (N, 2) uint64 of the strings."""
    return hash_rows(text.characters(table["string"])[0])
