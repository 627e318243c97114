"""The results folder. A marker file says that Carryover made it; without the marker, nothing is removed from it."""

from __future__ import annotations

import re
from pathlib import Path

from carryover.data.files import atomic_path

MARKER = ".carryover"
# The entries of a results folder. A folder with any other entry is not ours.
CONTENTS = frozenset({"datasets", "runs", "evaluations", "state", "logs", "reports", "reference", MARKER})
ADDRESS = re.compile(r"[a-z0-9_.-]+-[0-9a-f]{12}")


def is_marked(folder: Path) -> bool:
    """Whether Carryover made this results folder."""
    return (folder / MARKER).is_file()


def foreign(folder: Path) -> str | None:
    """Why a folder cannot hold results, or None if it can. A folder that does not exist yet can."""
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
    """Make a results folder, and put the marker file into it."""
    if is_marked(folder):
        return
    with atomic_path(folder / MARKER) as path:
        path.write_text("Carryover keeps its results here; `carryover prune` removes old ones.\n")
