"""The sections of the page, one file each: what a section shows, with the columns of its tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Section:
    """One section of the page.

    anchor, title: of its entry in the contents. template: a file of templates/sections, which shows `content`.
    parts: anchors and titles of what the contents list below it.
    """

    anchor: str
    title: str
    template: str
    content: Any
    parts: Sequence[tuple[str, str]] = ()


def anchor_of(study: str, part: str = "") -> str:
    """The anchor of a study, or of a part of it."""
    return f"study-{study}-{part}" if part else f"study-{study}"
