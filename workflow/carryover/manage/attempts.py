"""The log of a job, and the logs of its earlier attempts."""

from __future__ import annotations

import itertools
import os
import sys
from pathlib import Path
from typing import TextIO


def log_to(path: Path) -> TextIO:
    """From now on, write all output of this process and its children to a file. Its old content is replaced.

    Returns the standard error stream from before.

    Snakemake deletes a job's log when it starts the job again. So each attempt's log gets a second name, `….attempt-1`
    and so on, counted over all calls of Snakemake. (A file system without hard links keeps only the last log.)
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
