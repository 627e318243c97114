"""The cost of a job. Measurements are stored in cost.json only, and are not part of any digest."""

from __future__ import annotations

import os
import resource
import socket
import sys
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout


class Meter:
    """Measures this process from when it is made. `before`: seconds and CPU seconds of earlier attempts."""

    def __init__(self, stage: str) -> None:
        self.stage = stage
        self.started = time.monotonic()
        self.before = (0.0, 0.0)
        self.presence = _presence(Path(tempfile.gettempdir()) / f"carryover-{os.getuid()}" / "jobs")
        self.alone = self.presence.is_only_one()

    def look_around(self) -> None:
        """Check whether other jobs of ours are running. Call it from time to time."""
        self.alone = self.alone and self.presence.is_only_one()

    def spent(self) -> tuple[float, float]:
        """Wall-clock and CPU seconds of this job, earlier attempts included."""
        return self.before[0] + time.monotonic() - self.started, self.before[1] + time.process_time()

    def result(self, device: str, **more: Any) -> dict[str, Any]:
        """The content of cost.json, with `more` added. Memory is the process's peak, in 10^6 bytes."""
        self.look_around()
        seconds, cpu_seconds = self.spent()
        torch = sys.modules.get("torch")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return {
            "stage": self.stage,
            "seconds": round(seconds, 3),
            "cpu_seconds": round(cpu_seconds, 3),
            "peak_memory_mb": round(peak * (1 if sys.platform == "darwin" else 1024) / 1e6, 1),
            "device": device,
            "host": socket.gethostname(),
            "threads": torch.get_num_threads() if torch else 1,
            "torch": str(torch.__version__) if torch else None,
            "alone": self.alone,
            **more,
        }


@cache  # a process counts once, however many meters it has
def _presence(folder: Path) -> _Presence:
    return _Presence(folder)


class _Presence:
    """A locked file of this process, beside those of all our jobs on this machine. The kernel unlocks it at the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.path = self.folder / str(os.getpid())
        self.lock = FileLock(self.path)
        self.lock.acquire()

    def is_only_one(self) -> bool:
        """Whether no other job holds its file. Files of jobs that have ended are removed."""
        for path in self.folder.iterdir():
            if path == self.path:
                continue
            try:
                with FileLock(path, blocking=False):
                    path.unlink(missing_ok=True)
            except Timeout:
                return False
        return True
