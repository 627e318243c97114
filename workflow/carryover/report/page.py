"""The page: one self-contained HTML file made from tables, plan, figures and provenance."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from carryover.data.files import atomic_path
from carryover.report import style, svg, words
from carryover.report.sections import (
    Section,
    answers,
    claims,
    costs,
    first_screen,
    method,
    missing,
    overlap,
    provenance,
    published,
    reference,
    studies,
)
from carryover.report.view import Report

HERE = Path(__file__).parent
# They would turn the text after them round, up to the end of what they stand in; the page shows their code instead.
_TURN_TEXT = {number: f"\\u{number:04x}" for number in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
_DARK_FIGURES = f"@media screen and (prefers-color-scheme:dark){{{style.dark_rules('figure svg')}}}"


def write(
    report: Report,
    index: Mapping[str, Mapping[str, Any]],
    figures: Path,
    about: Mapping[str, Any],
    out: Path,
) -> None:
    """Write the page. index: figures.json. figures: the folder with the SVG files. about: provenance.json."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.globals |= {"words": words}
    content = environment.get_template("page.html").render(
        name=report.plan.name,
        sections=_sections(report, _figures(index, figures), about),
        style=_asset("page.css") + Markup(_DARK_FIGURES),
        scripts=[_asset("datatables.min.js"), _asset("page.js")],
    )
    with atomic_path(out) as path:
        path.write_text(content.translate(_TURN_TEXT), encoding="utf-8")


def _sections(report: Report, figures: list[dict[str, Any]], about: Mapping[str, Any]) -> list[Section]:
    """The sections in the order in which the page shows them, without those that have nothing to show."""
    of_results = [
        first_screen.section(report),
        answers.section(report),
        claims.section(report),
        published.section(report, [entry for entry in figures if entry["study"] is None]),
        studies.section(report, figures),
        overlap.section(report),
        costs.section(report),
        reference.section(report),
    ]
    shown = [section for section in of_results if section is not None]
    of_report = [
        method.section(shown),
        provenance.section(about, _asset("datatables.LICENSE.txt")),
        missing.section(report),
    ]
    return shown + [section for section in of_report if section is not None]


def _figures(index: Mapping[str, Mapping[str, Any]], folder: Path) -> list[dict[str, Any]]:
    """The entries of the index that have a file, each with its name and its SVG, and those that could not be drawn."""
    figures = []
    for name, entry in index.items():
        path = folder / f"{name}.svg"
        if "failed" in entry:
            figures.append({**entry, "name": name})
        elif path.is_file():
            content = Markup(svg.inline(path.read_text(encoding="utf-8")))
            figures.append({**entry, "name": name, "svg": content})
    return figures


@cache
def _asset(name: str) -> Markup:
    return Markup((HERE / "assets" / name).read_text(encoding="utf-8"))
