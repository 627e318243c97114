"""Trained models on the first page of a report, as a class meets them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from carryover.manage.ask import ask
from carryover.training.runs import Run
from tests.report import synthetic

pytestmark = pytest.mark.browser

Open = Callable[..., Any]


@pytest.mark.parametrize("name", ["index.html", synthetic.SINGLE])
def test_everything_can_be_clicked_without_a_word(open_page: Open, report_to_play: Path, name: str) -> None:
    page = open_page(report_to_play / name)
    for button in page.locator("#playground form button").all():
        button.click()
    for radio in page.locator("#playground").get_by_role("radio").all():
        radio.check()
    assert page.said == [f"request: {(report_to_play / name).as_uri()}"]
    ids = Counter(page.eval_on_selector_all("[id]", "elements => elements.map(one => one.id)"))
    assert [one for one, count in ids.items() if count > 1] == []


def test_a_sum_is_answered_with_the_keyboard_alone(
    open_page: Open, report_to_play: Path, adders: dict[str, Run]
) -> None:
    page = open_page(report_to_play / "index.html")
    page.locator("#playground").get_by_role("radio").first.focus()
    chosen = page.evaluate("document.activeElement.closest('.play-model').querySelector('label').textContent")
    run = next(run for cell, run in adders.items() if chosen.lower().find(cell) >= 0)
    page.keyboard.press("Tab")
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("987654321")
    page.keyboard.press("Tab")
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("99")
    page.keyboard.press("Enter")
    cells = page.locator("#playground .play-model-row td").all_text_contents()[:10]
    said = int("".join(re.findall(r"\d", "".join(cells))))
    assert f"→ {said}" in ask(run.folder, "987654321+99")  # which is PyTorch's answer
    assert page.locator("#playground .play-state canvas").count() > 0


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_it_can_be_read_by_everyone(open_page: Open, report_to_play: Path, width: int, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(report_to_play / "index.html", width, scheme)
    page.locator("#playground").get_by_role("button", name="100 digits").click()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    found = Axe().run(page, "#playground", options={"resultTypes": ["violations"]}).response["violations"]
    assert [fault["id"] for fault in found if fault["impact"] in ("moderate", "serious", "critical")] == []


def test_two_parts_of_one_page_leave_each_other_alone(
    open_page: Open, adders: dict[str, Run], tmp_path: Path
) -> None:
    from carryover.report.play import fragment

    runs = [adders["rnn"], adders["lstm"]]
    parts = "".join(f"<div class={name}>{fragment(runs, name)}</div>" for name in ("one", "two"))
    path = tmp_path / "two.html"
    path.write_text(f"<!doctype html><html lang=en><meta charset=utf-8><link rel=icon href='data:,'>{parts}")
    page = open_page(path)
    page.locator(".one").get_by_role("radio").last.check()
    assert page.locator(".two").get_by_role("radio").first.is_checked()
    page.locator(".one").get_by_label("First number").fill("5")
    page.locator(".one").get_by_role("button", name="Add", exact=True).click()
    assert (
        page.locator(".one .play-picture thead th").count()
        < page.locator(".two .play-picture thead th").count()
    )
    # A part that had started twice would answer one click twice.
    answers = page.evaluate(
        """async () => {
          let count = 0;
          const watch = new MutationObserver((changes) => { count += changes.length; });
          watch.observe(document.querySelector(".one .play-result"), { childList: true });
          document.querySelector(".one [data-random='2']").click();
          await new Promise((done) => setTimeout(done));
          return count;
        }"""
    )
    assert answers == 1
    ids = Counter(page.eval_on_selector_all("[id]", "elements => elements.map(one => one.id)"))
    assert max(ids.values()) == 1
    assert page.said == [f"request: {path.as_uri()}"]
