"""The log of a job, and the logs of its earlier attempts."""

from __future__ import annotations

import itertools
import os
import sys
from pathlib import Path
from typing import TextIO


def log_to(path: Path) -> TextIO:
    """Write all that this process and its children print to a file from now on, in place of what the file held.

    Returns what standard error was before.

    Snakemake deletes a job's log when it starts the job again. So each attempt's log has a second name, `….attempt-1`
    and so on, numbered over all attempts of all calls of Snakemake. (On a file system without hard links only the last
    attempt's log stays.)
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    before = os.fdopen(os.dup(2), "w", encoding="utf-8", errors="replace")
    path.unlink(missing_ok=True)  # and not emptied: its second name keeps what it holds
    with path.open("wb") as file:
        sys.stdout.flush()
        sys.stderr.flush()
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    _name_attempt(path)
    return before


def _name_attempt(path: Path) -> None:
    for number in itertools.count(1):
        try:
            path.with_name(f"{path.name}.attempt-{number}").hardlink_to(path)
        except FileExistsError:
            continue
        except OSError:
            pass
        return
