"""The made-up report, rendered once for all tests of a session."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.report import synthetic


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the made-up report with figures and page. Shared between processes: do not change it."""
    return synthetic.rendered(tmp_path_factory)
