"""The figures of the first screen: how far short numbers carry, and what the parts of a mixed test explain.

No setting says which study they show. A study whose runs decide (published settings, enough seeds) comes before one
whose runs do not, this report before the committed reference, one with published numbers in the picture before one
without, and then the study with most runs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from carryover.report import style
from carryover.report.figures import headline_length, headline_mixture
from carryover.report.figures.candidate import Candidate
from carryover.report.sides import is_reference_alone
from carryover.report.view import Report, StudyResults

OWN, REFERENCE = "runs of this report", "runs of the committed reference"
What = TypeVar("What")


def draw_report(report: Report) -> list[style.Drawn]:
    """At most two figures: none of a kind where neither this report nor its reference has what it shows."""
    sides = {REFERENCE if is_reference_alone(report) else OWN: report}
    if report.reference is not None:
        sides[REFERENCE] = report.reference
    drawn = []
    length = _best(sides, headline_length.find)
    if length is not None:
        drawn.append(headline_length.draw(*length))
    mixture = _best(sides, headline_mixture.find)
    if mixture is not None:
        drawn.append(headline_mixture.draw(*mixture))
    return drawn


def _best(
    sides: dict[str, Report], find: Callable[[StudyResults], Candidate[What] | None]
) -> tuple[Candidate[What], str] | None:
    """The best candidate of all studies, and whose runs they are."""
    found = [
        (one, side) for side, report in sides.items() for study in report.studies if (one := find(study))
    ]
    if not found:
        return None
    return max(found, key=lambda one: (one[0].decides, one[1] == OWN, one[0].published > 0, one[0].runs))
