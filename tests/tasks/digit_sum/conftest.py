"""What tests of sums share."""

from __future__ import annotations

import pytest

from carryover.tasks.digit_sum import drawing


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Datasets drawn in blocks of 64 rows."""
    monkeypatch.setattr(drawing, "BLOCK_ROWS", 64)
