"""A bar a setting: how many runs it has."""

from __future__ import annotations

from carryover.report import style
from carryover.report.view import StudyResults


def draw(study: StudyResults) -> list[style.Drawn]:
    """One figure of each study."""
    title = "How many runs each setting has"
    fig = style.figure(title, 2.5)
    ax = fig.subplots()
    names = [study.short_name(setting) for setting in study.available]
    ax.barh(names, [len(setting.runs) for setting in study.available])
    return [style.Drawn("toy", f"{study.name}-toy", title, "Toy caption.", title, fig)]
