"""What may be wrong with a packed file of reviews."""

from __future__ import annotations

import lzma
import tarfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from carryover.errors import UserError

BROKEN = (EOFError, OSError, ValueError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError)


def refuse_outside(name: str, path: Path) -> None:
    """Raise UserError for a member of the packed file at `path` that would be unpacked outside its folder."""
    member = PurePosixPath(name.replace("\\", "/"))
    if member.is_absolute() or ".." in member.parts:
        raise UserError(
            f"{path}: member {name!r} points outside its folder; this archive is not to be trusted"
        )
