"""What holds for every test."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.tiny import Tiny

# A busy machine is not a failure: no test has a time limit. By hand, one may try more than the suite has time for.
settings.register_profile(
    "carryover", deadline=None, max_examples=int(os.environ.get("FUZZ_EXAMPLES", "100"))
)
settings.load_profile("carryover")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One process more than cores: tests of the workflow wait for other processes for much of their time."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where processes share the tests, the files that take longest come first, so that all end at about one time."""
    if hasattr(config, "workerinput"):
        first = {item.path for item in items if item.get_closest_marker("workflow")}
        items.sort(key=lambda item: item.path not in first)


@pytest.fixture(autouse=True)
def _numbers_as_python_has_them() -> Iterator[None]:
    """Training makes its process take subnormal numbers for zero; the tests after it share that process."""
    yield
    if "torch" in sys.modules:
        sys.modules["torch"].set_flush_denormal(False)


@pytest.fixture
def tiny(tmp_path: Path) -> Tiny:
    return Tiny(tmp_path)


@pytest.fixture
def mistakes(tiny: Tiny) -> Callable[[], str]:
    """What planning says is wrong; fails where it finds nothing wrong."""
    from carryover.errors import UserError

    def find() -> str:
        with pytest.raises(UserError) as caught:
            tiny.plan()
        return str(caught.value)

    return find
