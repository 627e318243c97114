"""Files that appear whole or not at all, and JSON."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from carryover.errors import UserError

AGAIN = "remove it and make it again"


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


def write_json(path: Path, value: Any) -> None:
    """Write plain data as indented JSON with sorted keys, atomically. NaN and infinity raise ValueError."""
    text = json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
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


def read_json(path: Path, again: str = AGAIN) -> Any:
    """The data of a JSON file. Raises UserError where it is missing or damaged; `again` says what to do."""
    missing = "no such file" if again == AGAIN else f"no such file; {again}"
    try:
        return json.loads(read_text(path, missing, again))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: cannot be read as JSON ({error}); {again}") from None
