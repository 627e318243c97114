"""A lock, so that only one process trains a run: jobs outlive a killed Snakemake, and a new one starts them again."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import BaseFileLock, FileLock, SoftFileLock, Timeout

from carryover.data.files import write_json
from carryover.data.stored import HolderFile
from carryover.errors import UserError

POLL_SECONDS = 0.5
# What file systems without working locks answer; filelock itself knows ENOSYS only.
_NO_LOCKS = {errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS}


@contextmanager
def one_writer(folder: Path, log: Callable[[str], None]) -> Iterator[bool]:
    """Hold the lock of a state folder, waiting as long as another process does. Yields whether it had to wait.

    It is a lock of the kernel, which frees it when its holder dies. NFS passes it to the server, so it holds across
    nodes. On a file system without locks, a marker file replaces it, which is removed at the end. After a kill, the
    next process on the same machine removes it. After a kill on another machine, a person must; the log says so.
    """
    lock: BaseFileLock = FileLock(folder / "lock")
    waited = False
    while not lock.is_locked:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=0 if not waited else POLL_SECONDS, poll_interval=POLL_SECONDS)
        except Timeout:
            if not waited:
                log(f"waiting for {_holder(folder)}, which holds {folder / 'lock'}")
            waited = True
        except (FileNotFoundError, FileExistsError):
            continue  # the last holder removed the folder meanwhile
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            log(
                f"{folder}: this file system has no locks; after a crash on another machine, remove lock by hand"
            )
            lock = SoftFileLock(folder / "lock")
    try:
        write_json(folder / "holder.json", {"host": socket.gethostname(), "pid": os.getpid()})
        yield waited
    finally:
        lock.release()


def _holder(folder: Path) -> str:
    try:
        holder = HolderFile.read(folder / "holder.json")
        return f"process {holder.pid} on {holder.host}"
    except UserError:  # it has the lock but has not written its name yet
        return "another process"
