"""What the page calls a published number: its setting, its metric, and where it was measured."""

from __future__ import annotations

from markupsafe import Markup

from carryover.report import words
from carryover.report.tables import Row
from carryover.report.titles import metric
from carryover.report.view import StudyResults


def number_title(row: Row, study: StudyResults) -> Markup:
    """`RNN: exact match on 10-digit sums` of a row of `published`."""
    label = words.none_if_nan(row["point"])
    what = metric(row["metric"]) + _measured_on(row, study)
    return study.titled_setting(label) + ": " + what if label else what


def _measured_on(row: Row, study: StudyResults) -> Markup:
    where = Markup("")
    if words.none_if_nan(row["suite"]):
        split = (str(row["suite"]), str(row["split"]))
        where += Markup(" on {}").format(study.titled_split(split))
    if words.none_if_nan(row["stratum"]) not in (None, "all"):
        where += Markup(", {}").format(study.told(row["stratum"]))
    if not words.absent(row["at_step"]):
        where += f" at step {int(row['at_step']):,}"
    if words.none_if_nan(row["statistic"]):
        where += f", {row['statistic']} of {int(row['of'])} runs"
    return where
