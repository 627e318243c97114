"""Files that appear whole or not at all, and JSON files that tell when they are damaged.

A JSON file that Carryover writes holds a checksum: SHA-256 over the canonical JSON of everything else in it. Whoever
reads the file compares the two. A file without one, which a person or an older version wrote, is read as it is.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from carryover.errors import UserError
from carryover.settings.canonical import canonical_json, content_hash

AGAIN = "remove it and make it again"
CHECKSUM = "checksum"


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` to write to. It is renamed to `path` when the block ends without an error.

    Missing folders above `path` are made. After an error the temporary file is removed, and an older `path` is kept.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield temporary
        temporary.replace(path)
    except Exception as error:
        if "No space left on device" in str(error):  # whichever library wrote says so, not where
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path)) from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write plain data and its checksum as indented JSON with sorted keys, atomically.

    Raises ValueError for NaN and infinity.
    """
    plain = json.loads(canonical_json(value))  # as it will be read: every key is a text
    text = json.dumps(plain | {CHECKSUM: content_hash(plain)}, sort_keys=True, indent=2, ensure_ascii=False)
    with atomic_path(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def read_text(path: Path, missing: str = "no such file", again: str = AGAIN) -> str:
    """The text of a file. Raises UserError where it is missing or not UTF-8: `missing` and `again` say what to do."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"{path}: {missing}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read as text ({error}); {again}") from None


def read_json(path: Path, again: str = AGAIN, missing: str | None = None) -> Any:
    """The data of a JSON file, without the checksum.

    Raises UserError where the file is missing or damaged; `missing` and `again` say what to do.
    """
    missing = missing or ("no such file" if again == AGAIN else f"no such file; {again}")
    text = read_text(path, missing, again)
    try:
        value = json.loads(text)
        has_checksum = isinstance(value, dict) and CHECKSUM in value
        same = not has_checksum or value.pop(CHECKSUM) == content_hash(value)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: cannot be read as JSON ({error}); {again}") from None
    if not same:
        raise UserError(f"{path}: damaged (its checksum is not that of its content); {again}")
    return value
