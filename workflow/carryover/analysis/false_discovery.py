"""All claims of a report together: which decisions stay at a false discovery rate of 5%."""

from __future__ import annotations

from typing import Any

from carryover.analysis.judges import DECIDED

RATE = 0.05


def with_false_discovery(rows: list[dict[str, Any]], verdict: str = "verdict") -> list[dict[str, Any]]:
    """Rows of claims with the column `stays`: whether a decision stays, by Benjamini and Hochberg (1995).

    rows: claims with their `p`, and whether they are about time (`timed`). verdict: the column of their verdicts.
    Times differ from call to call, so claims about them are counted by themselves.

    Claims that were tested and left open count too: without them, nearly every decision would stay. `stays` is None
    where nothing was decided. What was decided without a test, because nothing is random in it, stays.
    """
    from scipy import stats

    adjusted = {}
    for timed in (True, False):
        tested = [row["p"] for row in rows if row["timed"] is timed and row["p"] is not None]
        adjusted[timed] = iter(stats.false_discovery_control(tested).tolist() if tested else [])
    told = []
    for row in rows:
        below = row["p"] is None or next(adjusted[row["timed"]]) <= RATE
        told.append(row | {"stays": below if row[verdict] in DECIDED else None})
    return told
