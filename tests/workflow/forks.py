"""Snakemake in forks of one process that has imported it: a call by itself takes half of its time to import.

A fork does what `python -m snakemake` does in a new process, from its arguments to its exit code. It shares with
other forks nothing but modules that are no part of this project. `Project.start` still starts new processes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

# One call a line: folder, environment, arguments, and the files that its output goes to. A fork leaves the loop and
# ends as a program ends; the parent answers with its exit code.
PARENT = """
import json, os, runpy, sys
import numpy, pydantic, snakemake.cli, snakemake.report.html_reporter, snakemake.storage, yaml
for line in sys.stdin:
    folder, environment, arguments, output, errors = json.loads(line)
    child = os.fork()
    if not child:
        for number, path in enumerate((os.devnull, output, errors)):
            os.dup2(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND), number)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        paths = environment.get("PYTHONPATH", "").split(os.pathsep)
        sys.path[:1] = [folder, *filter(None, paths)]
        sys.argv[1:] = arguments
        runpy.run_module("snakemake", run_name="__main__", alter_sys=True)
        sys.exit()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def snakemake(
    folder: Path, arguments: tuple[str, ...], environment: dict[str, str], together: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run Snakemake in a folder to its end; `together` joins what it prints to both streams, as `stdout`."""
    with tempfile.TemporaryDirectory() as printed:
        output = Path(printed) / "output"
        errors = output if together else Path(printed) / "errors"
        parent = _parent()
        assert parent.stdin is not None
        assert parent.stdout is not None
        call = [str(folder), environment, arguments, str(output), str(errors)]
        parent.stdin.write(json.dumps(call) + "\n")
        parent.stdin.flush()
        code = int(parent.stdout.readline())
        return subprocess.CompletedProcess(
            ["snakemake", *arguments], code, output.read_text(), "" if together else errors.read_text()
        )


@cache
def _parent() -> subprocess.Popen[str]:
    """The process that forks; it ends with this one, which holds its standard input."""
    plain = {
        name: value for name, value in os.environ.items() if name != "PYTHONPATH"
    }  # each call has its own
    command = [sys.executable, "-c", PARENT]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=plain)
