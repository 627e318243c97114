"""How far a workflow is. This is read from its results and logs alone, while it runs or afterwards."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout
from safetensors import SafetensorError, safe_open

from carryover.data.files import read_json
from carryover.errors import UserError
from carryover.manage import spending
from carryover.manage.inventory import KINDS, addresses, complete
from carryover.manage.spending import Total
from carryover.planning.costs import Cost
from carryover.planning.plan import Plan

RULES = {"datasets": "generate", "runs": "train", "evaluations": "evaluate"}
SHARD_LOGS = Path("logs", "generate_shard")  # one folder a dataset
# How the last line of a log ends when the job failed: our own errors, Python's, and Snakemake's.
FAILURE = re.compile(r"^(carryover: |\w*(Error|Exception|Interrupt)\b|Killed|Terminated)")
STATE = "state.safetensors"  # of a training that is not finished
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


def describe(plan: Plan, gpus: int = 0) -> str:
    """The progress for a person, with what failed and why, and the time that is left with so many GPUs."""
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
    lines += ["", _time_left(plan, by_kind, gpus)]
    return "\n".join(lines)


def _time_left(plan: Plan, by_kind: dict[str, Progress], gpus: int) -> str:
    """The cost of what is not done, shared by the jobs that run now, or by all cores where none does."""
    done = {(kind, key) for kind, one in by_kind.items() for key in one.done}
    if not plan.runs:
        return "nothing to do"
    costs = {job: cost for job, cost in spending.costs_of(plan, gpus > 0).items() if job not in done}
    if not costs:
        return "nothing left but the report"
    left = Total.of(_still(cost, Path(plan.results) / "state" / key) for (_, key), cost in costs.items())
    running = len(by_kind["runs"].running) + len(by_kind["evaluations"].running)
    at_once = running or spending.usable_cores()
    jobs = "1 job" if at_once == 1 else f"{at_once} jobs"
    wall = spending.readable(left.wall_seconds(at_once, gpus))
    amount = spending.core_time(left.seconds)
    gpu = f" and {spending.core_time(left.gpu_seconds, 'GPU')}" if gpus else ""
    heading = (
        f"time left: {'at most' if left.at_most else 'about'} {wall} with {jobs} at once ({amount}{gpu})"
    )
    return "\n".join([heading, f"  known from: {left.known_from()}", *(f"  {one}" for one in left.remarks())])


def _still(cost: Cost, state: Path) -> Cost:
    """What a job still costs: a training that was saved goes on from there."""
    spent = _spent(state / STATE)
    if not spent:
        return cost
    share = max(1 - spent / cost.seconds, 0.0) if cost.seconds else 0.0
    return cost._replace(seconds=cost.seconds * share, gpu_seconds=cost.gpu_seconds * share)


def _spent(state: Path) -> float:
    """The CPU seconds of a training up to its saved state; 0 where none can be read."""
    try:
        with safe_open(state, framework="numpy") as file:
            return float(json.loads(file.metadata()["values"])["spent"][1])
    except (SafetensorError, OSError, TypeError, LookupError, ValueError):
        return 0.0


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
