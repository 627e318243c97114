"""The warm parent: it imports what jobs need, then forks a process for each command that it receives.

It listens on a socket in a folder that only its user may enter. It ends when the process that started it and the last
job have ended. It never uses a GPU: CUDA starts in the forked job, on the GPU that the job has claimed.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
import threading
from pathlib import Path
from subprocess import PIPE, Popen

from carryover.settings.models import MODELS
from carryover.tasks import TASKS
from carryover.warm.client import FORWARDED, HEADER, SOCKET

WAITING = 128  # jobs that may connect at the same time
_started: list[Popen[bytes]] = []  # kept alive, because a parent ends when its standard input is closed


def start() -> Popen[bytes] | None:
    """Start a warm parent for the jobs of this process, and set the variable that tells them where it listens.

    If the variable is already set, no parent is started. The parent watches its standard input. This pipe is closed
    whenever this process ends, also after a crash.
    """
    if SOCKET in os.environ:
        return None
    folder = Path(tempfile.mkdtemp(prefix="carryover-"))  # mode 0700
    path = folder / "socket"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen(WAITING)  # jobs that come while the parent imports wait here
        server = Popen(
            [sys.executable, "-m", "carryover.warm.server", str(folder), str(listener.fileno())],
            stdin=PIPE,
            env=environment,
            pass_fds=[listener.fileno()],
            start_new_session=True,  # Ctrl-C reaches the jobs through their own processes, once
        )
    _started.append(server)
    os.environ[SOCKET] = str(path)
    return server


def serve(folder: Path, listener: socket.socket) -> None:
    """Import what jobs need, fork a process for each command, and finally remove the folder of the socket."""
    try:
        _import_what_jobs_need()
        gc.freeze()  # so that collecting garbage in a fork copies none of the parent's memory
        _fork_until_alone(listener)
    finally:
        listener.close()
        shutil.rmtree(folder, ignore_errors=True)
    while _reap(0):
        pass


def _import_what_jobs_need() -> None:
    for name in ("tasks.generate", "training.loop", "evaluation.evaluate"):
        importlib.import_module(f"carryover.{name}")
    for task in TASKS.values():
        _ = task.data, task.strata_of
    for model in MODELS:
        importlib.import_module(f"carryover.models.{model.model_fields['kind'].default}")


def _fork_until_alone(listener: socket.socket) -> None:
    while True:
        readable, _, _ = select.select([listener, sys.stdin], [], [], 1.0)
        while _reap(os.WNOHANG):
            pass
        if sys.stdin in readable:
            return  # nothing is ever written to it, so it was closed
        if listener in readable:
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                _be_the_job(connection)
            connection.close()


def _reap(options: int) -> bool:
    """Reap one job that has ended. Returns whether there may be more."""
    try:
        return os.waitpid(-1, options)[0] != 0
    except ChildProcessError:
        return False


def _be_the_job(connection: socket.socket) -> None:
    """In the fork: take over from the process that connected, run its command, and send it the exit code."""
    code = 1
    try:
        arguments = _take_over(connection)
        connection.sendall(HEADER.pack(os.getpid()))
        threading.Thread(target=_end_with, args=(connection,), daemon=True).start()
        code = _run(arguments)
    except OSError:
        pass  # the process that connected has ended
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
            connection.sendall(HEADER.pack(code))
        finally:
            os._exit(code)  # skips the interpreter's own clean-up, which frees a lot of memory slowly


def _take_over(connection: socket.socket) -> list[str]:
    """Take over standard streams, folder and environment of the process that connected. Returns its arguments."""
    header, streams, _, _ = socket.recv_fds(connection, HEADER.size, 3)
    (length,) = HEADER.unpack(header)
    message = b""
    while len(message) < length:
        part = connection.recv(length - len(message))
        if not part:
            raise ConnectionError("the other side is gone")
        message += part
    arguments, folder, environment = json.loads(message)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    # Made anew: the parent's own know what it wrote to, and not what this process writes to.
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number in FORWARDED:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    sys.argv = ["carryover", *arguments]
    return list(arguments)


def _end_with(connection: socket.socket) -> None:
    """End this process at once when the process that it works for has been killed."""
    try:
        gone = not connection.recv(1)
    except OSError:
        gone = True
    if gone:
        os.kill(os.getpid(), signal.SIGKILL)


def _run(arguments: list[str]) -> int:
    """The command's exit code, as Python would give it."""
    from carryover.cli import main

    try:
        main(arguments)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    return 1


if __name__ == "__main__":
    serve(Path(sys.argv[1]), socket.socket(fileno=int(sys.argv[2])))
