"""Names and numbers, as text for readers."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, TypeVar

from markupsafe import Markup

from carryover.analysis.evidence import NOTHING, REFERENCE, THIS_RUN
from carryover.analysis.judges import NOT_REPRODUCED, NOT_TESTED
from carryover.analysis.published import TUNED
from carryover.analysis.wording import bounds, metric, number
from carryover.metrics import METRICS, SHARE, value_range

Text = TypeVar("Text", bound=str)

# word → (symbol, class): never told by colour alone
VERDICTS = {
    "supported": ("✓", "good"),
    "refuted": ("✗", "bad"),
    NOT_REPRODUCED: ("✗", "bad"),
    "inconclusive": ("?", "open"),
    NOT_TESTED: ("–", "none"),
}
PUBLISHED = {
    "inside": ("○", "open"),  # no tick: it is not excluded, which a wide interval says of much
    "outside": ("✗", "bad"),
    TUNED: ("–", "none"),
    "too few seeds": ("?", "open"),
    NOT_TESTED: ("–", "none"),
}
# whose runs a verdict rests on
RUNS_OF = {THIS_RUN: "this run", REFERENCE: "committed reference"}
SOURCES = {THIS_RUN: "by this run", REFERENCE: "by the committed reference", NOTHING: ""}
# status of a run that can solve its task → what a reader calls it
STATUSES = {"finished": "not solved"}
BECAUSE = {
    "mixture": "what the test is mixed of",
    "overlap": "test examples seen in training",
    "readout": "which direction of the network is read",
    "one_draw": "one lucky or unlucky draw",
    "extrapolation": "lengths beyond those of training",
}


def axis(name: str) -> str:
    """A metric with its unit, as an axis label."""
    return f"{metric(name)} ({METRICS[name].unit})" if name in METRICS else metric(name)


def baseline_of(name: str) -> str:
    """The metric with the score of always giving the most frequent answer. Empty if the given metric has none."""
    return (METRICS[name].baseline or "") if name in METRICS else ""


def count(number_of: int, noun: str, plural: str | None = None) -> str:
    """`1 run`, `2 runs`."""
    return f"{number_of:,} {noun if number_of == 1 else plural or noun + 's'}"


def listed(items: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 2 else items)


def span(low: int, high: int) -> str:
    """`3`, or `3 to 5`."""
    return f"{low}" if low == high else f"{low} to {high}"


def place(row: Mapping[str, Any]) -> str:
    """Report and place of a claim or a published number, as `adder-prml: Figure 12`."""
    return ": ".join(str(row[name]) for name in ("report", "place") if none_if_nan(row[name]))


def open_because(row: Mapping[str, Any]) -> str:
    """Why a claim or a published number is not decided, and what else is to be said: `reason: detail`."""
    parts = [str(row[name]) for name in ("reason", "detail") if none_if_nan(row[name])]
    # A published number may have the reason as its word already.
    return ": ".join(part for part in parts if part != row.get("word"))


def absent(content: Any) -> bool:
    """Whether a cell has nothing to show."""
    return content is None or (isinstance(content, float) and math.isnan(content)) or content is _NA


def brief(content: float, name: str) -> str:
    """A number for a sentence: shares with three decimals, never rounded up to 1 or down to 0."""
    if value_range(name) != SHARE or not 0 < content < 1:
        return number(content, name)
    if content >= 0.9995:
        return ">0.999"
    return "<0.001" if content < 0.0005 else f"{content:.3f}"


def spread(row: Any, name: str) -> str:
    """`0.98 [0.97, 0.99], 5 seeds` of a row of `summary` or `published`; a range in place of an interval is named."""
    mean, shown = none_if_nan(row["mean"]), bounds(row)
    text = number(None, name) if mean is None else brief(mean, name)
    if shown is not None:
        low, high = (brief(row[end], name) for end in shown)
        text += f" [{low}, {high}]" if shown == ("low", "high") else f" (range {low} to {high})"
    return f"{text}, {count(int(row['seeds']), 'seed')}"


def none_if_nan(content: Any) -> Any:
    """The content of a cell, None where there is none."""
    return None if absent(content) else content


def sentence(text: Text) -> Text:
    """Text or HTML with a capital at the start, if need be within an element, and a full stop at the end."""
    before = r"((?:<[^>]*>)*)" if isinstance(text, Markup) else "()"
    started = re.sub(rf"^{before}(.)", lambda match: match[1] + match[2].upper(), text, count=1)
    return type(text)(started + ("" if text.endswith(".") else "."))


def shorten(text: str, limit: int) -> str:
    """Text of at most `limit` characters. It is cut between words, for half a number is another one."""
    if len(text) <= limit:
        return text
    kept = text[: limit - 1]
    if not text[limit - 1].isspace() and " " in kept:
        kept = kept.rpartition(" ")[0]
    return kept.rstrip(" ,;:") + "…"


def _missing_value() -> Any:
    import pandas as pd

    return pd.NA


_NA = _missing_value()
