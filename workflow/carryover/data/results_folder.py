"""The results folder is Carryover's own: a marker file says so, and nothing is removed from a folder without it."""

from __future__ import annotations

import re
from pathlib import Path

from carryover.data.files import atomic_path

MARKER = ".carryover"
# What a results folder holds. A folder with anything else in it is somebody else's.
CONTENTS = frozenset({"datasets", "runs", "evaluations", "state", "logs", "reports", "reference", MARKER})
ADDRESS = re.compile(r"[a-z0-9_.-]+-[0-9a-f]{12}")


def is_marked(folder: Path) -> bool:
    """Whether Carryover made this results folder."""
    return (folder / MARKER).is_file()


def foreign(folder: Path) -> str | None:
    """Why a folder cannot hold results; None where it can. A folder that does not exist yet can."""
    here = folder.expanduser().resolve()
    if here == Path(here.anchor):
        return "it is the root of the file system"
    if here == Path.home().resolve():
        return "it is your home folder"
    if here == Path.cwd().resolve():
        return "it is the folder that you run in"
    if is_marked(here) or not here.is_dir():
        return None
    others = sorted(path.name for path in here.iterdir() if path.name not in CONTENTS)
    return f"it holds {others[0]!r}, which is no result" if others else None


def mark(folder: Path) -> None:
    """Make a results folder and say that it is Carryover's."""
    if is_marked(folder):
        return
    with atomic_path(folder / MARKER) as path:
        path.write_text("Carryover keeps its results here; `carryover prune` removes old ones.\n")
