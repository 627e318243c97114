"""What is made of a finished report when someone asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from carryover.errors import UserError
from carryover.last_line import tell
from carryover.report import figures, words
from carryover.report.render import read


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
    return [report_dir / "figures" / f"{name}.{one}" for name in index for one in formats]
