"""Settings that are larger than the system allows for one argument."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.workflow.project import Project

pytestmark = pytest.mark.workflow

LARGEST_ARGUMENT = 128 * 1024  # bytes, on Linux


def test_they_reach_the_jobs_and_a_logged_command_runs_again_by_hand(tmp_path: Path) -> None:
    project = Project(tmp_path / "project")
    held_out = list(range(0, 100_000, 4))
    numbers = {"smallest": 0, "largest": 99_999, "without": held_out}
    config = {
        "study": "held-out",
        "title": "Held-out numbers",
        "question": "Do large settings get through?",
        "task": "expression",
        "datasets": {
            "held-out": {
                "task": "expression",
                "distribution": {"kind": "grammar", "operators": "+", "operands": [2], "numbers": numbers},
                "rows": {"train": 100, "validation": 10, "test": 5},
            }
        },
        "suites": {"own-sums": {"task": "expression", "splits": {"test": {"dataset": "own"}}}},
        "base": {
            "dataset": "held-out",
            "model": {"kind": "seq2seq", "cell": "gru", "embedding": 4, "hidden": 4, "layers": 1},
            "training": {"steps": 2, "batch": 10},
        },
        "evaluate": ["own-sums"],
        "seeds": 1,
    }
    (project.folder / "config/studies/held-out.yaml").write_text(yaml.safe_dump(config))
    only = ("--cores", "2", "--config", "only=['held-out']", "--printshellcmds", "--until", "evaluate")
    output = project.snakemake(*only)
    commands = {
        name: line.removeprefix("Shell command: ")
        for line in output.splitlines()
        for name in ("generate", "train-run")
        if line.startswith("Shell command: ") and f" {name} " in line
    }
    assert all(len(commands[name]) > LARGEST_ARGUMENT for name in ("generate", "train-run"))
    (run,) = project.results("runs")

    # The command that trained is complete in itself: it needs no file that another plan may have overwritten.
    before = (run / "model.safetensors").read_bytes()
    (run / "model.safetensors").unlink()
    (project.folder / "results/reports/tiny/plan.json").unlink()
    (project.folder / "again.sh").write_text(commands["train-run"])
    subprocess.run(["bash", "again.sh"], cwd=project.folder, check=True)
    assert (run / "model.safetensors").read_bytes() == before
