"""The pins of pip, conda and pyproject.toml say the same, and name what the code imports, no more and no less."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

# conda-forge's names where they differ.
CONDA_NAMES = {"torch": "pytorch", "matplotlib": "matplotlib-base"}

# Needed by `snakemake` alone, which the environment of a job does not hold.
NOT_IN_JOBS = {"snakemake", "pygments"}


def pins(lines: list[str]) -> dict[str, str]:
    """Name, as registries compare names, to exact version."""
    found = {}
    for line in lines:
        match = re.fullmatch(r"([A-Za-z0-9_.-]+)==([0-9][0-9A-Za-z.]*)", line.strip())
        assert match, f"{line!r} is not an exact pin"
        found[normalised(match[1])] = match[2]
    return found


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


DEPENDENCIES = pins(PROJECT["dependencies"])
EXTRAS = pins([line for extra in PROJECT["optional-dependencies"].values() for line in extra])
REQUIREMENTS = pins(
    [
        line
        for line in (ROOT / "envs/requirements.txt").read_text().splitlines()
        if line.strip() and not line.startswith("#")
    ]
)


@pytest.mark.parametrize("name", sorted(DEPENDENCIES | EXTRAS))
def test_pip_installs_the_version_that_the_project_names(name: str) -> None:
    assert REQUIREMENTS.get(name) == (DEPENDENCIES | EXTRAS)[name]


def test_conda_installs_the_same_versions() -> None:
    conda = yaml.safe_load((ROOT / "envs/environment.yaml").read_text())["dependencies"]
    versions = dict(line.split("=") for line in conda)
    python = versions.pop("python")
    assert tuple(map(int, python.split("."))) >= (3, 11)
    expected = {CONDA_NAMES.get(name, name): v for name, v in DEPENDENCIES.items() if name not in NOT_IN_JOBS}
    assert versions == expected


def test_every_rule_names_the_conda_file() -> None:
    for rules in sorted((ROOT / "workflow/rules").glob("*.smk")):
        text = rules.read_text()
        bodies = re.split(r"^rule \w+:", text, flags=re.MULTILINE)[1:]
        for body in bodies:
            assert re.search(r"conda:\s+ENVIRONMENT\b", body), f"a rule of {rules.name} names no environment"


def test_what_the_code_imports_is_what_the_project_declares() -> None:
    imported = set()
    for path in (ROOT / "workflow/carryover").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.partition(".")[0])
    outside = imported - set(sys.stdlib_module_names) - {"carryover"}
    packages = metadata.packages_distributions()
    needed = {normalised(packages[module][0]) for module in outside}
    assert needed == set(DEPENDENCIES) - NOT_IN_JOBS


def test_requirements_are_complete() -> None:
    """Whatever an installed package of the list needs is on the list too, so that pip has nothing left to choose."""
    missing = set()
    for name in REQUIREMENTS:
        if name == "torch":
            continue  # pins NVIDIA's packages itself
        for line in metadata.requires(name) or []:
            if ";" in line and not _applies(line.split(";", 1)[1]):
                continue
            needed = normalised(re.match(r"[A-Za-z0-9_.-]+", line)[0])  # type: ignore[index]
            if needed not in REQUIREMENTS:
                missing.add(f"{name} needs {needed}")
    assert not missing


def _applies(marker: str) -> bool:
    from packaging.markers import Marker

    return Marker(marker.strip()).evaluate({"extra": ""})
