"""All figures of a report: which kinds there are, and how they become files.

Each kind is one module with `draw(study)`, which returns no figure where the tables have nothing for it.
"""

from __future__ import annotations

import sys
import traceback
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any

from carryover.data.files import atomic_path, read_json, write_json
from carryover.errors import UserError, printable
from carryover.report import style, svg
from carryover.report.figures.published import draw_report
from carryover.report.view import Report, StudyResults

# Every kind of figure of a study, in the order in which the page shows them. A kind is a module of this folder.
KINDS = ("settings", "curves", "transfer", "extrapolation", "errors", "mixture", "seen", "cost")
OF_REPORT = "published"  # the kind that is drawn once for the whole report
INDEX = "figures.json"
PNG_DPI = 120
BOXES = " In PDF and PNG, boxes stand for characters that the font DejaVu Sans does not have."


def make(report: Report, out: Path, study: str | None = None, cores: int = 1) -> dict[str, dict[str, Any]]:
    """Draw every figure of the report, or those of one study alone, as SVG, PDF and PNG under `out`.

    Returns the index that figures.json holds: name → kind, study (null for the whole report), title, caption,
    alternative text, wide. A kind that cannot be drawn has an entry too, with the reason as `failed`; its traceback
    goes to standard error. Raises UserError for a study that the plan has not.
    """
    names = [one.name for one in report.studies]
    if study is not None and study not in names:
        raise UserError(f"no study {study!r} in this report; it has {', '.join(names)}")
    out.mkdir(parents=True, exist_ok=True)
    jobs: list[str | None] = [study] if study is not None else [*names, None]
    index: dict[str, dict[str, Any]] = {}
    if cores > 1 and len(jobs) > 1:
        with ProcessPoolExecutor(min(cores, len(jobs)), initializer=_prepare, initargs=(report, out)) as pool:
            for made in pool.map(_make_one, jobs):
                index |= made
    else:
        _prepare(report, out)
        for job in jobs:
            index |= _make_one(job)
    if study is not None:
        before = read_index(out)
        index = {name: entry for name, entry in before.items() if entry["study"] != study} | index
    _remove_others(out, index)
    write_json(out / INDEX, index)
    return index


def read_index(out: Path) -> dict[str, dict[str, Any]]:
    """What figures.json says; nothing where it is missing or damaged."""
    try:
        index = read_json(out / INDEX)
    except UserError:
        return {}
    return index if isinstance(index, dict) else {}


def draw(study: StudyResults, kinds: Sequence[str] = KINDS) -> list[style.Drawn]:
    """The figures of a study, in the order of these kinds."""
    modules = (import_module(f"{__name__}.{kind}") for kind in kinds)
    return [figure for module in modules for figure in module.draw(study)]


_state: dict[str, Any] = {}  # of this process: the report that it draws from, and where to


def _prepare(report: Report, out: Path) -> None:
    style.use()
    _state.update(report=report, out=out)


def _make_one(study: str | None) -> dict[str, dict[str, Any]]:
    """The figures of one study, or (None) those over all studies; name → entry of the index."""
    report: Report = _state["report"]
    index: dict[str, dict[str, Any]] = {}
    with warnings.catch_warnings():
        # Matplotlib's, of layouts that could not shrink any further.
        warnings.simplefilter("ignore", UserWarning)
        for kind in KINDS if study is not None else (OF_REPORT,):
            try:
                drawn = draw_report(report) if study is None else draw(report.by_name[study], [kind])
                index |= {figure.name: _write(figure, study, _state["out"]) for figure in drawn}
            except (OSError, MemoryError):  # the machine's failure, which the next figure would meet too
                raise
            except Exception as error:
                print(f"figure {kind} of {study or 'the report'}:", file=sys.stderr)
                traceback.print_exc()
                index |= _failed(study, kind, error)
    return index


def _failed(study: str | None, kind: str, error: Exception) -> dict[str, dict[str, Any]]:
    """The entry of a kind that could not be drawn."""
    name = kind if study is None else f"{study}-{kind}"
    lines = printable(str(error)).splitlines()
    reason = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    return {
        name: {
            "kind": kind,
            "study": study,
            "title": f"Figure {name}",
            "caption": "",
            "alt": "",
            "wide": False,
            "failed": reason,
        }
    }


def _write(drawn: style.Drawn, study: str | None, out: Path) -> dict[str, Any]:
    style.lay_out(drawn.figure)
    text = svg.write(drawn.figure, drawn.name, drawn.title, drawn.alt)
    with atomic_path(out / f"{drawn.name}.svg") as path:
        path.write_text(text, encoding="utf-8")
    with atomic_path(out / f"{drawn.name}.pdf") as path:
        drawn.figure.savefig(path, format="pdf", metadata={"CreationDate": None, "Title": drawn.title})
    with atomic_path(out / f"{drawn.name}.png") as path, warnings.catch_warnings(record=True) as noted:
        warnings.simplefilter("always", UserWarning)
        # Paper behind it: a PNG cannot follow its reader's theme.
        drawn.figure.savefig(path, format="png", dpi=PNG_DPI, facecolor="white", transparent=False)
    boxes = any("missing from font" in str(warning.message) for warning in noted)
    return {
        "kind": drawn.kind,
        "study": study,
        "title": drawn.title,
        "caption": drawn.caption + (BOXES if boxes else ""),
        "alt": drawn.alt,
        "wide": drawn.wide,
    }


def _remove_others(out: Path, index: Mapping[str, Any]) -> None:
    """Figures of an earlier report that this one has not, or could not draw."""
    drawn = {name for name, entry in index.items() if "failed" not in entry}
    for path in out.iterdir():
        if path.suffix in (".svg", ".pdf", ".png") and path.stem not in drawn:
            path.unlink()
