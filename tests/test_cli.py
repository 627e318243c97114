"""The command line as a person meets it: one line and exit code 2 for what they can mend, never a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from carryover.cli import main

ROOT = Path(__file__).parents[1]


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
def test_a_mistake_is_one_line(
    arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    told = capsys.readouterr()
    assert ended.value.code == 2
    assert said in told.err
    assert told.err.count("\n") == 1, told.err
    assert told.out == ""


def test_the_command_of_a_shell_ends_alike() -> None:
    """The tests above call the function that this command calls."""
    command = [sys.executable, "-m", "carryover", "compare", "nosuch", "README.md"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout) == (2, "")
    assert "nosuch" in found.stderr
    assert found.stderr.count("\n") == 1, found.stderr


@pytest.mark.parametrize(
    ("content", "fault"), [('{"a": 1}', "task: field required"), ("[]", "not a mapping of keys")]
)
def test_a_run_that_is_none(
    tmp_path: Path, content: str, fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(SystemExit) as ended:
        main(["ask", str(tmp_path), "1+2"])
    told = capsys.readouterr().err
    assert (ended.value.code, told.count("\n")) == (2, 1), told
    assert f"run.json: damaged ({fault}); remove the run's folder" in told
