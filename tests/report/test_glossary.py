"""Each term has one line, and each use of a term on a page leads to it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from carryover.report.sections.glossary import TERMS, anchor_of_term
from carryover.report.term_links import FORMS, with_links

MEANINGS = dict.fromkeys(("seed", "token", "accuracy", "token accuracy", "run"), "A meaning.")


def linked(html: str) -> str:
    """The HTML with its links, each written as `[[text>address]]`."""
    made = str(with_links(html, MEANINGS, lambda name: f"#{name.replace(' ', '-')}"))
    return re.sub(r'<a class="term" href="#([\w-]+)" title="[^"]*">([^<]*)</a>', r"[[\2>\1]]", made)


def test_the_first_use_of_a_term_is_a_link() -> None:
    assert linked("<p>Two seeds, one seed</p>") == "<p>Two [[seeds>seed]], one seed</p>"
    assert linked("<p>Seeds</p>") == "<p>[[Seeds>seed]]</p>"
    assert linked("<p>seedling, reseeded</p>") == "<p>seedling, reseeded</p>"


def test_the_longer_term_is_not_taken_for_the_shorter() -> None:
    shown = linked("<p>token accuracy and token accuracy; accuracy</p>")
    assert shown == "<p>[[token accuracy>token-accuracy]] and token accuracy; [[accuracy>accuracy]]</p>"


@pytest.mark.parametrize(
    "closed",
    [
        "<h2>seed</h2>",
        "<h3>the <em>seed</em></h3>",
        "<th>seed</th>",
        '<a href="x"><b>seed</b></a>',
        "<code>seed</code>",
        "<summary>seed</summary>",
        "<button>seed</button>",
        "<script>if (a < b) { seed }</script>",
        "<style>seed</style>",
        "<svg><g><text>seed</text></g></svg>",
        '<p title="seed"></p>',
        "<!-- seed -->",
        "<pre>seed</pre>",
    ],
)
def test_no_link_stands_where_none_may(closed: str) -> None:
    assert linked(f"{closed}<p>seed</p>") == f"{closed}<p>[[seed>seed]]</p>"


def test_a_use_on_sight_goes_before_one_that_is_folded_away() -> None:
    assert linked("<details><p>seed</p></details>") == "<details><p>[[seed>seed]]</p></details>"
    folded = "<details><details><p>seed</p></details> seed</details>"
    assert linked(f"{folded}<p>seed</p>") == f"{folded}<p>[[seed>seed]]</p>"


def test_a_verb_is_no_term() -> None:
    assert linked("<p>run it; 5 runs</p>") == "<p>run it; 5 [[runs>run]]</p>"


def test_forms_are_those_of_terms() -> None:
    assert FORMS.keys() <= TERMS.keys()
    assert with_links("<p>Strata of tests</p>", TERMS, str).count("<a ") == 1


def test_a_term_leads_to_its_line_and_says_it_on_hover(made: Path) -> None:
    index = (made / "index.html").read_text(encoding="utf-8")
    page = (made / "studies/adder-cells.html").read_text(encoding="utf-8")
    for name in TERMS:
        assert index.count(f'<dt id="{anchor_of_term(name)}">') == 1
    assert (
        f'href="#{anchor_of_term("false discovery rate")}" title="{TERMS["false discovery rate"]}"' in index
    )
    assert f'href="../index.html#{anchor_of_term("setting")}" title="{TERMS["setting"]}"' in page
    for html in (index, page):
        links = re.findall(r'<a class="term" href="[^"]*#([^"]+)"', html)
        assert len(links) > 5
        assert len(links) == len(set(links))


@pytest.mark.parametrize("meaning", TERMS.values())
def test_a_meaning_is_short(meaning: str) -> None:
    assert meaning.endswith(".")
    assert len(meaning) < 130
