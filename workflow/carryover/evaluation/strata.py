"""What accuracy is broken down by, one file a task."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from carryover.tasks import digit_sum_strata, expression_strata, sentiment_strata

# Task → the strata of the rows of a split: name → labels (N,).
STRATA: dict[str, Callable[[pa.Table], dict[str, np.ndarray]]] = {
    "digit_sum": digit_sum_strata.strata,
    "expression": expression_strata.strata,
    "sentiment": sentiment_strata.strata,
}
