"""Counts of claims by verdict, and of published numbers by word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from markupsafe import Markup


def tally(frame: pd.DataFrame, column: str, kinds: Mapping[str, tuple[str, str]]) -> list[dict[str, Any]]:
    """The number of rows for each word, in the order of `kinds`. Words without rows are left out."""
    counts = frame[column].astype(str).value_counts() if len(frame) else pd.Series(dtype=int)
    return [
        {"word": word, "sign": sign, "kind": kind, "count": int(counts[word])}
        for word, (sign, kind) in kinds.items()
        if counts.get(word, 0)
    ]


def chips(frame: pd.DataFrame, column: str, kinds: Mapping[str, tuple[str, str]]) -> Markup | None:
    """The same as small labels; None without rows."""
    shown = [
        Markup('<span class="chip {}"><span aria-hidden="true">{}</span> {}&nbsp;{}</span>').format(
            one["kind"], one["sign"], one["count"], one["word"]
        )
        for one in tally(frame, column, kinds)
    ]
    return Markup(" ").join(shown) if shown else None
