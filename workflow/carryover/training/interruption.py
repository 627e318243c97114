"""Signals to stop: SIGTERM (Slurm's warning before a time limit, a spot machine's notice) and Ctrl-C."""

from __future__ import annotations

import os
import signal
import socket
import threading
from types import FrameType, TracebackType

SIGNALS = (signal.SIGTERM, signal.SIGINT)
GRACE_SECONDS = 8.0


class Interrupted(Exception):
    """Raised where a training may stop; `code` is the exit code that a shell would show, 128 + the signal."""

    def __init__(self, code: int) -> None:
        super().__init__(f"interrupted by signal {code - 128}")
        self.code = code


class Interruption:
    """While active, a signal to stop is remembered, and raised as Interrupted at the next `check()`.

    Python runs signal handlers only between its own instructions, and PyTorch may need longer for one step on long
    sequences than the time that is left. The signal therefore wakes a thread, which ends the process after `grace`
    seconds in any case. The next attempt then continues from the last saved state.
    """

    def __init__(self, grace: float = GRACE_SECONDS) -> None:
        self.grace = grace
        self.code: int | None = None

    def check(self) -> None:
        """Raise Interrupted if a signal came."""
        if self.code is not None:
            raise Interrupted(self.code)

    def __enter__(self) -> Interruption:
        self.active = threading.current_thread() is threading.main_thread()  # others cannot handle signals
        if self.active:
            self.woken, self.wakes = socket.socketpair()
            self.wakes.setblocking(False)
            self.previous_wakes = signal.set_wakeup_fd(self.wakes.fileno(), warn_on_full_buffer=False)
            # Signals that the shell told this process to ignore (Ctrl-C for a process in the background) stay ignored.
            heard = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
            self.previous = {number: signal.signal(number, self._remember) for number in heard}
            threading.Thread(target=self._end_after_grace, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.active:
            for number, handler in self.previous.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(self.previous_wakes)
            self.wakes.close()

    def _remember(self, number: int, frame: FrameType | None) -> None:
        self.code = 128 + number

    def _end_after_grace(self) -> None:
        finished = False
        while not finished:
            received = self.woken.recv(1)  # one byte a signal; nothing once the other end is closed
            finished = not received
            if received and received[0] in SIGNALS:
                self.woken.settimeout(self.grace)
                try:
                    while self.woken.recv(1):
                        pass
                    finished = True
                except TimeoutError:
                    os._exit(128 + received[0])
        self.woken.close()
