"""Texts that users write: names, titles, prose, paths of files, and dotted paths of settings."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

LONGEST_TITLE = 300
LONGEST_SHORT_TITLE = 60  # of what has to fit into a column or a legend

_NAME = r"^[A-Za-z0-9][A-Za-z0-9_.^-]*$"
_SETTING = r"^(dataset|model|training)(\.[a-z_0-9]+)*$"
METRIC = "metric"  # beside settings, a study may leave open what a report has measured
# They reverse the direction of the text after them, so a person could see another text than the program reads.
_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _name(name: Any) -> Any:
    if isinstance(name, str) and not re.fullmatch(_NAME, name):
        raise ValueError(
            f"{name[:60]!r} is no name; use letters, digits, _ . ^ and -, and begin with a letter or digit"
        )
    return name


def _setting(path: Any) -> Any:
    if isinstance(path, str) and not re.fullmatch(_SETTING, path):
        raise ValueError(
            f"{path[:60]!r} is no setting; write a dotted path that begins with dataset, model or training, "
            "such as model.hidden"
        )
    return path


def _setting_or_metric(path: Any) -> Any:
    return path if path == METRIC else _setting(path)


def _without_control(text: str, allowed: str = "") -> None:
    """Raise ValueError for a control character, a line separator, or one that reverses the direction of text."""
    for character in text:
        if character in allowed:
            continue
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or character in _DIRECTIONS:
            raise ValueError(f"holds the character U+{ord(character):04X}, which cannot be shown; remove it")


def _title(text: str) -> str:
    text = text.strip()
    _without_control(text)
    return text


def _line(text: str) -> str:
    _without_control(text)
    return text


def _prose(text: str) -> str:
    _without_control(text, allowed="\n\t")
    return text


def _file(path: str) -> str:
    if not path.strip():
        raise ValueError("is empty; write a path, or leave the key out")
    if path.startswith("-"):
        raise ValueError(f"{path!r} begins with -, as options do; write './{path}'")
    _without_control(path)
    try:
        return str(Path(path).expanduser()) if path.startswith("~") else path
    except RuntimeError:
        raise ValueError(f"{path!r} begins with ~ and a name that is no user here; write it out") from None


Name = Annotated[str, BeforeValidator(_name), Field(pattern=_NAME, max_length=60)]
SettingPath = Annotated[str, BeforeValidator(_setting), Field(pattern=_SETTING)]
OpenPath = Annotated[str, BeforeValidator(_setting_or_metric), Field(pattern=f"{_SETTING}|^{METRIC}$")]
Title = Annotated[str, AfterValidator(_title), Field(min_length=1, max_length=LONGEST_TITLE)]
ShortTitle = Annotated[str, AfterValidator(_title), Field(min_length=1, max_length=LONGEST_SHORT_TITLE)]
Line = Annotated[str, AfterValidator(_line)]
Prose = Annotated[str, AfterValidator(_prose)]
FilePath = Annotated[str, AfterValidator(_file)]
