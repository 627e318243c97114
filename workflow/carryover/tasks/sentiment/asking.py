"""One review as a person asks it."""

from __future__ import annotations

import pyarrow as pa

from carryover.errors import UserError
from carryover.tasks.record import Run
from carryover.tasks.sentiment.columns import columns

LONGEST_QUESTION = 100_000


def parse(asked: str, run: Run) -> pa.Table:
    """A review as a table of one row. Its label is not known, so it is left empty. Raises UserError for no text."""
    if not asked.strip():
        raise UserError("ask: the review is empty; ask with its text")
    try:
        asked.encode()
    except UnicodeEncodeError:
        raise UserError("ask: the review is not UTF-8; ask with text in UTF-8") from None
    if len(asked) > LONGEST_QUESTION:
        raise UserError(
            f"ask: the review has {len(asked):,} characters; ask with at most {LONGEST_QUESTION:,}"
        )
    return pa.table([[0], [asked], [""], [[]]], schema=columns())
