"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

# A busy machine is not a failure: no test has a time limit.
settings.register_profile("carryover", deadline=None)
settings.load_profile("carryover")
