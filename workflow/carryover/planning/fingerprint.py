"""Fingerprints of the code that a stage runs, so that editing the code remakes its results and nothing else.

The files are listed, not found by following imports: a registry or the command line is imported by every stage and
decides nothing. Comments and docstrings are left out. The text of a parsed tree differs between Python versions, so
fingerprints compare only within one minor version.
"""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]

_GENERATE = (
    "data/streams.py",
    "data/permutation.py",
    "data/text.py",
    "data/parquet.py",
    "data/hashing.py",
    "data/dataset.py",
)
_MODELS = ("models/recurrent.py",)
_ENCODE = ("tasks/encoded.py", "data/text.py")
_TRAIN = (
    "settings/optimizers.py",
    "settings/schedules.py",
    "training/batches.py",
    "training/determinism.py",
    "training/loop.py",
    "training/metrics.py",
    "training/optimizers.py",
    "training/schedules.py",
    "training/steps.py",
)
# Not strata.py, a registry, nor what answers questions of people.
_EVALUATE = ("evaluation/evaluate.py", "evaluation/seen.py", "evaluation/tallies.py")
_TASK_EXTRAS: dict[str, tuple[str, ...]] = {
    "digit_sum": ("tasks/digit_sum/settings.py", "tasks/digit_sum/pairs.py"),
    "expression": ("tasks/expression/settings.py",),
    "sentiment": (
        "tasks/sentiment/settings.py",
        "tasks/sentiment/sources.py",
        "tasks/sentiment/stopwords_en.txt",
    ),
}
# Settings that count classes and positions decide what a model reads and writes.
_ENCODING_EXTRAS: dict[str, tuple[str, ...]] = {
    "digit_sum": ("tasks/digit_sum/settings.py",),
    "expression": ("tasks/expression/settings.py",),
}


def generate(task: str) -> str:
    """The code that makes a dataset of `task`."""
    return _fingerprint((*_GENERATE, f"tasks/{task}/data.py", *_TASK_EXTRAS[task]))


def train(task: str, architecture: str) -> str:
    """The code that trains a run."""
    own = (f"tasks/{task}/data.py", *_ENCODING_EXTRAS.get(task, ()), f"models/{architecture}.py")
    return _fingerprint((*_TRAIN, *_MODELS, *_ENCODE, *own))


def evaluate(task: str, architecture: str) -> str:
    """The code that evaluates a run."""
    own = (
        f"tasks/{task}/data.py",
        *_ENCODING_EXTRAS.get(task, ()),
        f"tasks/{task}/strata.py",
        f"models/{architecture}.py",
    )
    return _fingerprint(
        (*_EVALUATE, *_MODELS, *_ENCODE, "data/hashing.py", "data/overlap.py", "training/metrics.py", *own)
    )


def report() -> str:
    """The code that makes tables, figures and the page: all of analysis and report, templates and assets among them."""
    folders = (PACKAGE / "analysis", PACKAGE / "report")
    files = (
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )
    return _fingerprint(tuple(sorted(str(path.relative_to(PACKAGE)) for path in files)))


@cache
def _fingerprint(files: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for name in files:
        digest.update(f"{name}\0{_content(name)}\0".encode())
    return digest.hexdigest()[:16]


@cache
def _content(name: str) -> str:
    path = PACKAGE / name
    if path.suffix != ".py":
        return hashlib.sha256(path.read_bytes()).hexdigest()
    return without_docstrings(path.read_text(encoding="utf-8"))


def without_docstrings(source: str) -> str:
    """Python source as the text of its tree, which has no comments, with docstrings removed."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(
            node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        ) and ast.get_docstring(node):
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)
