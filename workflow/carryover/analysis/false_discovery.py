"""All claims of a report together: which decisions stay at a false discovery rate of 5%."""

from __future__ import annotations

from typing import Any

from carryover.analysis.judges import REFUTED, SUPPORTED

RATE = 0.05


def with_false_discovery(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of claims with the column `stays`: whether a decision stays, by Benjamini and Hochberg (1995).

    rows: of the tables `claims` or `evidence`, with `p` and a verdict.

    Claims that were tested and left open count too: without them, nearly every decision would stay. `stays` is None
    where nothing was decided. What was decided without a test, because nothing is random in it, stays.
    """
    from scipy import stats

    tested = [row["p"] for row in rows if row["p"] is not None]
    adjusted = iter(stats.false_discovery_control(tested).tolist() if tested else [])
    told = []
    for row in rows:
        below = row["p"] is None or next(adjusted) <= RATE
        told.append(
            row | {"stays": below if row.get("verdict", row.get("word")) in (SUPPORTED, REFUTED) else None}
        )
    return told
