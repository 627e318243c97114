"""The pages of the made-up report in Chromium: the index, a page a study, and all of them in one file."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.report import synthetic

pytestmark = pytest.mark.browser

Open = Callable[..., Any]

STUDY = "studies/imdb-compound.html"
# One page of each kind; the single file has everything that the others have.
KINDS = ("index.html", "studies/three-number-transfer.html", synthetic.SINGLE)
UNFOLD = "for (const one of document.querySelectorAll('main details')) one.open = true"


def all_pages(made: Path) -> list[Path]:
    return [made / "index.html", made / synthetic.SINGLE, *sorted((made / "studies").glob("*.html"))]


def test_every_page_opens_from_disk_without_a_word(open_page: Open, made: Path) -> None:
    for path in all_pages(made):
        page = open_page(path)
        page.evaluate(UNFOLD)
        assert page.said == [f"request: {path.as_uri()}"]
        page.context.close()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("kind", KINDS)
def test_every_link_within_a_page_lands_in_sight(open_page: Open, made: Path, kind: str, width: int) -> None:
    page = open_page(made / kind, width)
    lost = page.evaluate(
        """async () => {
            const links = new Set([...document.querySelectorAll("main a[href^='#']")].map((a) => a.hash));
            const lost = [];
            for (const link of links) {
                const target = document.getElementById(decodeURIComponent(link.slice(1)));
                const arrived = new Promise((done) => {
                    addEventListener("hashchange", () => setTimeout(done), { once: true });
                });
                if (location.hash === link) continue;
                location.hash = link;
                await arrived;
                const box = target.getBoundingClientRect();
                if (!(box.bottom > 0 && box.top < innerHeight && box.height > 0)) lost.push(link);
            }
            return { lost, count: links.size };
        }"""
    )
    assert lost["lost"] == []
    assert lost["count"] >= (30 if kind == synthetic.SINGLE else 5 if kind == "index.html" else 0)


def test_links_lead_from_the_index_to_a_claim_and_back(open_page: Open, made: Path) -> None:
    page = open_page(made / "index.html")
    claim = page.locator("li[data-verdict=refuted]").first
    name = claim.get_attribute("id")
    page.locator(".claim-group", has=claim).locator("summary").first.click()
    claim.locator("summary").click()
    claim.get_by_role("link", name="All evidence").click()
    page.wait_for_url("**/studies/*.html#*")
    shown = page.locator("li:target")
    assert shown.locator(".sides").is_visible()  # unfolded
    assert "Committed reference" in shown.text_content()
    shown.locator("a.permalink").click()
    page.wait_for_url(f"**/index.html#{name}")
    assert page.locator(f"li[id='{name}'] details[open]").count() == 1
    page.locator("nav.contents a", has_text="Compound").click()
    page.wait_for_url(f"**/{STUDY}")
    assert page.locator("nav.contents a[aria-current=page]").inner_text() == page.locator("h1").inner_text()
    page.locator("a[rel=next]").click()
    page.wait_for_url(lambda url: "imdb-compound" not in url)
    page.locator("a[rel=prev]").click()
    page.wait_for_url(f"**/{STUDY}")


def rows(table: Any, place: int) -> list[str]:
    return table.locator(f"tbody tr:visible td:nth-child({place + 1})").all_inner_texts()


def test_tables_sort_by_number_and_by_text(open_page: Open, made: Path) -> None:
    page = open_page(made / STUDY)
    page.evaluate(UNFOLD)
    table = page.locator("#study-imdb-compound-settings table")
    heads = table.locator("thead th")
    titles = [title.split("\n")[0].strip() for title in heads.all_inner_texts()]
    place = titles.index("Parameters")

    def numbers() -> list[int]:
        return [int(text.replace(",", "")) for text in rows(table, place)]

    before = numbers()
    assert before != sorted(before)
    heads.nth(place).locator("button").click()
    assert numbers() == sorted(before)
    heads.nth(place).locator("button").focus()
    page.keyboard.press("Enter")
    assert numbers() == sorted(before, reverse=True)
    assert heads.nth(place).get_attribute("aria-sort") == "descending"
    heads.nth(0).locator("button").click()
    names = rows(table, 0)
    assert len(names) == 27
    assert names == sorted(names, key=lambda name: [int(number) for number in re.findall(r"\d+", name)])
    assert table.locator("[aria-sort]").count() == 1


def test_tables_filter(open_page: Open, made: Path) -> None:
    page = open_page(made / STUDY)
    page.evaluate(UNFOLD)
    box = page.locator("#study-imdb-compound-settings")
    assert box.locator("tbody tr:visible").count() == 27
    box.locator("input[type=search]").fill('"2 Layers, hidden size 300" 32')
    shown = rows(box, 0)
    assert shown == ["2 layers, hidden size 300, embedding size 32"]
    assert "1 of 27 rows" in box.inner_text()
    box.locator("input[type=search]").fill("")
    assert box.locator("tbody tr:visible").count() == 27


@pytest.mark.parametrize("kind", ["index.html", synthetic.SINGLE])
def test_claims_filter_by_verdict_report_and_evidence(open_page: Open, made: Path, kind: str) -> None:
    page = open_page(made / kind)
    claims = page.locator("#all-claims li:visible")
    assert claims.count() == 0  # studies are folded
    page.locator(".claim-group > summary").first.click()
    assert 0 < claims.count() == page.locator(".claim-group").first.locator("li").count()
    every = page.locator("#all-claims li").count()
    verdicts = [one.get_attribute("data-verdict") for one in page.locator("#all-claims li").all()]
    assert 0 < verdicts.count("refuted") < every
    page.locator("#top a[data-filter=refuted]").click()
    assert claims.count() == verdicts.count("refuted")
    assert f"{claims.count()} of {every} claims" in page.locator("#all-claims").inner_text()
    page.get_by_role("button", name="supported", exact=True).click()  # one more of the same kind
    assert claims.count() == verdicts.count("refuted") + verdicts.count("supported")
    report = page.locator("[data-by=report]").first
    report.click()
    shown = page.locator(".claim-group:visible")
    assert {one.get_attribute("data-report") for one in shown.all()} == {report.inner_text()}
    page.get_by_role("button", name="Show all").click()
    assert claims.count() == 0  # all studies again, folded
    assert page.locator(".claim-group:visible").count() == page.locator(".claim-group").count()
    # A link to a claim that is filtered away shows it.
    page.get_by_role("button", name="supported", exact=True).click()
    refuted = page.locator("#all-claims li[data-verdict=refuted]").first
    assert not refuted.is_visible()
    page.evaluate("id => { location.hash = id }", refuted.get_attribute("id"))
    refuted.wait_for(state="visible")


def test_a_number_tells_where_it_comes_from(open_page: Open, made: Path) -> None:
    page = open_page(made / "studies/adder-cells.html")
    number = page.locator(".answer [data-from^='s']").first
    number.hover()
    assert number.get_attribute("title").startswith("tables/s")


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_no_page_scrolls_sideways(open_page: Open, made: Path, width: int) -> None:
    for kind in KINDS:
        page = open_page(made / kind, width)
        page.evaluate(UNFOLD)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert page.evaluate("document.documentElement.scrollWidth") == width, (kind, scheme)
            # Nor does a table with sentences, which nobody could read that way.
            wider = (
                "boxes => boxes.filter(box => box.scrollWidth > box.clientWidth).map(box => box.ariaLabel)"
            )
            assert page.eval_on_selector_all(".scroll:has(> .stack)", wider) == [], (kind, scheme)
        page.context.close()


def test_dark_is_dark_and_figures_follow(open_page: Open, made: Path) -> None:
    def colours(scheme: str) -> tuple[str, str, str]:
        page = open_page(made / STUDY, scheme=scheme)
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        words = page.evaluate("getComputedStyle(document.body).color")
        figure = page.evaluate("getComputedStyle(document.querySelector('figure svg text')).fill")
        return ground, words, figure

    assert colours("light") == ("rgb(255, 255, 255)", "rgb(31, 35, 40)", "rgb(31, 35, 40)")
    assert colours("dark") == ("rgb(21, 24, 28)", "rgb(230, 232, 235)", "rgb(230, 232, 235)")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light")])
def test_axe_finds_no_serious_fault(open_page: Open, made: Path, width: int, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    for kind in KINDS[:2]:
        page = open_page(made / kind, width, scheme)
        page.evaluate(UNFOLD)
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        faults = [
            f"{fault['id']} ({fault['impact']}): {fault['nodes'][0]['html'][:150]} and {len(fault['nodes']) - 1} more"
            for fault in found
            if fault["impact"] in ("serious", "critical")
        ]
        assert faults == [], kind
        page.context.close()


def test_the_index_prints_without_what_is_folded(open_page: Open, made: Path) -> None:
    page = open_page(made / "index.html")
    page.emulate_media(media="print")
    assert not page.locator("nav.contents").is_visible()
    assert not page.locator(".filter-chips").is_visible()
    assert page.locator("#all-claims li").first.is_visible()
    assert page.locator("#all-claims li details > p:visible").count() == 0
    sheets = re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))
    assert 3 <= len(sheets) <= 20


def test_it_can_be_read_without_scripts(made: Path, chromium: Any) -> None:
    context = chromium.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto((made / "index.html").as_uri())
    assert page.locator("#all-claims li:visible").count() == 7
    assert not page.locator(".filter-chips").is_visible()
    page.goto((made / "studies/adder-cells.html").as_uri())
    assert page.locator("figure svg").first.is_visible()
    context.close()
