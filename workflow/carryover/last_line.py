"""The last line of a failed command. It says why the command failed, even on a poor terminal or a full disk."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TextIO

from carryover.errors import UserError, printable


def print_anything() -> None:
    """Make standard output accept any text. Characters that the terminal's encoding lacks become question marks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def in_one_line(error: BaseException) -> str | None:
    """What happened, and to which file. None for an unexpected error."""
    match error:
        case UserError():
            return str(error)
        case OSError():
            file = error.filename if isinstance(error.filename, str | os.PathLike) else _file_of(error)
            reason = os.strerror(error.errno) if error.errno else str(error) or type(error).__name__
        case RecursionError():
            file, reason = _file_of(error), "nested too deeply to be read; is it damaged?"
        case UnicodeError():
            file, reason = _file_of(error), f"holds text that cannot be read ({error}); save it as UTF-8"
        case MemoryError():
            file, reason = (
                _file_of(error),
                "there is not enough memory for it; choose smaller sizes, or free some",
            )
        case _:
            return None
    return printable(f"{file}: {reason}" if file else reason).replace("\n", " ")


def _file_of(error: BaseException) -> str | None:
    """The path that the code was using when it failed: the last local variable that holds a path."""
    latest = None
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        paths = [str(value) for value in trace.tb_frame.f_locals.values() if isinstance(value, Path)]
        latest = paths[0] if paths else latest
        trace = trace.tb_next
    return latest


def tell(line: str, *streams: TextIO | None) -> None:
    """Print a line to standard error and to other streams. Streams that cannot be written to are skipped."""
    for stream in (sys.stderr, *filter(None, streams)):
        with suppress(OSError, ValueError):
            print(f"carryover: {line}", file=stream, flush=True)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):  # a full disk; Python would try again when it ends, and complain
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
