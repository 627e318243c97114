"""Checks of folders that the workflow will write to, made before any job starts."""

from __future__ import annotations

import os
from pathlib import Path


def in_the_way(folder: Path) -> str | None:
    """Why a folder cannot be made: the path, or one above it, is a file. None if nothing is in the way."""
    existing = _nearest(folder)
    return None if existing.is_dir() else f"{existing} is no folder"


def not_writable(folder: Path) -> str | None:
    """Why nothing can be written to a folder, or None. If the folder does not exist, the nearest one above counts."""
    existing = _nearest(folder)
    if not existing.is_dir():
        return f"{existing} is no folder"
    return None if os.access(existing, os.W_OK | os.X_OK) else f"{existing} is not writable"


def _nearest(folder: Path) -> Path:
    """The path itself, or the nearest path above it that exists."""
    # os.path, because pathlib raises an error for folders that it may not read.
    return next((path for path in (folder, *folder.parents) if os.path.lexists(path)), Path())
