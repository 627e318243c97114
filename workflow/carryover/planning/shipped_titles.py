"""The titles of the shipped config, which reference results are of."""

from __future__ import annotations

from carryover.errors import UserError
from carryover.planning.load import load
from carryover.planning.plan import Titles
from carryover.planning.root import read_root
from carryover.planning.shipped import SHIPPED


def shipped_titles() -> Titles:
    """What the shipped config calls datasets, suites and splits; nothing where it is missing, or has a mistake."""
    try:
        return load(read_root([SHIPPED])).titles
    except UserError:
        return Titles()
