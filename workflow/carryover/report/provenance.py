"""Where a report comes from: versions, hardware, commit, config, seeds, command, digests of data and checkpoints."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from carryover import __version__
from carryover.data.files import write_json
from carryover.report.tables import records
from carryover.report.view import Report

PACKAGES = ("torch", "numpy", "pandas", "pyarrow", "scipy", "statsmodels", "matplotlib", "snakemake")


def write(path: Path, report: Report) -> None:
    """Write provenance.json of a report that is made here and now."""
    write_json(path, collect(report))


def collect(report: Report) -> dict[str, Any]:
    """Everything that a reader needs to make the report again, as plain data."""
    tables = report.tables
    costs = tables["costs"]
    return {
        "command": _command(),
        "config": {
            "name": report.plan.name,
            "scale": report.plan.scale,
            "studies": [study.name for study in report.studies],
        },
        "seeds": sorted({run.seed for run in report.plan.runs.values()}),
        "git": _git(),
        "versions": {"carryover": __version__, "python": platform.python_version()} | _versions(),
        "machine of the report": {
            "system": platform.platform(),
            "processor": _processor(),
            "cores": os.cpu_count(),
        },
        "machines of the runs": sorted(
            {" ".join(_texts(row)) for row in records(costs[["host", "device", "device_name"]])}
        ),
        "digests": {
            "datasets": {
                f"{row['dataset']}/{row['split']}": row["digest"]
                for row in records(tables["datasets"])
                if isinstance(row["digest"], str)
            },
            "checkpoints": {
                row["run"]: row["checkpoint_digest"]
                for row in records(tables["runs"])
                if isinstance(row["checkpoint_digest"], str)
            },
        },
    }


def _texts(row: Mapping[Any, Any]) -> list[str]:
    return [value for value in row.values() if isinstance(value, str) and value]


def _versions() -> dict[str, str]:
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def _command() -> str:
    """The command that a person gave. In a job of Snakemake it is Snakemake's command (known on Linux only)."""
    process = os.getppid()
    while process > 1:
        try:
            words = Path(f"/proc/{process}/cmdline").read_bytes().decode(errors="replace").split("\0")
            status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
        except OSError:
            break
        first = next((i for i, word in enumerate(words) if Path(word).name == "snakemake"), None)
        if first is not None:
            return " ".join(["snakemake", *words[first + 1 :]]).strip()
        process = int(status.partition("PPid:")[2].split()[0])
    name = Path(sys.argv[0]).name
    return " ".join(["carryover" if name == "__main__.py" else name, *sys.argv[1:]])


def _git() -> dict[str, Any]:
    """The commit of the code that runs, and whether files differ from it; empty outside a repository."""
    where = Path(__file__).parent
    commit = _run(["git", "-C", str(where), "rev-parse", "HEAD"])
    if commit is None:
        return {}
    changed = _run(["git", "-C", str(where), "status", "--porcelain", "--untracked-files=no"])
    return {"commit": commit, "changed files": bool(changed)}


def _run(command: list[str]) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _processor() -> str:
    """The processor's name, from Linux or else from Python's platform module."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
