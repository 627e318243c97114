"""The house as CONTRIBUTING draws it: imports point one way, and no file grows beyond what a reader keeps in mind."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "workflow" / "carryover"
LONGEST = 400  # lines of a file

# Each room may import from those below it. Rooms of one floor leave each other alone.
FLOORS = (
    {"cli"},
    {"warm", "manage", "report"},
    {"analysis"},
    {"evaluation"},
    {"training"},
    {"models", "planning"},
    {"tasks"},
    {"data"},
    {"settings"},
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
# Files of the package's own folder that any room may use, for they use none.
BASEMENT = {"errors", "metrics", "last_line", "__version__"}


def python_files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def imports_of(path: Path) -> Iterator[str]:
    """The rooms that a file imports from, at any place but for type checking alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "carryover":
            parts = (node.module or "").split(".")
            yield from [parts[1]] if len(parts) > 1 else [alias.name for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name.split(".") for alias in node.names]
            yield from (parts[1] for parts in names if parts[0] == "carryover" and len(parts) > 1)


@pytest.mark.parametrize("path", python_files(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_one_way(path: Path) -> None:
    parts = path.relative_to(PACKAGE).parts
    if len(parts) == 1:  # the package's own folder
        return
    room = parts[0]
    for other in set(imports_of(path)) - {room} - BASEMENT:
        # `warm` starts the command line in a fork, which nothing below knows of.
        assert FLOOR[other] > FLOOR[room] or (room, other) == ("warm", "cli"), f"{room} imports {other}"


def test_no_file_is_longer_than_a_reader_keeps_in_mind() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in python_files()}
    assert {str(path) for path, length in lengths.items() if length > LONGEST} == set()


@pytest.mark.parametrize(
    "module", ["carryover.planning.expand", "carryover.manage.inventory", "carryover.manage.spending"]
)
def test_planning_starts_without_the_heavy_libraries(module: str) -> None:
    code = f"import sys, {module}; print([m for m in ('torch', 'pyarrow', 'pandas', 'scipy') if m in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
