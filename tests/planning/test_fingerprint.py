"""Editing code remakes the results of the stages that run it; comments and docstrings remake nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from carryover.planning import fingerprint


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the package that tests may edit."""
    copy = tmp_path / "carryover"
    shutil.copytree(fingerprint.PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(fingerprint, "PACKAGE", copy)
    forget()
    yield copy
    forget()


def forget() -> None:
    fingerprint._fingerprint.cache_clear()
    fingerprint._content.cache_clear()


def stages() -> dict[str, str]:
    forget()
    return {
        "generate digit_sum": fingerprint.generate("digit_sum"),
        "generate sentiment": fingerprint.generate("sentiment"),
        "train tagger": fingerprint.train("digit_sum", "tagger"),
        "train classifier": fingerprint.train("expression", "classifier"),
        "evaluate tagger": fingerprint.evaluate("digit_sum", "tagger"),
        "report": fingerprint.report(),
    }


def changed(before: dict[str, str]) -> set[str]:
    after = stages()
    return {stage for stage in before if before[stage] != after[stage]}


EDITS = {
    "training/loop.py": {"train tagger", "train classifier"},
    "models/tagger.py": {"train tagger", "evaluate tagger"},
    "models/classifier.py": {"train classifier"},
    "tasks/digit_sum/data.py": {"generate digit_sum", "train tagger", "evaluate tagger"},
    "tasks/digit_sum/strata.py": {"evaluate tagger"},
    "tasks/sentiment/data.py": {"generate sentiment"},
    "data/streams.py": {"generate digit_sum", "generate sentiment"},
    "analysis/claims.py": {"report"},
    "tasks/__init__.py": set(),
    "models/__init__.py": set(),
    "cli.py": set(),
}


@pytest.mark.parametrize("file", EDITS)
def test_an_edit_remakes_what_runs_it(package: Path, file: str) -> None:
    before = stages()
    path = package / file
    path.write_text(path.read_text() + "\n\nEDITED = 1\n")
    assert changed(before) == EDITS[file]


def test_comments_and_docstrings_remake_nothing(package: Path) -> None:
    before = stages()
    path = package / "training/loop.py"
    path.write_text(
        path.read_text() + '\n\n# A comment.\n"""Text that does nothing."""\n'.replace('"""', "#")
    )
    assert changed(before) == set()
    source = 'def f(x):\n    """Says."""\n    # why\n    return x  # this\n'
    assert fingerprint.without_docstrings(source) == fingerprint.without_docstrings(
        "def f(x):\n    return x\n"
    )
    assert fingerprint.without_docstrings(source) != fingerprint.without_docstrings(
        "def f(x):\n    return -x\n"
    )


def test_the_page_remakes_with_its_templates(package: Path) -> None:
    before = stages()
    template = next((package / "report" / "templates").glob("*.html"))
    template.write_text(template.read_text() + " ")
    assert changed(before) == {"report"}
