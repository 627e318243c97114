"""The columns of a stored split of sums."""

from __future__ import annotations

import pyarrow as pa


def columns() -> pa.Schema:
    """The columns of a stored split; numbers are decimal strings, most significant digit first, no leading zeros."""
    fields = [("index", pa.int64()), ("a", pa.string()), ("b", pa.string()), ("sum", pa.string())]
    return pa.schema([pa.field(name, type_, nullable=False) for name, type_ in fields])
