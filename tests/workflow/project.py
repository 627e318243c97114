"""A checkout with a tiny config, in which tests run Snakemake as a person would."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from tests.workflow import forks

ROOT = Path(__file__).parents[2]
TEST_CONFIG = ROOT / ".test"
ALL_TASKS = tuple(file.stem for file in sorted(TEST_CONFIG.glob("config/studies/*.yaml")))
NO_WORK = ("all", "default", "total", "check")  # `check` follows every `render`
MADE_THERE = shutil.ignore_patterns("results", "data", ".snakemake")


class Project:
    """A checkout of its own, with the tiny config of .test in place of the shipped one; results land there too.

    `studies` are the ones that it keeps of that config: two runs that add two digits, unless more are named.
    """

    def __init__(self, folder: Path, studies: Collection[str] = ("tiny",)) -> None:
        self.folder = folder
        copy_workflow(folder)
        shutil.copytree(TEST_CONFIG, folder, dirs_exist_ok=True, ignore=MADE_THERE)
        for file in folder.glob("config/studies/*.yaml"):
            if file.stem not in studies:
                file.unlink()

    def command(self, *options: str) -> list[str]:
        return [sys.executable, "-m", "snakemake", *options]

    @staticmethod
    def environment(**more: str) -> dict[str, str]:
        """The tests' own, without their Python first: an environment need not be activated."""
        paths = os.environ["PATH"].split(os.pathsep)
        others = [path for path in paths if Path(path) != Path(sys.executable).parent]
        return {**os.environ, "PATH": os.pathsep.join(others), **more}

    def snakemake(self, *options: str, check: bool = True, **environment: str) -> str:
        """Run Snakemake to its end; returns all that it printed."""
        ended = forks.snakemake(self.folder, options, self.environment(**environment), together=True)
        assert not check or ended.returncode == 0, ended.stdout
        return ended.stdout

    def start(self, *options: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start Snakemake and do not wait for it; its output lands in snakemake.log."""
        with (self.folder / "snakemake.log").open("ab") as output:
            return subprocess.Popen(
                self.command(*options),
                cwd=self.folder,
                env=self.environment(**environment),
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def kill_all(self) -> None:
        """SIGKILL to every process that works in this folder, held ones included."""
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if (process / "cwd").resolve().is_relative_to(self.folder.resolve()):
                    kill(int(process.name))

    def left_to_do(self) -> dict[str, int]:
        """Rule → number of jobs that Snakemake would run now."""
        return jobs_of(self.snakemake("--dry-run"))

    def edit_study(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Change the study's settings as an edit of its YAML file does."""
        path = self.folder / "config/studies/tiny.yaml"
        study = yaml.safe_load(path.read_text())
        change(study)
        path.write_text(yaml.safe_dump(study))

    def results(self, kind: str) -> list[Path]:
        """The folders of all datasets, runs or evaluations, in order."""
        return sorted((self.folder / "results" / kind).glob("*"))

    def digests(self) -> dict[str, str]:
        """SHA-256 of every file that the bitwise promise covers, by its path below results/.

        What is hidden is no result: a killed job leaves it half-written.
        """
        results = self.folder / "results"
        covered = [
            path for kind in ("datasets", "runs", "evaluations") for path in results.glob(f"{kind}/*/*")
        ]
        covered += (results / "reports/tiny/tables").glob("*")
        return {
            str(path.relative_to(results)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(covered)
            if not path.name.startswith(
                ("cost", ".")
            )  # what is hidden is no result: a killed job leaves it half-written
        }


def copy_workflow(folder: Path) -> None:
    """The workflow as a clone has it, without its config."""
    for name in ("envs", "profiles", "workflow"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Snakefile", folder)


def jobs_of(output: str) -> dict[str, int]:
    """The table of jobs in Snakemake's output; empty where it says that there is nothing to do."""
    table = re.search(r"^Job stats:\njob +count\n[- ]+\n(.*?)\n\n", output, flags=re.MULTILINE | re.DOTALL)
    if table is None:
        assert "Nothing to be done" in output, output
        return {}
    rows = (line.split() for line in table[1].splitlines())
    return {rule: int(count) for rule, count in rows if rule not in NO_WORK}


def wait_for(condition: Callable[[], Any], what: str) -> Any:
    """Wait until `condition` returns something true, and return that."""
    end = time.monotonic() + 600
    while not (found := condition()):
        if time.monotonic() > end:
            raise TimeoutError(f"waited in vain for {what}")
        time.sleep(0.02)
    return found


def text_of(path: Path) -> str:
    """What a log says so far; nothing where there is none yet."""
    try:
        return path.read_text()
    except FileNotFoundError:
        return ""


def training_process(folder: Path, run: str) -> int | None:
    """The process id of the Python that trains a run in a project's folder, if one does."""
    found = (pid for pid, words in training_processes(folder).items() if any(w.endswith(run) for w in words))
    return next(found, None)


def training_processes(folder: Path) -> dict[int, list[str]]:
    """Process id → its arguments, for every Python that trains in a project's folder."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            program, *words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
            here = (process / "cwd").resolve() == folder.resolve()
        except OSError:
            continue  # it ended
        if here and "python" in Path(program).name and "train-run" in words:
            found[int(process.name)] = words
    return found


def kill(pid: int) -> None:
    """SIGKILL."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
