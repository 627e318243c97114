"""Parts of a report are made one by one. One that fails leaves the others, and its place says so."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from markupsafe import Markup

from carryover.data.files import read_json, write_json
from carryover.errors import UserError, printable

FAILED = "failed.json"  # of a report: what of its page could not be made, and why
Part = TypeVar("Part")


@dataclass(frozen=True)
class Failed:
    """What stands in the place of a part that could not be made."""

    what: str  # such as "section costs"
    reason: str

    def __html__(self) -> Markup:
        return Markup('<span class="warn">Not available: the {} could not be made ({}).</span>').format(
            self.what, self.reason
        )


class Parts:
    """Makes parts. `failed`: what could not be made → why."""

    def __init__(self) -> None:
        self.failed: dict[str, str] = {}

    def make(self, what: str, make: Callable[[], Part]) -> Part | Failed:
        """What `make` returns, or in its place what happened. The traceback goes to standard error."""
        try:
            return make()
        except (OSError, MemoryError):  # the machine's failure, which the next part would meet too
            raise
        except Exception as error:
            self.failed[what] = reason_of(what, error)
            return Failed(what, self.failed[what])


def reason_of(what: str, error: Exception) -> str:
    """Why a part could not be made, in one line. Prints the traceback of the error that is being handled."""
    print(f"{what}:", file=sys.stderr)
    traceback.print_exc()
    lines = printable(str(error)).splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def write(report_dir: Path, failed: Mapping[str, str]) -> None:
    """Write failed.json of a report: what could not be made → why."""
    write_json(report_dir / FAILED, {"failed": failed})


def check(report_dir: Path, tracebacks: str) -> None:
    """Raise UserError where a part of a report could not be made. `tracebacks`: where their tracebacks are."""
    raise_failed(
        read_json(report_dir / FAILED, again="render again")["failed"], report_dir / "index.html", tracebacks
    )


def raise_failed(failed: Mapping[str, str], page: Path, tracebacks: str) -> None:
    """Raise UserError where parts of a page could not be made. failed: what → why."""
    if failed:
        parts = f"{len(failed)} parts" if len(failed) > 1 else "1 part"
        listed = "; ".join(f"{what} ({reason})" for what, reason in failed.items())
        raise UserError(
            f"{page}: {parts} could not be made, as the page says in each place: {listed}; "
            f"the tracebacks are {tracebacks}"
        )
