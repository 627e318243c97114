"""A section, table or answer that cannot be made leaves the rest of the page, and its place says why."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest

from carryover.errors import UserError
from carryover.report import figures, page, render
from carryover.report.parts import check
from carryover.report.sections import (
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
    settings,
    studies,
)
from carryover.report.view import Report
from tests.report.test_page import Page, copy, write

__all__ = ["copy"]  # a fixture


def fails(*_: object) -> NoReturn:
    raise KeyError("no <such> column")


PLACE = "Not available: the {} could not be made (KeyError: 'no <such> column')."
SECTIONS = {
    "in short": first_screen, "answers": answers, "claims": claims, "published numbers": published, "studies": studies,
    "overlap": overlap, "costs": costs, "reference": reference, "method": method, "provenance": provenance,
    "missing": missing,
}  # fmt: skip


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_that_fails_leaves_the_others(
    copy: Path, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = write(copy).texts
    monkeypatch.setattr(SECTIONS[name], "section", fails)
    failed = page.write(Report.read(copy), {}, copy / "figures", {}, copy / "index.html")
    assert failed == {f"section {name}": "KeyError: 'no <such> column'"}
    printed = capsys.readouterr().err
    assert printed.startswith(f"section {name}:\nTraceback")
    assert printed.count("Traceback") == 1
    after = Page((copy / "index.html").read_text(encoding="utf-8")).texts
    assert PLACE.format(f"section {name}") in after[f"failed-{name.replace(' ', '-')}"]
    same = [anchor for anchor in before if anchor in after and before[anchor] == after[anchor]]
    if name != "studies":
        assert {f"study-{study.name}" for study in Report.read(copy).studies} <= {*same}


def test_a_section_whose_template_fails_leaves_the_others(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = method.section([])
    monkeypatch.setattr(method, "section", lambda others: replace(written, content={}))
    failed = page.write(Report.read(copy), {}, copy / "figures", {}, copy / "index.html")
    assert list(failed) == ["section method"]
    assert failed["section method"].startswith("UndefinedError: ")
    assert "study-one-run" in Page((copy / "index.html").read_text(encoding="utf-8")).texts


def test_a_table_or_an_answer_that_fails_leaves_the_rest_of_its_study(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "make", lambda *_: {})  # they are drawn in other tests
    monkeypatch.setattr(settings, "of_study", fails)
    monkeypatch.setattr(studies, "answer", fails)
    render.render(copy)
    of_study = Page((copy / "index.html").read_text(encoding="utf-8")).texts["study-one-run"]
    for what in ("table settings", "answer"):
        assert PLACE.format(f"{what} of study one-run") in of_study
    assert "Settings, and how to run this study again" in of_study
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
