"""A section, table or answer that cannot be made leaves the rest of the page, and its place says why."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pytest

from carryover.errors import UserError
from carryover.report import figures, render
from carryover.report.page import Pages
from carryover.report.parts import check
from carryover.report.sections import (
    Section,
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
    settings,
    study,
)
from carryover.report.view import Report, StudyResults
from tests.report import synthetic
from tests.report.test_page import read

STUDIES = ("adder-cells", "one-run", "not-there")


def fails(*_: object) -> NoReturn:
    raise KeyError("no <such> column")


PLACE = "Not available: the {} could not be made (KeyError: 'no <such> column')."
SECTIONS = {
    "in short": first_screen, "answers": answers, "claims": claims, "published numbers": published,
    "playground": playground, "costs": costs, "reference": reference, "method": method, "terms": glossary,
    "provenance": provenance, "missing": missing,
}  # fmt: skip


def rewritten(folder: Path) -> dict[str, str]:
    """Writes the pages anew, without figures. Returns what could not be made."""
    pages = Pages(Report.read(folder), {}, folder / "figures", {})
    pages.write(folder)
    return pages.parts.failed


def some_studies(made: Path, folder: Path) -> Path:
    """The made-up report with few studies, whose pages are soon made."""
    shutil.copytree(made / "tables", folder / "tables")
    shutil.copy(made / "plan.json", folder)
    synthetic.keep_studies(folder, STUDIES)
    return folder


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    return some_studies(made, tmp_path / "report")


@pytest.fixture(scope="module")
def index(made: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The texts of the index where nothing fails."""
    folder = some_studies(made, tmp_path_factory.mktemp("parts") / "report")
    assert rewritten(folder) == {}
    return read(folder / "index.html").texts


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_that_fails_leaves_the_others(
    copy: Path,
    index: dict[str, str],
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(SECTIONS[name], "section", fails)
    assert rewritten(copy) == {f"section {name}": "KeyError: 'no <such> column'"}
    printed = capsys.readouterr().err
    assert printed.startswith(f"section {name}:\nTraceback")
    assert printed.count("Traceback") == 1
    after = read(copy / "index.html").texts
    assert PLACE.format(f"section {name}") in after[f"failed-{name.replace(' ', '-')}"]
    anchors = {"top", "answers", "all-claims", "all-published", "costs", "method", "provenance", "missing"}
    same = {anchor for anchor in anchors if index.get(anchor) == after.get(anchor)}
    assert len(anchors - same) <= 1


def test_a_study_that_fails_leaves_the_others(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = study.section

    def section(one: StudyResults, *others: Any) -> Section:
        return fails() if one.name == "one-run" else made(one, *others)

    monkeypatch.setattr(study, "section", section)
    assert rewritten(copy) == {"study one-run": "KeyError: 'no <such> column'"}
    assert PLACE.format("study one-run") in read(copy / "studies/one-run.html").texts["study-one-run"]
    assert "Question" in read(copy / "studies/adder-cells.html").texts["study-adder-cells"]
    assert read(copy / "index.html").texts["answers"]


def test_a_report_that_stops_leaves_whole_pages(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rewritten(copy)
    before = {path: path.read_bytes() for path in copy.rglob("*.html")}
    written = []

    def half(path: Path, text: str, **_: Any) -> None:
        written.append(path)
        path.write_bytes(text.encode()[: len(text) // 2 if len(written) == 3 else None])
        if len(written) == 3:
            raise OSError("no space left")

    monkeypatch.setattr(Path, "write_text", half)
    with pytest.raises(OSError, match="no space left"):
        rewritten(copy)
    assert {path: path.read_bytes() for path in copy.rglob("*.html")} == before
    assert not list(copy.rglob("*.partial"))


def test_a_section_whose_template_fails_leaves_the_others(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = method.section()
    monkeypatch.setattr(method, "section", lambda: replace(written, content={}))
    failed = rewritten(copy)
    assert list(failed) == ["section method"]
    assert failed["section method"].startswith("UndefinedError: ")
    assert read(copy / "index.html").texts["answers"]


def test_a_study_that_the_report_no_longer_has_loses_its_page(copy: Path) -> None:
    rewritten(copy)
    old = copy / "studies/old.html"
    old.write_text("of an earlier report")
    rewritten(copy)
    assert not old.exists()
    assert (copy / "studies/one-run.html").is_file()


def test_a_table_or_an_answer_that_fails_leaves_the_rest_of_its_study(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "make", lambda *_: {})  # they are drawn in other tests
    monkeypatch.setattr(settings, "of_study", fails)
    monkeypatch.setattr(study, "answer", fails)
    render.render(copy)
    of_study = read(copy / "studies/one-run.html").texts["study-one-run"]
    for what in ("table settings", "answer"):
        assert PLACE.format(f"{what} of study one-run") in of_study
    assert "How to run this study again" in of_study
    count = 2 * len(Report.read(copy).studies)
    with pytest.raises(
        UserError, match=f"{count} parts could not be made.*answer of study adder-cells"
    ) as caught:
        check(copy, "in a.log")
    assert str(caught.value).endswith("; the tracebacks are in a.log")
    assert "\n" not in str(caught.value)
    monkeypatch.undo()
    monkeypatch.setattr(figures, "make", lambda *_: {})
    render.render(copy)
    check(copy, "in a.log")
