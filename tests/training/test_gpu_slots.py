"""Slots on GPUs hold for every user of a machine, and nobody's links are followed."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from carryover.errors import UserError
from carryover.training import gpu_slots

NOBODY, OTHER = 65534, 65533


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(gpu_slots.FOLDER, str(tmp_path / "slots"))
    return tmp_path / "slots"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_folder_and_files_are_for_everybody_whatever_the_umask(folder: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        assert gpu_slots.take(gpu_slots.open_folder(), "0.0.lock") is not None
    finally:
        os.umask(before)
    assert mode(folder) == 0o1777
    assert mode(folder / "0.0.lock") == 0o666


def test_a_slot_is_taken_once_and_given_back_when_it_is_closed(folder: Path) -> None:
    slots = gpu_slots.open_folder()
    held = gpu_slots.take(slots, "0.0.lock")
    assert held is not None
    assert gpu_slots.take(slots, "0.0.lock") is None
    os.close(held)
    assert gpu_slots.take(slots, "0.0.lock") is not None


def test_a_link_in_place_of_the_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir(mode=0o700)
    folder.symlink_to(tmp_path / "mine")
    with pytest.raises(UserError, match=r"slots: should be a folder.*remove it, or name another"):
        gpu_slots.open_folder()
    assert mode(tmp_path / "mine") == 0o700


@pytest.mark.parametrize("target", ["there", "nowhere"])
def test_a_link_in_place_of_a_lock_is_not_followed(folder: Path, tmp_path: Path, target: str) -> None:
    (tmp_path / "there").write_text("mine")
    (tmp_path / "there").chmod(0o600)
    slots = gpu_slots.open_folder()
    (folder / "0.0.lock").symlink_to(tmp_path / target)
    assert gpu_slots.take(slots, "0.0.lock") is None
    assert (tmp_path / "there").read_text() == "mine"
    assert mode(tmp_path / "there") == 0o600
    assert not (tmp_path / "nowhere").exists()


def test_a_pipe_in_place_of_a_lock_does_not_hang(folder: Path) -> None:
    slots = gpu_slots.open_folder()
    os.mkfifo(folder / "0.0.lock")
    assert gpu_slots.take(slots, "0.0.lock") is None


TAKE = """
import os, sys
from carryover.training import gpu_slots
os.setuid(int(sys.argv[1]))
print(gpu_slots.take(gpu_slots.open_folder(), "0.0.lock") is not None, flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be two users")
def test_two_users_wait_for_each_other(folder: Path) -> None:
    for parent in folder.parents:  # pytest's folders are for their user alone
        if str(parent).startswith("/tmp/pytest"):
            parent.chmod(0o755)
    folder.parent.chmod(0o777)

    def as_user(number: int) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", TAKE, str(number)],
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def answer(user: subprocess.Popen[str]) -> str:
        assert user.stdout is not None
        return user.stdout.readline().strip()

    first = as_user(NOBODY)
    assert answer(first) == "True"
    second = as_user(OTHER)
    assert answer(second) == "False"
    first.communicate()
    second.communicate()
    third = as_user(OTHER)
    assert answer(third) == "True"
    third.communicate()
