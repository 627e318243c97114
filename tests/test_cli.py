"""The command line as a person meets it: one line and exit code 2 for what they can mend, never a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def carryover(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "carryover", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["plan", "--config", "only=[a"], "--config: only: not valid YAML"),
        (["plan", "--config", "only"], "--config only: write KEY=VALUE"),
        (["plan", "--config", "results=a{b}"], "must have no { or }"),
        (["plan", "--config", 'only=["nosuch"]'], "nosuch"),
        (["schema", "README.md/below"], "README.md/below: Not a directory"),
        (["report", "--study", "nosuch"], "--study nosuch: this config has no such study"),
        (
            ["report", "--partial", "--from", "results/reference/full"],
            "--partial: a report of reference results",
        ),
        (["reference", "nosuch", "elsewhere"], "nosuch"),
        (["ask", "nosuch", "1+2"], "no finished run here"),
        (["play", "nosuch"], "no finished run here"),
        (["compare", "nosuch", "README.md"], "nosuch"),
    ],
)
def test_a_mistake_is_one_line(arguments: list[str], said: str) -> None:
    found = carryover(*arguments)
    assert found.returncode == 2
    assert said in found.stderr
    assert found.stderr.count("\n") == 1, found.stderr
    assert found.stdout == ""


@pytest.mark.parametrize(
    ("content", "fault"), [('{"a": 1}', "task: field required"), ("[]", "not a mapping of keys")]
)
def test_a_run_that_is_none(tmp_path: Path, content: str, fault: str) -> None:
    (tmp_path / "run.json").write_text(content)
    found = carryover("ask", str(tmp_path), "1+2")
    assert (found.returncode, found.stderr.count("\n")) == (2, 1), found.stderr
    assert f"run.json: damaged ({fault}); remove the run's folder" in found.stderr
