"""What is made of a finished report when someone asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from carryover.errors import UserError
from carryover.last_line import tell
from carryover.report import figures, words
from carryover.report.links import INDEX
from carryover.report.parts import raise_failed
from carryover.report.render import made_of, read


def export_figures(
    report_dir: Path, formats: Sequence[str], study: str | None = None, cores: int = 1
) -> list[Path]:
    """Draw a report's figures as PDF or PNG, beside the SVG files. Returns the files that were written.

    Raises UserError as `render` does; and, once the others are written, where a figure could not be drawn.
    """
    index = figures.export(read(report_dir), report_dir / "figures", formats, study, cores)
    failed = {name: entry["failed"] for name, entry in index.items() if "failed" in entry}
    lacking = [name for name, entry in index.items() if entry.get("without")]
    if lacking:
        listed = ", ".join(lacking)
        tell(f"boxes stand for characters that the font DejaVu Sans does not have, in {listed}")
    if failed:
        listed = "; ".join(f"{name} ({reason})" for name, reason in failed.items())
        raise UserError(
            f"{report_dir}: {words.count(len(failed), 'figure')} could not be drawn: {listed}; "
            "the tracebacks are above"
        )
    drawn = [name for name, entry in index.items() if "nothing" not in entry]
    return [report_dir / "figures" / f"{name}.{one}" for name in drawn for one in formats]


def export_single(report_dir: Path) -> Path:
    """Write all pages of a report as one file beside its index. Returns the file.

    Raises UserError as `render` does, where the report has no page yet, and, once the file is written, where a part of
    it could not be made.
    """
    report = read(report_dir)
    if not (report_dir / INDEX).is_file():
        raise UserError(f"{report_dir / INDEX}: no such file; make the report first")
    pages = made_of(report, report_dir, figures.read_index(report_dir / "figures"))
    out = report_dir / f"carryover-{report.plan.name}.html"
    pages.write_single(out)
    raise_failed(pages.parts.failed, out, "above")
    return out
