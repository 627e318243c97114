"""Conversion between Arrow strings and matrices of bytes, without a Python loop over rows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa


def strings(characters: np.ndarray) -> pa.StringArray:
    """The rows of an (N, W) uint8 matrix of ASCII codes, as N strings. Zeros at any position are left out."""
    present = characters != 0
    offsets = np.zeros(len(characters) + 1, dtype=np.int64)
    np.cumsum(np.count_nonzero(present, axis=1), out=offsets[1:])
    if offsets[-1] > np.iinfo(np.int32).max:
        raise ValueError("more than 2 GiB of text in one array: convert it in smaller blocks")
    buffers = [None, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(characters[present])]
    return pa.Array.from_buffers(pa.string(), len(characters), buffers)


def characters(
    text: pa.Array | pa.ChunkedArray, width: int = 0, to_the_right: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Strings of ASCII as an (N, L) uint8 matrix, zeros on the right, with lengths (N,) int32.

    L is `width` or the longest string, whichever is more. Strings must not be null. `to_the_right` puts the zeros on
    the left, so that the last characters stand below each other.
    """
    chunks = text.chunks if isinstance(text, pa.ChunkedArray) else [text]
    parts = [_buffers(chunk) for chunk in chunks]
    lengths = np.concatenate([np.diff(offsets) for offsets, _ in parts] or [np.empty(0)]).astype(np.int32)
    matrix = np.zeros((len(lengths), max(width, int(lengths.max(initial=0)))), dtype=np.uint8)
    column = np.arange(matrix.shape[1], dtype=np.int32)
    start = 0
    for offsets, data in parts:
        rows = slice(start, start + len(offsets) - 1)
        # Row by row and left to right is the order both of the text and of a boolean mask's true places.
        position = matrix.shape[1] - 1 - column if to_the_right else column
        matrix[rows][position < lengths[rows, None]] = data[offsets[0] : offsets[-1]]
        start = rows.stop
    return matrix, lengths


def _buffers(chunk: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """The offsets (N + 1,) and the bytes behind one array of strings."""
    if chunk.null_count:
        raise ValueError("text to encode holds nulls")
    chunk = chunk.cast(pa.large_string())
    _, offsets, data = chunk.buffers()
    first = (
        np.frombuffer(offsets, dtype=np.int64)[chunk.offset : chunk.offset + len(chunk) + 1]
        if offsets
        else np.zeros(1, np.int64)
    )
    return first, np.frombuffer(data, dtype=np.uint8) if data else np.empty(0, np.uint8)
