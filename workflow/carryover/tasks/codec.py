"""Encoding that tasks share: characters as symbols, padding, and answers that are written symbol by symbol."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from carryover.data import text
from carryover.tasks.encoded import OUTSIDE

PADDING = 0  # the symbol after the last one that counts
END = 1  # the symbol after the last character of a written answer


class Alphabet:
    """ASCII characters and the symbols that stand for them: `first` for the first character, and so on."""

    def __init__(self, characters: str, first: int) -> None:
        codes = np.frombuffer(characters.encode("ascii"), dtype=np.uint8)
        self.size = first + len(codes)  # symbols, those below the first character's included
        self._symbols = np.zeros(256, dtype=np.uint8)
        self._symbols[codes] = np.arange(first, self.size)
        self._codes = np.concatenate([np.zeros(first, dtype=np.uint8), codes])

    def symbols(self, codes: np.ndarray) -> np.ndarray:
        """ASCII codes (N, L) as symbols (N, L) uint8; 0, and a character that is not in the alphabet, is PADDING."""
        return self._symbols[codes]

    def texts(self, symbols: np.ndarray) -> list[str]:
        """Symbols (N, T) as N strings. Symbols without a character are left out."""
        return text.strings(self._codes[symbols]).to_pylist()


def written(answers: pa.Array, alphabet: Alphabet, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Answers as a decoder should write them: their characters, END, then padding.

    Returns symbols (N, length) int16 and how many of them count, (N,) int32. An answer with no room for its END cannot
    be written: it is cut, and has OUTSIDE in the last position.
    """
    codes, lengths = text.characters(answers, length)
    symbols = alphabet.symbols(codes).astype(np.int16)
    fits = lengths < length
    rows = np.flatnonzero(fits)
    symbols[rows, lengths[rows]] = END
    symbols[~fits, length - 1] = OUTSIDE
    return symbols[:, :length], np.minimum(lengths + 1, length).astype(np.int32)


def read_back(symbols: np.ndarray, alphabet: Alphabet) -> list[str]:
    """The output of a decoder, symbols (N, T), as N strings: the characters before the first END."""
    ended = np.cumsum(symbols == END, axis=1) > 0
    return alphabet.texts(np.where(ended, PADDING, symbols))


def padded(symbols: np.ndarray, lengths: np.ndarray, width: int, dtype: np.dtype) -> np.ndarray:
    """Sequences of these lengths (N,), one after the other in `symbols`, as rows (N, width), padded on the right."""
    matrix = np.full((len(lengths), width), PADDING, dtype=dtype)
    matrix[np.arange(width) < lengths[:, None]] = symbols
    return matrix
