"""How often Python looks for garbage in a command that makes a report."""

from __future__ import annotations

import gc

OBJECTS = 10_000  # new ones that may pile up before Python looks through them


def look_rarely() -> None:
    """Look for garbage seldom, and never among what is imported by now.

    A report makes millions of small objects. By its defaults Python would spend a tenth of the time on looking.
    """
    gc.freeze()
    gc.set_threshold(OBJECTS)
