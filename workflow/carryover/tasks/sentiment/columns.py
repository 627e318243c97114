"""The columns of a stored split of reviews."""

from __future__ import annotations

import pyarrow as pa


def columns() -> pa.Schema:
    """The columns of a stored split."""
    return pa.schema(
        [
            pa.field("index", pa.int64(), nullable=False),
            pa.field("review", pa.string(), nullable=False),
            pa.field("label", pa.string(), nullable=False),
            pa.field("tokens", pa.list_(pa.field("element", pa.int32(), nullable=False)), nullable=False),
        ]
    )
