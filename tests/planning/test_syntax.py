"""What of Python source counts: the same on every version of Python, and nothing that changes no behaviour."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest

from carryover.planning import syntax
from carryover.planning.fingerprint import PACKAGE
from carryover.planning.syntax import meaning

SOURCE = '''
"""A module."""

from typing import Any

class Numbers(Base):
    """Says what it is."""

    smallest: int = Field(0, ge=0, description="the smallest")
    """Says what a field is."""

    def label(self, *values: Any, **rest: Any) -> str:
        # why
        match values:
            case [first, *_]:
                return f"a {first!r:>{rest['width']}}" "b" f"{self.smallest=} – ş"
        return u"x"  # else
'''


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""A module."""', '"""Another text."""'),
        ('    """Says what it is."""\n', ""),
        ('    """Says what a field is."""\n', ""),
        ('description="the smallest"', 'description="the least"'),
        (', description="the smallest"', ""),
        ("# why", "# whatever"),
        ("  # else", ""),
        ('u"x"', "'x'"),
        ("values: Any, **rest: Any)", "values: Any, **rest: Any,\n    )"),
    ],
)
def test_what_does_not_count(old: str, new: str) -> None:
    assert old in SOURCE
    assert meaning(SOURCE.replace(old, new)) == meaning(SOURCE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Field(0, ge=0", "Field(1, ge=0"),
        ("ge=0", "gt=0"),
        ("smallest: int", "smallest: float"),
        ("*values", "values"),
        ("first!r", "first!s"),
        (":>{", ":<{"),
        ('"b"', '"c"'),
        ("=} –", "} –"),
        ("ş", "s"),
        ('u"x"', 'b"x"'),
        ("[first, *_]", "[first]"),
        ("return f", "yield f"),
        ("class Numbers(Base)", "class Numbers"),
        ("Field(", "Other("),  # of anything else, a description may decide something
    ],
)
def test_what_counts(old: str, new: str) -> None:
    assert old in SOURCE
    assert meaning(SOURCE.replace(old, new)) != meaning(SOURCE)


@pytest.mark.parametrize("value", ["0", "False", "''", "None", "[]", "()", "0.0", "..."])
def test_empty_values_are_told_apart(value: str) -> None:
    others = {"0", "False", "''", "None", "[]", "()", "0.0", "..."} - {value}
    assert meaning(f"x = {value}") not in {meaning(f"x = {other}") for other in others}


def test_statements_keep_their_blocks_and_their_order() -> None:
    assert meaning("if a:\n    b\n    c") != meaning("if a:\n    b\nc")
    assert meaning("a\nb") != meaning("b\na")
    assert meaning("def f():\n    pass") != meaning("def f():\n    return")


DIGESTS = """
import hashlib, importlib.util, json, pathlib, sys
spec = importlib.util.spec_from_file_location("syntax", sys.argv[1])
syntax = importlib.util.module_from_spec(spec)
spec.loader.exec_module(syntax)
files = sorted(pathlib.Path(sys.argv[2]).rglob("*.py"))
texts = [file.read_text(encoding="utf-8") for file in files] + [sys.argv[3]]
print(json.dumps([hashlib.sha256(syntax.meaning(text).encode()).hexdigest() for text in texts]))
"""


def test_the_same_source_is_the_same_text_as_when_this_was_written() -> None:
    assert hashlib.sha256(meaning(SOURCE).encode()).hexdigest()[:16] == "1bf7d28a6a812ba0"


def pythons(version: str) -> list[str]:
    """Where a Python of this version may be."""
    return [f"python{version}", *map(str, Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))]


@cache
def digests(python: str) -> list[str]:
    arguments = ["-I", "-c", DIGESTS, str(Path(syntax.__file__)), str(PACKAGE), SOURCE]
    return json.loads(subprocess.run([python, *arguments], capture_output=True, check=True).stdout)


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14"])
def test_every_python_writes_the_same_text(version: str) -> None:
    for python in pythons(version):
        with suppress(OSError, subprocess.CalledProcessError):
            assert digests(python) == digests(sys.executable)
            return
    pytest.skip(f"there is no Python {version} here")
