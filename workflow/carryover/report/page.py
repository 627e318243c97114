"""The pages of a report: an index and a page a study, or all of them in one file. No page loads anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from carryover.data.files import atomic_path
from carryover.report import style, svg, words
from carryover.report.links import INDEX, STUDIES, Links
from carryover.report.parts import Failed, Parts
from carryover.report.sections import (
    Section,
    anchor_of,
    answers,
    claims,
    costs,
    first_screen,
    glossary,
    method,
    missing,
    playground,
    provenance,
    published,
    reference,
    study,
)
from carryover.report.templating import asset, environment
from carryover.report.term_links import with_links
from carryover.report.view import Report, StudyResults

# They would turn the text after them round, up to the end of what they stand in; the page shows their code instead.
_TURN_TEXT = {number: f"\\u{number:04x}" for number in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
_DARK_FIGURES = f"@media screen and (prefers-color-scheme:dark){{{style.dark_rules('figure svg')}}}"

Shown = tuple[str, str, Markup]  # of a section: its anchor, its title, and itself as HTML


class Pages:
    """Makes the pages of a report. `parts.failed`: what could not be made → why."""

    def __init__(
        self,
        report: Report,
        index: Mapping[str, Mapping[str, Any]],
        figures: Path,
        about: Mapping[str, Any],
    ) -> None:
        """index: figures.json. figures: the folder with the SVG files. about: provenance.json."""
        self.report = report
        self.figures = _figures(index, figures)
        self.about = about
        self.parts = Parts()

    def write(self, folder: Path) -> None:
        """Write the index and a page a study below `folder`, each whole or not at all, the index last."""
        (folder / STUDIES).mkdir(parents=True, exist_ok=True)
        listed = self._contents(Links(folder))
        pages = {}
        for one in self.report.studies:
            links = Links(folder, one.name)
            pages[folder / STUDIES / f"{one.name}.html"] = one.title, links, [self._study(one, links)]
        pages[folder / INDEX] = "", Links(folder), listed
        for path, (title, links, sections) in pages.items():
            self._write(path, title, links, sections, listed)
        for path in (folder / STUDIES).glob("*.html"):
            if path not in pages:
                path.unlink()

    def write_single(self, out: Path) -> None:
        """Write everything as one file, which can travel alone."""
        links = Links(None)
        listed = self._contents(links)
        studies = [self._study(one, links) for one in self.report.studies]
        self._write(out, "", links, [*listed, *studies], listed)

    def _contents(self, links: Links) -> list[Shown]:
        """The sections of the index, in its order, without those that have nothing to show."""
        report = self.report

        def drawn(kind: str) -> list[dict[str, Any]]:
            return [one for one in self.figures if one["study"] is None and one["kind"] == kind]

        makers: dict[str, Callable[[], Section | None]] = {
            "in short": lambda: first_screen.section(report, drawn("headline")),
            "answers": lambda: answers.section(report, self.parts),
            "playground": lambda: playground.section(report),
            "claims": lambda: claims.section(report),
            "published numbers": lambda: published.section(report, drawn("published")),
            "costs": lambda: costs.section(report),
            "reference": lambda: reference.section(report),
            "method": lambda: method.section(),
            "terms": lambda: glossary.section(),
            "provenance": lambda: provenance.section(self.about),
            "missing": lambda: missing.section(report),
        }
        shown = []
        for name, make in makers.items():
            anchor = f"failed-{name.replace(' ', '-')}"
            section = self._made(f"section {name}", make, links, anchor, name.capitalize())
            if section is not None:
                shown.append(section)
        return shown

    def _study(self, one: StudyResults, links: Links) -> Shown:
        make = partial(study.section, one, self.figures, self.parts)
        shown = self._made(f"study {one.name}", make, links, anchor_of(one.name), one.title)
        assert shown is not None
        return shown

    def _made(
        self, what: str, make: Callable[[], Section | None], links: Links, anchor: str, title: str
    ) -> Shown | None:
        """A section, or in its place that it could not be made; None where it has nothing to show."""

        def shown() -> Shown | None:
            section = make()
            if section is None:
                return None
            template = _environment().get_template(f"sections/{section.template}")
            html = template.render(content=section.content, links=links)
            return section.anchor, section.title, Markup(html)

        section = self.parts.make(what, shown)
        if isinstance(section, Failed):
            place = Markup('<section id="{}"><h2>{}</h2><p>{}</p></section>')
            return anchor, title, place.format(anchor, title, section)
        return section

    def _write(
        self, out: Path, title: str, links: Links, sections: Iterable[Shown], contents: Iterable[Shown]
    ) -> None:
        content = (
            _environment()
            .get_template("page.html")
            .render(
                title=": ".join(filter(None, ("Carryover", self.report.plan.name, title))),
                links=links,
                contents=[(anchor, title) for anchor, title, _ in contents],
                groups=_by_report(self.report.studies),
                sections=with_links(
                    "\n".join(html for _, _, html in sections),
                    glossary.TERMS,
                    lambda name: links.index(glossary.anchor_of_term(name)),
                ),
                style=asset("page.css") + Markup(_DARK_FIGURES),
                script=asset("page.js") + asset("figures.js"),
            )
        )
        with atomic_path(out) as path:
            path.write_text(content.translate(_TURN_TEXT), encoding="utf-8")


def _by_report(studies: Sequence[StudyResults]) -> list[tuple[str, list[StudyResults]]]:
    """The studies of each report, in their order; those of no report last."""
    groups: dict[str, list[StudyResults]] = {}
    for one in sorted(studies, key=lambda one: not one.planned.report):
        groups.setdefault(one.planned.report or claims.OUR_OWN, []).append(one)
    return list(groups.items())


def _figures(index: Mapping[str, Mapping[str, Any]], folder: Path) -> list[dict[str, Any]]:
    """The entries of the index that have a file, each with its name and its SVG, and those that were not drawn."""
    figures = []
    for name, entry in index.items():
        path = folder / f"{name}.svg"
        if "failed" in entry or "nothing" in entry:
            figures.append({**entry, "name": name})
        elif path.is_file():
            content = Markup(svg.inline(path.read_text(encoding="utf-8")))
            figures.append({**entry, "name": name, "svg": content})
    return figures


@cache
def _environment() -> jinja2.Environment:
    made = environment()
    made.globals["words"] = words
    return made
