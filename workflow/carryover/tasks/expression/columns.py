"""The columns of a stored split of expressions."""

from __future__ import annotations

import pyarrow as pa


def columns() -> pa.Schema:
    """The columns of a stored split."""
    return pa.schema(
        [
            pa.field("index", pa.int64(), nullable=False),
            pa.field("expression", pa.string(), nullable=False),
            pa.field("answer", pa.int64(), nullable=False),
            pa.field("component", pa.string(), nullable=False),
        ]
    )
