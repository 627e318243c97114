"""From a report's folder of tables to its figures and its pages."""

from __future__ import annotations

from pathlib import Path

from carryover.data.files import read_json
from carryover.errors import UserError, UserErrors
from carryover.report import figures, parts, provenance
from carryover.report.links import INDEX
from carryover.report.page import Pages
from carryover.report.view import Report


def render(report_dir: Path, study: str | None = None, cores: int = 1) -> Path:
    """Make figures/*.svg, index.html and studies/*.html; with `study`, only that study's figures anew.

    report_dir: the folder with plan.json and tables/. Returns the path of index.html. A figure, table, section or study
    that cannot be made leaves the others: its place says why, failed.json lists it, and `parts.check` raises an error.
    Raises UserError where there is no plan, a missing or damaged table, no row at all, or no such study.
    """
    report = read(report_dir)
    index = figures.make(report, report_dir / "figures", study, cores)
    if study is None:
        provenance.write(report_dir / "provenance.json", report)
    pages = made_of(report, report_dir, index)
    pages.write(report_dir)
    not_drawn = {f"figure {name}": entry["failed"] for name, entry in index.items() if "failed" in entry}
    parts.write(report_dir, not_drawn | pages.parts.failed)
    return report_dir / INDEX


def made_of(report: Report, report_dir: Path, index: figures.Index) -> Pages:
    """The pages of a report whose figures are drawn. index: figures.json."""
    about = report_dir / "provenance.json"
    return Pages(report, index, report_dir / "figures", read_json(about) if about.is_file() else {})


def read(report_dir: Path) -> Report:
    """The report in a folder. Raises UserError where there is no plan, a missing or damaged table, or no row at all."""
    report = Report.read(report_dir)
    if all(frame.empty for frame in report.tables.frames.values()):
        raise UserError(
            f"{report_dir / 'tables'}: nothing to show: no table has a row; run the workflow first"
        )
    if report.tables.problems:
        raise UserErrors([f"{report_dir}/{problem}; aggregate again" for problem in report.tables.problems])
    return report
