"""The progress of a training, for a person: a bar on a terminal, plain lines in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

LINE_SECONDS = 10.0  # between lines of a log, at least


class Console:
    """Follows a training of `total` steps from step `start`."""

    def __init__(self, total: int, start: int, log: Callable[[str], None]) -> None:
        self.total, self.log = total, log
        self.bar: Any = None
        self.last_line = time.monotonic()
        if sys.stderr.isatty():
            from tqdm import tqdm  # type: ignore[import-untyped]

            self.bar = tqdm(total=total, initial=start, unit="step", dynamic_ncols=True)

    def advance(self, step: int) -> None:
        """One more step is done."""
        if self.bar is not None:
            self.bar.update(1)
            if step == self.total:
                self.bar.close()

    def validated(self, step: int, metrics: dict[str, float]) -> None:
        """A validation was made."""
        text = f"validation loss {metrics['loss']:.4g}, exact match {metrics['exact_match']:.4g}"
        if self.bar is not None:
            self.bar.set_postfix_str(text)
        elif step == self.total or time.monotonic() - self.last_line > LINE_SECONDS:
            self.log(f"step {step} of {self.total}: {text}")
            self.last_line = time.monotonic()
