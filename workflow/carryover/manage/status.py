"""How far a workflow is. This is read from its results and logs alone, while it runs or afterwards."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean

from filelock import FileLock, Timeout

from carryover.data.files import read_json
from carryover.errors import UserError
from carryover.manage.inventory import KINDS, addresses, complete
from carryover.planning.plan import Plan, PlannedRun

RULES = {"datasets": "generate", "runs": "train", "evaluations": "evaluate"}
SHARD_LOGS = Path("logs", "generate_shard")  # one folder a dataset
# How the last line of a log ends when the job failed: our own errors, Python's, and Snakemake's.
FAILURE = re.compile(r"^(carryover: |\w*(Error|Exception|Interrupt)\b|Killed|Terminated)")
READABLE_SHARE_OF_LOG = 4096  # bytes from the end: a last line that is longer is cut


@dataclass
class Progress:
    """The results of one kind: how many are done, and which are running or failed (with the log that says why)."""

    asked: int
    done: list[str] = field(default_factory=list)
    running: list[str] = field(default_factory=list)
    failed: dict[str, Path] = field(default_factory=dict)

    @property
    def left(self) -> int:
        return self.asked - len(self.done) - len(self.running) - len(self.failed)


def progress(plan: Plan) -> dict[str, Progress]:
    """The progress of each kind of result that the plan asks for."""
    results = Path(plan.results)
    by_kind = {kind: Progress(len(keys)) for kind, keys in addresses(plan).items()}
    for kind, keys in addresses(plan).items():
        for key in keys:
            if complete(results, kind, key):
                by_kind[kind].done.append(key)
                continue
            logs = [log for log in _logs(results, kind, key) if log.exists()]
            failed = [log for log in logs if FAILURE.match(_last_line(log))]
            if kind == "runs" and _is_locked(results / "state" / key / "lock"):
                by_kind[kind].running.append(key)
            elif failed:
                by_kind[kind].failed[key] = failed[0]
            elif logs and kind != "runs":  # no lock tells; a log without an error is of a job under way
                by_kind[kind].running.append(key)
    return by_kind


def _logs(results: Path, kind: str, key: str) -> list[Path]:
    """Where the jobs that make one result write their logs."""
    logs = [results / "logs" / RULES[kind] / f"{key}.log"]
    return logs + sorted((results / SHARD_LOGS / key).glob("*.log")) if kind == "datasets" else logs


def describe(plan: Plan) -> str:
    """The progress for a person, with what failed and why, and the time that is left."""
    results, by_kind = Path(plan.results), progress(plan)
    lines = [f"{'':12}{'done':>8}{'running':>9}{'failed':>8}{'left':>8}"]
    for kind in KINDS:
        one = by_kind[kind]
        lines.append(f"{kind:<12}{len(one.done):>8}{len(one.running):>9}{len(one.failed):>8}{one.left:>8}")
    diverged = [
        key
        for key in by_kind["runs"].done
        if _field(results / "runs" / key / "run.json", "status") == "diverged"
    ]
    if diverged:
        lines += ["", f"{len(diverged)} runs diverged, which is a result:", *(f"  {key}" for key in diverged)]
    for kind in KINDS:
        for key, log in by_kind[kind].failed.items():
            lines += ["", f"failed: {kind}/{key}", f"  {_last_line(log)}", f"  {log}"]
    lines += ["", _time_left(plan, by_kind)]
    return "\n".join(lines)


def _time_left(plan: Plan, by_kind: dict[str, Progress]) -> str:
    """Seconds a step of the runs that are done, times the steps that are left, shared by the jobs that run now."""
    done = set(by_kind["runs"].done)
    left = [run for key, run in plan.runs.items() if key not in done]
    evaluations = len(plan.evaluations) - len(by_kind["evaluations"].done)
    if not left and not evaluations:
        return "nothing left but the report" if plan.runs else "nothing to do"
    results = Path(plan.results)
    rates: dict[str, list[float]] = {}
    for key in done:
        seconds = _field(results / "runs" / key / "cost.json", "seconds")
        if isinstance(seconds, int | float):
            rates.setdefault(_kind(plan.runs[key]), []).append(seconds / plan.runs[key].steps)
    if not rates:
        return "time left: unknown until the first run is done"
    overall = mean(mean(values) for values in rates.values())
    training = sum(run.steps * mean(rates.get(_kind(run), [overall])) for run in left)
    costs = [
        _field(results / "evaluations" / key / "cost.json", "seconds") for key in by_kind["evaluations"].done
    ]
    known = [seconds for seconds in costs if isinstance(seconds, int | float)]
    seconds_left = training + evaluations * (mean(known) if known else 0.0)
    at_once = max(len(by_kind["runs"].running) + len(by_kind["evaluations"].running), 1)
    jobs = "1 job" if at_once == 1 else f"{at_once} jobs"
    return f"time left: about {_readable(seconds_left / at_once)} with {jobs} at once"


def _kind(run: PlannedRun) -> str:
    """Runs of one kind take about as long a step."""
    return f"{run.settings.model.slug()} {run.settings.training.batch} {run.dataset}"


def _readable(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _last_line(log: Path) -> str:
    """The last line that is not blank. Empty if the log is empty or does not exist."""
    try:
        with log.open("rb") as file:
            file.seek(max(log.stat().st_size - READABLE_SHARE_OF_LOG, 0))
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""
    lines = [line.strip() for line in re.split(r"[\r\n]", text) if line.strip()]
    return lines[-1] if lines else ""


def _is_locked(lock: Path) -> bool:
    if not lock.exists():
        return False
    try:
        with FileLock(lock, blocking=False):
            return False
    except Timeout:
        return True
    except PermissionError:  # somebody else's results: whether a job of theirs runs cannot be told
        return False


def _field(file: Path, name: str) -> object:
    try:
        data = read_json(file)
    except UserError:
        return None
    return data.get(name) if isinstance(data, dict) else None
