"""One throw-away Slurm for all tests here, or the reason why there is none."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from filelock import FileLock

from tests.cluster.slurm import Cluster, cluster, why_not


@pytest.fixture(scope="module")
def slurm() -> Iterator[Cluster]:
    if reason := why_not():
        pytest.skip(f"no throw-away Slurm: {reason}")
    # Sockets have short paths, so this is no place for pytest's long temporary folders.
    with (
        FileLock(Path(tempfile.gettempdir()) / "carryover-slurm.lock", timeout=3600),
        tempfile.TemporaryDirectory(prefix="slurm-", ignore_cleanup_errors=True) as folder,
        ExitStack() as stack,
    ):
        try:
            running = stack.enter_context(cluster(Path(folder)))
        except (OSError, TimeoutError) as error:
            pytest.skip(f"no throw-away Slurm: {error}")
        yield running
