"""What holds for every test."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from hypothesis import settings

# A busy machine is not a failure: no test has a time limit.
settings.register_profile("carryover", deadline=None)
settings.load_profile("carryover")


@pytest.fixture(autouse=True)
def _numbers_as_python_has_them() -> Iterator[None]:
    """Training makes its process take subnormal numbers for zero; the tests after it share that process."""
    yield
    if "torch" in sys.modules:
        sys.modules["torch"].set_flush_denormal(False)
