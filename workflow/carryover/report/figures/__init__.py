"""All figures of a report: which kinds there are, and how they become files.

Each kind is one module with `draw(study)`, which returns no figure where the tables have nothing for it, and the reason
where a figure would show nothing. The page has figures as SVG. Other formats are exported when they are asked for.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from carryover.data.files import atomic_path, read_json, write_json
from carryover.errors import UserError
from carryover.report import style, svg
from carryover.report.parts import reason_of
from carryover.report.view import Report, StudyResults

# Every kind of figure of a study, in the order in which the page shows them. A kind is a module of this folder.
KINDS = ("settings", "curves", "transfer", "extrapolation", "errors", "mixture", "seen", "readings", "cost")
OF_REPORT = ("headline", "published")  # kinds that are drawn once for the whole report: `draw_report(report)`
INDEX = "figures.json"
PNG_DPI = 120
FORMATS = ("pdf", "png")  # besides SVG

Index = dict[str, dict[str, Any]]
Write = Callable[[style.Drawn, str | None, Path], dict[str, Any]]


def make(report: Report, out: Path, study: str | None = None, cores: int = 1) -> Index:
    """Draw every figure of the report, or those of one study alone, as SVG under `out`.

    Returns the index that figures.json holds: name → kind, study (null for the whole report), title, caption,
    alternative text, wide, measures. A kind that would show nothing has an entry with the reason as `nothing`. One
    that cannot be drawn has the reason as `failed`; its traceback goes to standard error. Raises UserError for a study
    that the plan has not.
    """
    index = drawn = _draw_all(report, out, study, cores, _write)
    if study is not None:
        before = read_index(out)
        index = {name: entry for name, entry in before.items() if entry["study"] != study} | drawn
    _remove_others(out, index, drawn)
    write_json(out / INDEX, index)
    return index


def export(
    report: Report, out: Path, formats: Sequence[str], study: str | None = None, cores: int = 1
) -> Index:
    """Draw the same figures in other formats under `out`. Returns their index, as `make` does.

    `without` of an entry tells whether the font had no shapes for some characters. Raises UserError as `make` does.
    """
    return _draw_all(report, out, study, cores, partial(_export, formats))


def _draw_all(report: Report, out: Path, study: str | None, cores: int, write: Write) -> Index:
    names = [one.name for one in report.studies]
    if study is not None and study not in names:
        raise UserError(f"no study {study!r} in this report; it has {', '.join(names)}")
    out.mkdir(parents=True, exist_ok=True)
    jobs: list[str | None] = [study] if study is not None else [*names, None]
    index: Index = {}
    if cores > 1 and len(jobs) > 1:
        workers = min(cores, len(jobs))
        with ProcessPoolExecutor(workers, initializer=_prepare, initargs=(report, out, write)) as pool:
            for made in pool.map(_make_one, jobs):
                index |= made
    else:
        _prepare(report, out, write)
        for job in jobs:
            index |= _make_one(job)
    return index


def read_index(out: Path) -> Index:
    """What figures.json says; nothing where it is missing or damaged."""
    try:
        index = read_json(out / INDEX)
    except UserError:
        return {}
    return index if isinstance(index, dict) else {}


Made = list[style.Drawn | style.NotDrawn]


def draw(study: StudyResults, kinds: Sequence[str] = KINDS) -> Made:
    """The figures of a study, in the order of these kinds, and what stands in the place of one that shows nothing."""
    modules = (import_module(f"{__name__}.{kind}") for kind in kinds)
    return [figure for module in modules for figure in module.draw(study)]


_state: dict[str, Any] = {}  # of this process: the report that it draws from, where to, and how


def _prepare(report: Report, out: Path, write: Write) -> None:
    style.use()
    _state.update(report=report, out=out, write=write)


def _make_one(study: str | None) -> Index:
    """The figures of one study, or (None) those over all studies; name → entry of the index."""
    report: Report = _state["report"]
    index: Index = {}
    with warnings.catch_warnings():
        # Matplotlib's, of layouts that could not shrink any further.
        warnings.simplefilter("ignore", UserWarning)
        for kind in KINDS if study is not None else OF_REPORT:
            try:
                drawn = _drawn(report, study, kind)
                for figure in drawn:
                    if isinstance(figure, style.Drawn):
                        index[figure.name] = _state["write"](figure, study, _state["out"])
                    else:
                        index[figure.name] = _entry(figure, study, nothing=figure.reason)
            except (OSError, MemoryError):  # the machine's failure, which the next figure would meet too
                raise
            except Exception as error:
                index |= _failed(study, kind, error)
    return index


def _drawn(report: Report, study: str | None, kind: str) -> Made:
    if study is not None:
        return draw(report.by_name[study], [kind])
    drawn: Made = import_module(f"{__name__}.{kind}").draw_report(report)
    return drawn


def _failed(study: str | None, kind: str, error: Exception) -> Index:
    """The entry of a kind that could not be drawn."""
    name = kind if study is None else f"{study}-{kind}"
    place = style.NotDrawn(kind, name, f"Figure {name}", reason_of(f"figure {name}", error))
    return {name: _entry(place, study, failed=place.reason)}


def _entry(place: style.NotDrawn, study: str | None, **why: str) -> dict[str, Any]:
    """The entry of a figure without a file."""
    empty = {"caption": "", "alt": "", "wide": False, "measures": []}
    return {"kind": place.kind, "study": study, "title": place.title, **empty, **why}


def _write(drawn: style.Drawn, study: str | None, out: Path) -> dict[str, Any]:
    style.lay_out(drawn.figure)
    text = svg.write(drawn.figure, drawn.name, drawn.title, drawn.alt)
    with atomic_path(out / f"{drawn.name}.svg") as path:
        path.write_text(text, encoding="utf-8")
    return {
        "kind": drawn.kind,
        "study": study,
        "title": drawn.title,
        "caption": drawn.caption,
        "alt": drawn.alt,
        "wide": drawn.wide,
        "measures": list(drawn.measures),
    }


def _export(formats: Sequence[str], drawn: style.Drawn, study: str | None, out: Path) -> dict[str, Any]:
    options: dict[str, dict[str, Any]] = {
        "pdf": {"metadata": {"CreationDate": None, "Title": drawn.title}},
        # Paper behind it: a PNG cannot follow its reader's theme.
        "png": {"dpi": PNG_DPI, "facecolor": "white", "transparent": False},
    }
    with warnings.catch_warnings(record=True) as noted:
        warnings.simplefilter("always", UserWarning)
        style.lay_out(drawn.figure)
        for one in formats:
            with atomic_path(out / f"{drawn.name}.{one}") as path:
                drawn.figure.savefig(path, format=one, **options[one])
    without = any("missing from font" in str(warning.message) for warning in noted)
    return {"study": study, "without": without}


def _remove_others(out: Path, index: Index, drawn: Index) -> None:
    """Figures of an earlier report that this one has not or could not draw, and older exports of what was drawn now."""
    of_index = {name for name, entry in index.items() if not {"failed", "nothing"} & entry.keys()}
    for path in out.iterdir():
        exported = path.suffix.removeprefix(".") in FORMATS
        if (path.stem not in of_index and (exported or path.suffix == ".svg")) or (
            exported and path.stem in drawn
        ):
            path.unlink()
