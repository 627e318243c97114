"""What the accuracy on strings is broken down by."""

from __future__ import annotations

import numpy as np
import pyarrow as pa


def strata(table: pa.Table) -> dict[str, np.ndarray]:
    """The number of different letters of each string, (N,)."""
    return {"letters": np.array([str(len(set(string))) for string in table["string"].to_pylist()])}
