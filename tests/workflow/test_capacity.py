"""A workflow whose jobs cannot fit the machine stops before the first of them, with one line."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.workflow.project import Project

pytestmark = pytest.mark.workflow


def test_nothing_starts_of_what_cannot_fit(tmp_path: Path) -> None:
    project = Project(tmp_path / "project")

    def far_too_wide(study: dict[str, Any]) -> None:
        study["base"]["model"]["hidden"] = 65_536
        study["base"]["model"]["layers"] = 16

    project.edit_study(far_too_wide)
    ended = subprocess.run(
        project.command("--cores", "1"),
        cwd=project.folder,
        env=project.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2, ended.stderr
    assert "of memory, and this machine has" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (project.folder / "results").exists()
    # Datasets alone fit, and the folder is not left locked.
    project.snakemake("--cores", "1", "--until", "generate")
