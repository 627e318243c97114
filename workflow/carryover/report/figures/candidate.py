"""What a study could show on the first screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from carryover.report.view import StudyResults

KIND = "headline"
What = TypeVar("What")


@dataclass(frozen=True)
class Candidate(Generic[What]):
    """What a study could show as a headline. decides: whether its runs decide; published: numbers in the picture."""

    study: StudyResults
    what: What
    decides: bool
    published: int
    runs: int


def titled(study: StudyResults, shows: str) -> str:
    """The title of a headline: that of its study, and what it shows."""
    if study.title.endswith("?"):
        return f"{study.title} {shows[:1].upper()}{shows[1:]}"
    return f"{study.title}: {shows}"
