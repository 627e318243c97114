from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

Open = Callable[..., Any]


@pytest.fixture
def opened(chromium: Any, made: Path) -> Iterator[Open]:
    """Opens the report from disk: `opened(width=390, scheme="dark")` → page, its messages in `page.said`."""
    contexts = []

    def open_page(width: int = 1280, scheme: str = "light", **options: Any) -> Any:
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True, **options
        )
        context.set_default_timeout(240_000)  # only so that a hanging browser ends at all
        contexts.append(context)
        page = context.new_page()
        page.said = []
        page.on("console", lambda message: page.said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: page.said.append(f"error: {error}"))
        page.on("request", lambda request: page.said.append(f"request: {request.url}"))
        page.goto((made / "index.html").as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()


def test_it_opens_from_disk_without_a_word(opened: Open, made: Path) -> None:
    page = opened()
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    for table in page.locator("table.data").all():
        table.scroll_into_view_if_needed()
    assert page.said == [f"request: {(made / 'index.html').as_uri()}"]
    assert page.locator("table.dataTable").count() == page.locator("table.data").count()


@pytest.mark.parametrize("width", [1280, 390])
def test_every_link_lands_in_sight(opened: Open, width: int) -> None:
    page = opened(width)
    links = page.eval_on_selector_all(
        "a[href^='#']", "links => [...new Set(links.map(a => a.getAttribute('href')))]"
    )
    assert len(links) > 20
    for link in links:
        page.evaluate("link => { location.hash = ''; location.hash = link }", link)
        page.wait_for_function(
            """link => {
                const target = document.getElementById(decodeURIComponent(link.slice(1)));
                const box = target.getBoundingClientRect();
                return box.bottom > 0 && box.top < innerHeight && (box.height > 0 || target.tagName === "SPAN");
            }""",
            arg=link,
        )


def test_tables_sort_by_number_and_by_text(opened: Open) -> None:
    page = opened()
    table = page.locator("#study-imdb-compound-settings table")
    table.scroll_into_view_if_needed()
    heads = table.locator("thead th")
    titles = [title.split("\n")[0].strip() for title in heads.all_inner_texts()]
    place = titles.index("Parameters")
    cells = f"tbody td:nth-child({place + 1})"
    before = [int(text.replace(",", "")) for text in table.locator(cells).all_inner_texts()]
    assert before != sorted(before)
    heads.nth(place).click()
    page.wait_for_function("table => !!table.querySelector('.dt-ordering-asc')", arg=table.element_handle())
    assert [int(t.replace(",", "")) for t in table.locator(cells).all_inner_texts()] == sorted(before)
    heads.nth(place).click()
    page.wait_for_function("table => !!table.querySelector('.dt-ordering-desc')", arg=table.element_handle())
    assert [int(t.replace(",", "")) for t in table.locator(cells).all_inner_texts()] == sorted(
        before, reverse=True
    )
    assert heads.nth(place).get_attribute("aria-sort") == "descending"


def test_tables_can_be_sorted_with_the_keyboard(opened: Open) -> None:
    page = opened()
    table = page.locator("#study-imdb-compound-settings table")
    table.scroll_into_view_if_needed()
    order = table.locator("thead th").nth(0).locator(".dt-column-order, .dt-column-header").first
    focusable = table.locator("thead [tabindex='0']").first
    focusable.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("table => !!table.querySelector('.dt-ordering-asc')", arg=table.element_handle())
    assert order is not None


def test_tables_filter(opened: Open) -> None:
    page = opened()
    box = page.locator("#study-imdb-compound-settings")
    box.scroll_into_view_if_needed()
    assert box.locator("tbody tr").count() == 27
    box.locator("input[type=search]").fill('"layers 2, hidden 300"')
    page.wait_for_function("box => box.querySelectorAll('tbody tr').length === 3", arg=box.element_handle())
    assert "3 of 27 rows" in box.inner_text()
    box.locator("input[type=search]").fill("")
    page.wait_for_function("box => box.querySelectorAll('tbody tr').length === 27", arg=box.element_handle())


def test_a_count_of_verdicts_leads_to_its_rows(opened: Open) -> None:
    page = opened()
    page.locator("#top a[data-search='refuted']").click()
    page.wait_for_function("document.querySelectorAll('#claims tbody tr').length === 1")
    assert "The RNN reaches accuracy 1" in page.locator("#claims tbody").inner_text()


def test_a_number_tells_where_it_comes_from(opened: Open) -> None:
    page = opened()
    number = page.locator("#study-adder-cells-settings td [data-from^='summary']").first
    number.hover()
    assert number.get_attribute("title").startswith("tables/summary, row ")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_never_scrolls_the_page_sideways(opened: Open, scheme: str) -> None:
    page = opened(390, scheme)
    page.evaluate("for (const one of document.querySelectorAll('main details')) one.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    # Nor does a table with sentences, which nobody could read that way.
    wider = "boxes => boxes.filter(box => box.scrollWidth > box.clientWidth).length"
    assert page.locator(".stack").count() > 2
    assert page.eval_on_selector_all(".scroll:has(> .stack)", wider) == 0


def test_dark_is_dark_and_figures_follow(opened: Open) -> None:
    def colours(scheme: str) -> tuple[str, str, str]:
        page = opened(scheme=scheme)
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        words = page.evaluate("getComputedStyle(document.body).color")
        figure = page.evaluate("getComputedStyle(document.querySelector('figure svg text')).fill")
        return ground, words, figure

    assert colours("light") == ("rgb(255, 255, 255)", "rgb(31, 35, 40)", "rgb(31, 35, 40)")
    assert colours("dark") == ("rgb(21, 24, 28)", "rgb(230, 232, 235)", "rgb(230, 232, 235)")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light")])
def test_axe_finds_no_serious_fault(opened: Open, width: int, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = opened(width, scheme)
    page.evaluate("for (const one of document.querySelectorAll('main details')) one.open = true")
    for table in page.locator("table.data").all():
        table.scroll_into_view_if_needed()
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    faults = [
        f"{fault['id']} ({fault['impact']}): {fault['nodes'][0]['html'][:150]} and {len(fault['nodes']) - 1} more"
        for fault in found
        if fault["impact"] in ("serious", "critical")
    ]
    assert faults == []


def test_it_prints_everything(opened: Open) -> None:
    page = opened()
    before = page.locator("main details[open]").count()
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("main details:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("main details[open]").count() == before
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_it_can_be_read_without_scripts(opened: Open) -> None:
    page = opened(java_script_enabled=False)
    assert page.locator("#claims tbody tr").count() == 7
    assert page.locator("#study-adder-cells figure svg").first.is_visible()
