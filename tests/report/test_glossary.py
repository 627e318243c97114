"""Each term has one line, and each use of a term on a page leads to it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from carryover.report.sections.glossary import TERMS, anchor_of_term

TEMPLATES = Path(__file__).parents[2] / "workflow/carryover/report/templates"


def test_terms_that_templates_explain_are_known() -> None:
    used = [
        name
        for path in TEMPLATES.rglob("*.html")
        for name in re.findall(r"show\.term\('([^']+)'", path.read_text(encoding="utf-8"))
    ]
    assert len(used) >= 5
    assert set(used) <= TERMS.keys()


def test_a_term_leads_to_its_line_and_says_it_on_hover(made: Path) -> None:
    index = (made / "index.html").read_text(encoding="utf-8")
    page = (made / "studies/adder-cells.html").read_text(encoding="utf-8")
    for name in TERMS:
        assert index.count(f'<dt id="{anchor_of_term(name)}">') == 1
    assert (
        f'href="#{anchor_of_term("false discovery rate")}" title="{TERMS["false discovery rate"]}"' in index
    )
    assert f'href="../index.html#{anchor_of_term("setting")}" title="{TERMS["setting"]}"' in page


@pytest.mark.parametrize("meaning", TERMS.values())
def test_a_meaning_is_short(meaning: str) -> None:
    assert meaning.endswith(".")
    assert len(meaning) < 130
