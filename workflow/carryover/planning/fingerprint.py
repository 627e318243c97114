"""Fingerprints of the code that a stage runs, so that editing the code remakes its results and nothing else.

The files are listed. Following imports would not do, because every stage imports registries and the command line, which
decide nothing. A task's record and an architecture's settings list their own files. Comments, docstrings and
descriptions do not count. The same source has the same fingerprint on every supported Python.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from carryover.errors import UserError
from carryover.planning.syntax import meaning
from carryover.tasks import TASKS

if TYPE_CHECKING:
    from carryover.planning.runs import RunSettings

PACKAGE = Path(__file__).resolve().parents[1]

GENERATE = (
    "data/dataset.py",
    "data/hashing.py",
    "data/parquet.py",
    "data/permutation.py",
    "data/streams.py",
    "data/text.py",
    "settings/base.py",
    "settings/canonical.py",
    "settings/rows.py",
    "tasks/generate.py",
)
ENCODE = ("data/text.py", "tasks/codec.py", "tasks/encoded.py")
TRAIN = (
    "data/parquet.py",
    "data/streams.py",
    "models/__init__.py",
    "models/architecture.py",
    "settings/canonical.py",
    "settings/optimizers.py",
    "settings/schedules.py",
    "settings/training.py",
    "training/batches.py",
    "training/determinism.py",
    "training/digest.py",
    "training/history.py",
    "training/job.py",
    "training/loop.py",
    "training/metrics.py",
    "training/optimizers.py",
    "training/outputs.py",
    "training/schedules.py",
    "training/steps.py",
)
EVALUATE = (
    "data/hashing.py",
    "data/overlap.py",
    "data/parquet.py",
    "evaluation/evaluate.py",
    "evaluation/schemas.py",
    "evaluation/seen.py",
    "evaluation/tallies.py",
    "models/__init__.py",
    "models/architecture.py",
    "training/batches.py",
    "training/determinism.py",
    "training/metrics.py",
)


def generate(task: str) -> str:
    """The code that makes a dataset of `task`."""
    return _fingerprint((*GENERATE, *_of_task(task, "generation")))


def train(run: RunSettings) -> str:
    """The code that trains a run."""
    return _fingerprint((*TRAIN, *ENCODE, *_of_task(run.dataset.task, "encoding"), *run.model.code))


def evaluate(run: RunSettings) -> str:
    """The code that evaluates a run."""
    own = (*_of_task(run.dataset.task, "encoding"), *_of_task(run.dataset.task, "evaluation"))
    return _fingerprint((*EVALUATE, *ENCODE, *own, *run.model.code))


def report() -> str:
    """The code that makes tables, figures and the page: all of analysis and report, templates and assets among them."""
    folders = (PACKAGE / "analysis", PACKAGE / "report")
    files = (
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )
    return _fingerprint(("metrics.py", *sorted(str(path.relative_to(PACKAGE)) for path in files)))


@cache
def _of_task(task: str, part: str) -> tuple[str, ...]:
    """The files of a task that decide one part of it. Raises UserError if its record leaves out a file."""
    code = TASKS[task].code
    unlisted = code.unlisted(PACKAGE / "tasks" / task)
    if unlisted:
        raise UserError(
            f"tasks/{task}/__init__.py: code: lists no {unlisted[0]}; add it to what it decides, or to `nothing`"
        )
    return tuple(f"tasks/{task}/{name}" for name in getattr(code, part))


@cache
def _fingerprint(files: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for name in dict.fromkeys(files):
        digest.update(f"{name}\0{_content(name)}\0".encode())
    return digest.hexdigest()[:16]


@cache
def _content(name: str) -> str:
    path = PACKAGE / name
    if path.suffix != ".py":
        return hashlib.sha256(path.read_bytes()).hexdigest()
    return meaning(path.read_text(encoding="utf-8"))
