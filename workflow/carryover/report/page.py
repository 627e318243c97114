"""The page: one self-contained HTML file made from tables, plan, figures and provenance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from carryover.data.files import atomic_path
from carryover.report import style, svg, words
from carryover.report.parts import Failed, Parts
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


@dataclass(frozen=True)
class Shown:
    """A section as HTML, and its entry in the contents."""

    anchor: str
    title: str
    html: Markup
    parts: Sequence[tuple[str, str]] = ()


def write(
    report: Report,
    index: Mapping[str, Mapping[str, Any]],
    figures: Path,
    about: Mapping[str, Any],
    out: Path,
) -> dict[str, str]:
    """Write the page. index: figures.json. figures: the folder with the SVG files. about: provenance.json.

    Returns the sections and tables that could not be made → why.
    """
    parts = Parts()
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
        sections=_sections(environment, report, _figures(index, figures), about, parts),
        style=_asset("page.css") + Markup(_DARK_FIGURES),
        scripts=[_asset("datatables.min.js"), _asset("page.js")],
    )
    with atomic_path(out) as path:
        path.write_text(content.translate(_TURN_TEXT), encoding="utf-8")
    return parts.failed


def _sections(
    environment: jinja2.Environment,
    report: Report,
    figures: list[dict[str, Any]],
    about: Mapping[str, Any],
    parts: Parts,
) -> list[Shown]:
    """The sections in the order in which the page shows them, without those that have nothing to show."""
    shown: list[Shown] = []

    def of_report(kind: str) -> list[dict[str, Any]]:
        return [entry for entry in figures if entry["study"] is None and entry["kind"] == kind]

    makers: dict[str, Callable[[], Section | None]] = {
        "in short": lambda: first_screen.section(report, of_report("headline")),
        "answers": lambda: answers.section(report, parts),
        "claims": lambda: claims.section(report),
        "published numbers": lambda: published.section(report, of_report("published")),
        "studies": lambda: studies.section(report, figures, parts),
        "overlap": lambda: overlap.section(report),
        "costs": lambda: costs.section(report),
        "reference": lambda: reference.section(report),
        "method": lambda: method.section([section.anchor for section in shown]),
        "provenance": lambda: provenance.section(about, _asset("datatables.LICENSE.txt")),
        "missing": lambda: missing.section(report),
    }
    for name, make in makers.items():
        section = parts.make(f"section {name}", partial(_shown, environment, make))
        if isinstance(section, Failed):
            anchor = f"failed-{name.replace(' ', '-')}"
            place = Markup('<section id="{}"><h2>{}</h2><p>{}</p></section>')
            section = Shown(anchor, name.capitalize(), place.format(anchor, name.capitalize(), section))
        if section is not None:
            shown.append(section)
    return shown


def _shown(environment: jinja2.Environment, make: Callable[[], Section | None]) -> Shown | None:
    section = make()
    if section is None:
        return None
    template = environment.get_template(f"sections/{section.template}")
    html = Markup(template.render(content=section.content))
    return Shown(section.anchor, section.title, html, section.parts)


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
