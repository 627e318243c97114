"""The job's side: it hands its command to the warm parent, and then behaves like the command.

It imports only modules that load in milliseconds.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType

SOCKET = "CARRYOVER_WARM"  # the variable that names the parent's socket
# Commands that import much and do little. The others start processes of their own, so they are not forked.
COMMANDS = ("train-run", "evaluate", "generate", "generate-shard")
HEADER = struct.Struct("!I")  # how long a message is, or a number
FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def run(arguments: Sequence[str]) -> int | None:
    """Run a command in a fork of the warm parent and return its exit code. None: run it in this process instead."""
    path = os.environ.get(SOCKET)
    if not path or not arguments or arguments[0] not in COMMANDS:
        return None
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(path)
            message = json.dumps([list(arguments), str(Path.cwd()), dict(os.environ)]).encode()
            socket.send_fds(connection, [HEADER.pack(len(message))], [0, 1, 2])
            connection.sendall(message)
            pid = receive(connection)
        except OSError:
            return None
        if pid is None:
            return None
        told = _forward_signals(pid)
        code = receive(connection)
    if code is None:  # it sent no exit code: it was ended by the last signal handed on to it, or killed
        return 128 + (told[-1] if told else signal.SIGKILL)
    return code


def receive(connection: socket.socket) -> int | None:
    """One number, or None if the other side has ended."""
    data = b""
    while len(data) < HEADER.size:
        try:
            part = connection.recv(HEADER.size - len(data))
        except ConnectionError:
            return None
        if not part:
            return None
        data += part
    return int(HEADER.unpack(data)[0])


def _forward_signals(pid: int) -> list[int]:
    """Forward this process's signals to the job, and record them. Signals that are ignored stay ignored."""
    told: list[int] = []

    def forward(number: int, frame: FrameType | None) -> None:
        told.append(number)
        with suppress(ProcessLookupError):  # it has just ended; its exit code is on the way
            os.kill(pid, number)

    for number in FORWARDED:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, forward)
    return told
