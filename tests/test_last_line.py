"""A command that fails says why in one line, whatever the terminal and the disk are like."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from carryover.cli import main
from carryover.data.files import atomic_path, write_json
from carryover.errors import UserError
from carryover.last_line import in_one_line
from tests.tiny import Tiny

ROOT = Path(__file__).parents[1]


def carryover(
    folder: Path,
    *arguments: str,
    before: Callable[[], None] | None = None,
    output: int = subprocess.PIPE,
    **more: str,
) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "workflow"), **more}
    command = [sys.executable, "-m", "carryover", *arguments]
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.PIPE,
        preexec_fn=before,
        check=False,
    )


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437"])
def test_any_terminal_shows_any_text(tiny: Tiny, encoding: str) -> None:
    tiny.study["title"] = "Größer – 加法 – √2 😀"
    tiny.write()
    told = carryover(tiny.folder, "plan", PYTHONIOENCODING=encoding)
    assert (told.returncode, told.stderr) == (0, b"")
    as_data = carryover(tiny.folder, "plan", "--json", PYTHONIOENCODING=encoding)
    assert json.loads(as_data.stdout)["studies"][0]["title"] == tiny.study["title"]


def test_mistakes_reach_any_terminal(tiny: Tiny) -> None:
    tiny.study["titel–√"] = "x"
    tiny.write()
    told = carryover(tiny.folder, "plan", PYTHONIOENCODING="ascii")
    assert told.returncode == 2
    assert told.stderr.count(b"\n") == 1
    assert b"titel" in told.stderr


def test_a_mistake_never_steers_the_terminal(tiny: Tiny) -> None:
    tiny.study["\u202e\u00adtitle"] = "x"
    tiny.write()
    told = carryover(tiny.folder, "plan")
    assert told.returncode == 2
    assert b"\\u202e" in told.stderr
    assert "\u202e".encode() not in told.stderr


def no_file_may_grow() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def test_a_disk_that_takes_nothing_is_told_past_the_log(tiny: Tiny) -> None:
    """The log of a job lies on the disk that is full; the reason reaches the terminal, with the file."""
    report = "results/reports/tiny"
    tiny.plan().write(tiny.folder / report / "plan.json")
    told = carryover(
        tiny.folder, "aggregate", report, "--partial", "--log", "logs/a.log", before=no_file_may_grow
    )
    assert told.returncode == 2
    assert told.stderr.count(b"\n") == 1, told.stderr
    assert b"File too large" in told.stderr
    assert b"tables" in told.stderr
    assert (tiny.folder / "logs/a.log").read_bytes() == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_output_that_goes_nowhere(tiny: Tiny) -> None:
    tiny.write()
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        told = carryover(tiny.folder, "plan", output=full)
    finally:
        os.close(full)
    assert (told.returncode, told.stderr) == (2, b"carryover: No space left on device\n")


def test_what_libraries_say_of_a_full_disk_gets_a_file(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left") as caught, atomic_path(tmp_path / "model.safetensors"):
        raise RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)")
    assert in_one_line(caught.value) == f"{tmp_path}/model.safetensors: No space left on device"
    assert list(tmp_path.iterdir()) == []


def failing(error: BaseException, path: Path) -> BaseException:
    """The error, raised by code that works on `path`."""
    try:
        open_it(path, error)
    except BaseException as raised:
        return raised
    raise AssertionError


def open_it(path: Path, error: BaseException) -> None:
    raise error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (RecursionError("maximum recursion depth exceeded"), "nested too deeply"),
        (MemoryError(), "not enough memory"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), "cannot be read"),
        (OSError(28, "Error writing bytes to file. Detail: x\ny"), "No space left on device"),
        (OSError("something\nelse"), "something else"),
    ],
    ids=lambda case: type(case).__name__,
)
def test_what_nobody_foresaw_names_the_file(tmp_path: Path, error: BaseException, words: str) -> None:
    line = in_one_line(failing(error, tmp_path / "some.json"))
    assert line is not None
    assert line.startswith(f"{tmp_path}/some.json: ")
    assert words in line
    assert "\n" not in line


def test_mistakes_of_users_stay_as_they_are_and_faults_of_the_code_are_no_lines() -> None:
    assert in_one_line(UserError("a: b")) == "a: b"
    assert in_one_line(KeyError("x")) is None


@pytest.mark.parametrize("question", ["-5+3", "-(1+2)*3", "- a good film"])
def test_a_question_may_begin_with_a_minus_sign(
    tmp_path: Path, question: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_json(tmp_path / "run.json", {})
    with pytest.raises(SystemExit) as ended:
        main(["ask", str(tmp_path), question])
    told = capsys.readouterr().err
    assert ended.value.code == 2
    assert "run.json: damaged" in told  # it got as far as the run
    assert "usage" not in told
