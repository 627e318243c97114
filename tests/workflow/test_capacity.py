"""A workflow whose jobs cannot fit the machine stops before the first of them, with one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.workflow import forks
from tests.workflow.project import Project

pytestmark = pytest.mark.workflow


def test_nothing_starts_of_what_cannot_fit(tmp_path: Path) -> None:
    project = Project(tmp_path / "project")

    def far_too_wide(study: dict[str, Any]) -> None:
        study["base"]["model"]["hidden"] = 65_536
        study["base"]["model"]["layers"] = 16

    project.edit_study(far_too_wide)
    ended = forks.snakemake(project.folder, ("--cores", "1"), project.environment())
    assert ended.returncode == 2, ended.stderr
    assert "of memory, and this machine has" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (project.folder / "results").exists()
    # Datasets alone fit, and the folder is not left locked.
    project.snakemake("--cores", "1", "--until", "generate")
