"""Which figure of a study shows what a claim is about."""

from __future__ import annotations

from carryover.metrics import TIMED
from carryover.report.figures.curves import validated_metric
from carryover.report.figures.lengths import lines_of
from carryover.report.figures.settings import MOST_SPLITS
from carryover.report.view import StudyResults
from carryover.settings.claims import Quantity

OF_CURVES = (
    "loss",
    "solved_at",
    "roughness",
)  # what is read off the curves of validation, besides their own metric


def figure_of_claim(study: StudyResults, claim_id: str) -> str | None:
    """The name of the figure, without its ending. None where a table alone has the numbers."""
    claim = next((one for one in study.planned.claims if one.id == claim_id), None)
    if claim is None:
        return None
    kind = _kind(study, claim.quantities()[0][1])
    return f"{study.name}-{kind}" if kind else None


def _kind(study: StudyResults, of: Quantity) -> str | None:
    if of.metric == "parameters" or of.metric in TIMED:
        return None
    if of.suite is None or of.split is None:
        return "curves" if of.metric in (*OF_CURVES, validated_metric(study)) else None
    if of.stratum != "all":
        return "mixture" if of.stratum.startswith("digits=") else None
    split = (of.suite, of.split)
    if of.metric == study.headline and split in study.telling_splits(MOST_SPLITS):
        return "settings"
    if of.metric != study.metric or study.task.length is None:
        return None
    drawn = {point[1] for line in lines_of(study, of.metric) for point in line.points}
    return "extrapolation" if split in drawn else None
