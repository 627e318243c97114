"""Trained models that answer questions on the page: those that the studies' `play` names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from carryover.report import models, play
from carryover.report.sections import Section
from carryover.report.view import Report
from carryover.training.trained import Trained, read

ANCHOR = "playground"


def section(report: Report) -> Section:
    """The models of this report's own runs; if it has none of those, the ones that are committed with the reference."""
    folders = models.folders(report.tables.folder.parent, report.plan)
    return Section(ANCHOR, "Play with a model", "playground.html", _content(folders))


def _content(folders: list[Path]) -> dict[str, Any]:
    """The models that fit on the page as a fragment of it, and the names of the other ones."""
    if not folders:
        return {"fragment": None, "others": []}
    runs = sorted(map(read, folders), key=_length)
    fitting = [run for run in runs if play.fits(run)]
    return {
        "fragment": play.fragment(fitting, ANCHOR, heading="h3") if fitting else None,
        "others": [run.folder.name for run in runs if run not in fitting],
    }


def _length(run: Trained) -> int:
    """The longest numbers in training, so that models are shown from short to long; 0 without such a length."""
    length: int | None = run.settings.dataset.length()
    return length or 0
