"""Kills at random moments, of jobs by themselves and of all that Snakemake starts; a part of `tests/campaign.py`.

Finished results lose a part at random, which is then made again. Whoever makes it is killed, again and again, and at
last comes to its end. The results must then be those of an undisturbed project, byte for byte. Many kills wait until a
training has saved its state, so that the next attempt has something to continue.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from carryover.planning import fingerprint
from carryover.planning.plan import Plan
from carryover.settings.canonical import canonical_json
from carryover.warm import server
from carryover.warm.client import SOCKET
from tests.workflow.project import Project, kill, text_of

OPTIONS = ("aggregate", "--cores", "2", "--rerun-incomplete")
OFTEN = {"CARRYOVER_SAVE_SECONDS": "0.02"}  # so that a training saves its state many times
VICTIMS = ("snakemake", "command", "fork", "parent")
JOBS = ("train", "train", "train", "train", "generate", "evaluate", "aggregate")
KILLS_IN_A_ROW = 5
SERVER = "carryover.warm.server"
CONTINUES = re.compile(r"continuing at step ([0-9]+) of")
SAVED = 0.75  # the share of kills that wait for a saved state, where there is something to train


class Kills:
    """Two copies of an undisturbed project: in one Snakemake works, in the other single jobs. Both are disturbed."""

    def __init__(
        self, quiet: Project, folder: Path, seconds: float, chance: random.Random, counts: Counter[str]
    ) -> None:
        self.quiet, self.expected = quiet, quiet.digests()
        self.chance, self.counts = chance, counts
        self.lasted = {"snakemake": seconds} | dict.fromkeys(JOBS, seconds / 4)
        self.whole, self.single = Project(folder / "disturbed"), Project(folder / "jobs")
        for project in (self.whole, self.single):
            shutil.copytree(quiet.folder, project.folder, dirs_exist_ok=True)
        outer = os.environ.pop(SOCKET, None)
        self.parent = server.start()
        self.socket = os.environ.pop(SOCKET)  # for single jobs; each Snakemake starts a parent of its own
        if outer is not None:
            os.environ[SOCKET] = outer
        self.plan = Plan.read(quiet.folder / "results/reports/tiny/plan.json")

    def close(self) -> None:
        """End what still works in the two projects, and the warm parent of single jobs."""
        assert self.parent is not None
        assert self.parent.stdin is not None
        self.parent.stdin.close()
        for project in (self.whole, self.single):
            project.kill_all()

    def kill(self, times: int) -> None:
        """Kill so many processes, of single jobs, and of Snakemake every third time."""
        while self.counts["kills"] < times:
            for one_round in (self._one_job, self._one_job, self._one_workflow):
                if self.counts["kills"] < times:
                    one_round(min(self.chance.randint(1, KILLS_IN_A_ROW), times - self.counts["kills"]))
                    print(dict(sorted(self.counts.items())), file=sys.stderr, flush=True)

    # --- single jobs ---

    def _one_job(self, kills: int) -> None:
        """Make one result again by its command alone, which is killed up to so many times before it may end."""
        rule = self.chance.choice(JOBS)
        command, given, out = self._command(rule)
        shutil.rmtree(self.single.folder / out)
        for _ in range(kills):
            job = self._job(command, given)
            self._wait_for_a_moment(self.single, job, self.lasted[rule], saved=rule == "train")
            if job.poll() is None:
                self._count(self.single, f"{rule} by itself")
                kill(self.chance.choice([job.pid, *self._forks(self.single)]))
            job.wait()
            if not self.single.digests().items() <= self.expected.items():
                self.counts["half-written files"] += 1
        start = time.monotonic()
        ended = self._job(command, given).wait()
        self.lasted[rule] = time.monotonic() - start
        self._compare(self.single, ended == 0)

    def _command(self, rule: str) -> tuple[list[str], str, str]:
        """A rule's command for one of its results, its standard input, and the folder of that result."""
        plan, run = self.plan, self.chance.choice(sorted(self.plan.runs))
        planned = plan.runs[run]
        evaluation = next(key for key, planned in plan.evaluations.items() if planned.run == run)
        splits = [split.model_dump() for split in plan.evaluations[evaluation].splits]
        report, dataset = f"results/reports/{plan.name}", f"results/datasets/{planned.dataset}"
        trained, evaluated = f"results/runs/{run}", f"results/evaluations/{evaluation}"
        code = fingerprint.train(planned.settings)
        state = ["--state", f"results/state/{run}", "--code", code, "--device", "cpu"]
        on = ["--datasets", "results/datasets", "--trained-on", planned.dataset]
        words, given, out = {
            "generate": (["generate", "-", dataset], planned.settings.dataset.canonical(), dataset),
            "train": (["train-run", "-", dataset, trained, *state], planned.settings.canonical(), trained),
            "evaluate": (["evaluate", trained, "-", evaluated, *on], splits, evaluated),
            "aggregate": (["aggregate", report], None, f"{report}/tables"),
        }[rule]
        log = f"results/logs/{rule}/{Path(out).name}.log"
        return [sys.executable, "-m", "carryover", *words, "--log", log], canonical_json(given), out

    def _job(self, command: list[str], given: str) -> subprocess.Popen[str]:
        """Start a job. The warm parent forks it, so that it begins at once; `aggregate` is never forked."""
        paths = str(self.single.folder / "workflow")
        job = subprocess.Popen(
            command,
            cwd=self.single.folder,
            env=self.single.environment(PYTHONPATH=paths, **{SOCKET: self.socket}, **OFTEN),
            stdin=subprocess.PIPE,
            text=True,
        )
        assert job.stdin is not None
        with job.stdin:
            job.stdin.write(given)
        return job

    # --- Snakemake ---

    def _one_workflow(self, kills: int) -> None:
        """Let Snakemake make a part of the results again, with up to so many kills before it may end."""
        trains = self._remove_a_part()
        for _ in range(kills):
            running = self.start()
            self._wait_for_a_moment(self.whole, running, self.lasted["snakemake"], saved=trains)
            victim = self.chance.choice(VICTIMS)
            processes = self._processes(victim, running.pid)
            if running.poll() is None and processes:
                self._count(self.whole, victim)
                kill(self.chance.choice(processes))
            running.wait(600)
        self._compare(self.whole, self.comes_to_its_end())

    def start(self) -> subprocess.Popen[bytes]:
        """Snakemake in the project that it works in, whatever an earlier one left behind."""
        shutil.rmtree(self.whole.folder / ".snakemake/locks", ignore_errors=True)  # as --unlock does
        return self.whole.start(*OPTIONS, **OFTEN)

    def comes_to_its_end(self) -> bool:
        """Whether Snakemake ends well now. One that began beside a training that lives on waits for that."""
        return any(self.start().wait(600) == 0 for _ in range(5))

    def _remove_a_part(self) -> bool:
        """Remove a run and what hangs on it, an evaluation, or everything; returns whether there is to be trained."""
        results = self.whole.folder / "results"
        part = self.chance.choice(("run", "run", "run", "evaluation", "everything"))
        run = self.chance.choice(sorted(self.plan.runs))
        gone = [*results.glob(f"evaluations/{run}*"), results / f"reports/{self.plan.name}/tables"]
        gone += [results / "runs" / run] if part == "run" else []
        for folder in [results] if part == "everything" else gone:
            shutil.rmtree(folder, ignore_errors=True)
        return part != "evaluation"

    def _processes(self, victim: str, snakemake: int) -> list[int]:
        """The processes of a kind that work in Snakemake's project now."""
        working = self._working(self.whole)
        forks = set(self._forks(self.whole))
        servers = {pid for pid, (_, words) in working.items() if SERVER in words} - forks
        commands = {pid for pid, (_, words) in working.items() if "carryover" in words}
        chosen = {"snakemake": {snakemake}, "command": commands, "fork": forks, "parent": servers}
        return sorted(chosen[victim] & {snakemake, *working})

    # --- both ---

    def _forks(self, project: Project) -> list[int]:
        """The forks of warm parents that work in a project now: the processes that do the work of jobs."""
        working = self._working(project)
        servers = {pid for pid, (_, words) in working.items() if SERVER in words}
        parents = servers | {self.parent.pid if self.parent else 0}
        return sorted(pid for pid in servers if working[pid][0] in parents)

    @staticmethod
    def _working(project: Project) -> dict[int, tuple[int, list[str]]]:
        """Process → its parent and the words of its command line, for all that work in the project's folder."""
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if (process / "cwd").resolve() == project.folder.resolve():
                    parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
                    words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
                    found[int(process.name)] = (parent, words)
            except OSError:
                continue  # it ended
        return found

    def _wait_for_a_moment(
        self,
        project: Project,
        running: subprocess.Popen[str] | subprocess.Popen[bytes],
        seconds: float,
        saved: bool,
    ) -> None:
        """Wait for a random moment of a process that lasts about so many seconds, often one after a saved state."""
        start, begun = time.monotonic(), time.time()
        pause = self.chance.uniform(0.05, 1) * seconds
        if saved and self.chance.random() < SAVED:
            self._wait(running, lambda: any(written > begun for written in self._saved(project)))
            start, pause = time.monotonic(), self.chance.uniform(0, 0.3)
        self._wait(running, lambda: time.monotonic() > start + pause)

    @staticmethod
    def _wait(
        running: subprocess.Popen[str] | subprocess.Popen[bytes], condition: Callable[[], bool]
    ) -> None:
        while running.poll() is None and not condition():
            time.sleep(0.01)

    @staticmethod
    def _saved(project: Project) -> list[float]:
        """When the states of trainings that are not done were last saved."""
        times = []
        for file in project.folder.glob("results/state/*/state.safetensors"):
            try:
                times.append(file.stat().st_mtime)
            except FileNotFoundError:
                continue  # that training is done
        return times

    def _count(self, project: Project, victim: str) -> None:
        self.counts["kills"] += 1
        self.counts[f"kills of {victim}"] += 1
        self.counts["kills with a saved state"] += bool(self._saved(project))

    def _compare(self, project: Project, ended: bool) -> None:
        """Compare the results with the expected ones, and count the trainings that continued from a saved state."""
        same = ended and project.digests() == self.expected
        outcome = "recoveries" if ended else "recoveries that failed"
        self.counts[outcome if same or not ended else "recoveries with other results"] += 1
        for log in project.folder.glob("results/logs/train/*"):
            continued = CONTINUES.search(text_of(log)) if ".attempt-" in log.name else None
            self.counts["resumed trainings"] += continued is not None and int(continued[1]) > 0
            log.unlink()
        if not same:
            print(text_of(project.folder / "snakemake.log")[-4000:], file=sys.stderr)
            project.kill_all()
            shutil.rmtree(project.folder / "results")
            shutil.copytree(self.quiet.folder / "results", project.folder / "results")
