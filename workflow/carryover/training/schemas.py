"""The columns of a history. Stands apart, so that who reads it need not import PyTorch."""

from __future__ import annotations

import pyarrow as pa

HISTORY = pa.schema(
    [
        ("step", pa.int64()),
        ("epoch", pa.float64()),
        ("examples", pa.int64()),
        ("split", pa.string()),
        ("metric", pa.string()),
        ("value", pa.float64()),
    ]
)
