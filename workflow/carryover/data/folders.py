"""Folders that are written to, looked at before any job starts."""

from __future__ import annotations

import os
from pathlib import Path


def in_the_way(folder: Path) -> str | None:
    """What stands where a folder or one above it should be; None where nothing does."""
    found = _nearest(folder)
    return None if found.is_dir() else f"{found} is no folder"


def not_writable(folder: Path) -> str | None:
    """Why nothing can be put into a folder, or into the nearest one above it where it is yet to be made; else None."""
    found = _nearest(folder)
    if not found.is_dir():
        return f"{found} is no folder"
    return None if os.access(found, os.W_OK | os.X_OK) else f"{found} is not writable"


def _nearest(folder: Path) -> Path:
    """The path itself, or the nearest above it that there is."""
    # (pathlib raises where it may not look)
    return next((path for path in (folder, *folder.parents) if os.path.lexists(path)), Path())
