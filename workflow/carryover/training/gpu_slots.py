"""Slots on the GPUs of a machine, shared by all its users: a file lock for each.

The folder stands in /tmp, whatever TMPDIR says, because users with different temporary folders must meet. It is like
/tmp itself: everybody may add a file, and remove their own alone. Links are never followed, and nothing is written to
a file, so nobody can make another user's job change a file elsewhere.
"""

from __future__ import annotations

import fcntl
import os
import stat
from contextlib import suppress
from pathlib import Path

from carryover.errors import UserError

FOLDER = "CARRYOVER_GPU_SLOTS"  # the variable that names another folder
DEFAULT = "/tmp/carryover-gpus"


def open_folder() -> int:
    """A descriptor of the folder, which is made where it is not there. Raises UserError where it is not safe to use."""
    folder = Path(os.environ.get(FOLDER, DEFAULT))
    with suppress(FileExistsError):
        folder.mkdir()
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        raise UserError(
            f"{folder}: should be a folder for the locks of all users' trainings, and cannot be opened "
            f"({error.strerror}); remove it, or name another in {FOLDER}"
        ) from None
    about = os.fstat(descriptor)
    if about.st_uid == os.getuid() and stat.S_IMODE(about.st_mode) != 0o1777:
        os.fchmod(descriptor, 0o1777)  # mkdir leaves out what the umask forbids
    return descriptor


def take(folder: int, name: str) -> int | None:
    """Lock the file of a slot; returns its open descriptor, which holds the lock, or None where it is taken."""
    descriptor = _open_file(folder, name)
    if descriptor is None:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _open_file(folder: int, name: str) -> int | None:
    """Open a slot's file for reading, which is enough to lock it; None where that is not possible right now."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        # Without O_CREAT: Linux refuses that for a file of somebody else in a folder like /tmp.
        descriptor = os.open(name, flags, dir_fd=folder)
    except FileNotFoundError:
        try:
            descriptor = os.open(name, flags | os.O_CREAT | os.O_EXCL, 0o666, dir_fd=folder)
        except FileExistsError:
            return None  # somebody else has just made it
        os.fchmod(descriptor, 0o666)
    except OSError:
        return None  # a link, or it was made this moment and its mode is not set yet
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return None
    return descriptor
