"""From a report's folder of tables to its figures and its page."""

from __future__ import annotations

from pathlib import Path

from carryover.data.files import read_json
from carryover.errors import UserError
from carryover.planning.plan import read_plan
from carryover.report import figures, page, provenance, tables
from carryover.report.reference import compared
from carryover.report.view import Report


def render(report_dir: Path, study: str | None = None, cores: int = 1) -> Path:
    """Make figures/*.svg, *.pdf, *.png and index.html of a report; with `study`, only that study's figures anew.

    report_dir: the folder with plan.json and tables/. Returns the path of index.html. Raises UserError where there is
    no plan, no table at all, or no such study.
    """
    plan = read_plan(report_dir / "plan.json")
    found = tables.read(report_dir / "tables")
    if all(frame.empty for frame in found.frames.values()):
        raise UserError(
            f"{report_dir / 'tables'}: nothing to show: no table has a row; run the workflow first"
        )
    index = figures.make(found, plan, report_dir / "figures", study, cores)
    path = report_dir / "provenance.json"
    if study is None:
        provenance.write(path, plan, found)
    made = report_dir / "index.html"
    about = read_json(path) if path.is_file() else {}
    reference = compared(report_dir / "tables", Path(plan["reference"])) if plan.get("reference") else None
    page.write(Report(found, plan), index, report_dir / "figures", about, reference, made)
    return made
