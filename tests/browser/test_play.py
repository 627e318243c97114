"""The page of models that answer questions, as a person meets it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from carryover.manage.ask import ask
from carryover.training.runs import Run

pytestmark = pytest.mark.browser

Open = Callable[..., Any]


def result(page: Any) -> str:
    return page.locator(".play-result").inner_text()


def row(page: Any, name: str) -> list[str]:
    """The cells of a row of the picture, from left to right."""
    line = page.locator(".play-picture tr", has=page.get_by_role("rowheader", name=name, exact=True))
    return [cell.strip() for cell in line.locator("th + th, td").all_text_contents()]


def test_it_opens_from_disk_without_a_word(
    open_page: Open, page_of_adders: Path, page_of_readers: Path
) -> None:
    for path in (page_of_adders, page_of_readers):
        page = open_page(path)
        for button in page.locator("form button").all():
            button.click()
        for radio in page.get_by_role("radio").all():
            radio.check()
        assert page.said == [f"request: {path.as_uri()}"]


def test_a_sum_is_shown_position_by_position(
    open_page: Open, page_of_adders: Path, adders: dict[str, Run]
) -> None:
    page = open_page(page_of_adders)
    page.get_by_label("First number").fill("98765")
    page.get_by_label("Second number").fill("1 246")
    page.get_by_role("button", name="Add").click()
    assert row(page, "Position") == ["6", "5", "4", "3", "2", "1"]
    assert row(page, "In training") == ["–", "–", "0", "0–9", "0–9", "0–9"]
    assert row(page, "Carry") == ["1", "1", "1", "1", "1", ""]
    assert "".join(row(page, "First")) == "098765"
    assert "".join(row(page, "Second")) == "001246"
    assert "".join(row(page, "Correct sum")) == "100011"
    # What `carryover ask` answers is PyTorch's.
    answer = re.search(r"→ (\d+)", ask(adders["rnn"].folder, "98765+1246"))
    assert answer is not None
    cells = row(page, "Model")
    assert str(int("".join(re.findall(r"\d", "".join(cells))))) == answer[1]
    digits = zip(cells, "100011", strict=True)
    assert all(cell == digit or (cell.startswith("wrong: ") and cell.endswith("✗")) for cell, digit in digits)
    assert page.locator(".play-wrong").count() == sum(len(cell) > 1 for cell in cells)
    assert page.locator(".play-state canvas").count() == 6
    assert (
        page.locator(".play-state canvas")
        .first.get_attribute("aria-label")
        .startswith("State after position 6: 24 units")
    )


def test_typing_is_enough(open_page: Open, page_of_adders: Path) -> None:
    page = open_page(page_of_adders)
    page.get_by_label("First number").fill("2")
    page.get_by_label("Second number").fill("3")
    page.wait_for_function(
        "document.querySelector('.play-picture td:last-child').textContent.trim() === '0–9'"
    )
    page.wait_for_function("document.querySelectorAll('.play-picture thead th').length === 5")
    # The answer to the first number alone may come before that to both.
    correct = page.locator(".play-picture tr", has_text="Correct sum")
    correct.filter(has_text="5").wait_for()
    assert "".join(row(page, "Correct sum")) == "0005"


@pytest.mark.parametrize(
    ("first", "said"),
    [
        ("", "The first number is empty. Write a whole number from 0 on."),
        ("-5", "The first number may only have the digits 0 to 9."),
        ("1.5", "The first number may only have the digits 0 to 9."),
        ("1" * 10001, "The first number has 10001 digits. This page takes up to 10000."),
    ],
)
def test_a_bad_number_is_answered_in_one_line(
    open_page: Open, page_of_adders: Path, first: str, said: str
) -> None:
    page = open_page(page_of_adders)
    field = page.get_by_label("First number")
    field.fill(first)
    page.get_by_role("button", name="Add").click()
    assert result(page) == said
    assert field.get_attribute("aria-invalid") == "true"
    assert page.locator(".play-picture").evaluate("picture => picture.inert")
    field.fill("7")
    page.keyboard.press("Enter")
    assert field.get_attribute("aria-invalid") == "false"
    assert said not in result(page)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1+", "This is no expression. Write one such as 12+34-5"),
        ("07+1", "whole numbers without leading zeros"),
        ("12", "an operator between each two"),
        ("1*2", "This model has never seen *. In training it saw 0 1 2 3 4 5 6 7 8 9 + -."),
        ("", "The expression is empty."),
        ("1+" * 100 + "1", "The expression has 201 characters. This page takes up to 200."),
    ],
)
def test_a_bad_expression_is_answered_in_one_line(
    open_page: Open, page_of_readers: Path, text: str, said: str
) -> None:
    page = open_page(page_of_readers)
    page.get_by_label("Expression", exact=True).fill(text)
    page.get_by_role("button", name="Answer").click()
    assert said in result(page)
    assert "\n" not in result(page)


def test_models_are_chosen_with_the_keyboard_and_compared(open_page: Open, page_of_adders: Path) -> None:
    page = open_page(page_of_adders)
    verdicts = page.locator(".play-verdict")
    assert verdicts.count() == 3
    assert all(re.match(r"✓ correct|✗ \d+ wrong digits?$", text) for text in verdicts.all_inner_texts())
    page.get_by_role("radio").first.focus()
    for number in range(3):
        assert page.get_by_role("radio").nth(number).is_checked()
        text = verdicts.nth(number).inner_text()
        assert result(page).startswith("✓ Correct." if text.startswith("✓") else "✗ Wrong.")
        page.keyboard.press("ArrowDown")


def test_the_layer_can_be_chosen(open_page: Open, page_of_adders: Path) -> None:
    page = open_page(page_of_adders)
    drawn = "canvases => canvases.map(canvas => canvas.toDataURL())"
    last = page.eval_on_selector_all(".play-state canvas", drawn)
    page.get_by_label("Hidden state of layer").select_option("1 of 2")
    assert page.get_by_label("Hidden state of layer").input_value() == "0"
    first = page.eval_on_selector_all(".play-state canvas", drawn)
    assert len(first) == len(last)
    assert first != last


def test_a_unit_that_follows_the_carry_is_at_the_top(open_page: Open, page_of_adders: Path) -> None:
    page = open_page(page_of_adders)
    page.get_by_label("First number").fill("15" * 20)
    page.get_by_label("Second number").fill("15" * 20)
    page.get_by_role("button", name="Add").click()
    # Every other position hands a carry on. Orange is high, blue is low: red less blue, times opacity.
    tops = page.eval_on_selector_all(
        ".play-state canvas",
        """canvases => canvases.map(canvas => {
          const [red, , blue, opacity] = canvas.getContext("2d").getImageData(0, 1, 1, 1).data;
          return (red - blue) * opacity;
        })""",
    )
    with_carry, without = (np.mean(tops[start::2]) for start in (1, 0))
    assert with_carry > without


def test_long_numbers_are_shown_in_parts(open_page: Open, page_of_adders: Path) -> None:
    page = open_page(page_of_adders)
    for name in ("First number", "Second number"):
        page.get_by_label(name).fill("4" * 300)
    page.get_by_role("button", name="Add").click()
    wrong = re.search(r"position (\d+)", result(page))
    start = (int(wrong[1]) - 1) // 120 * 120 if wrong else 0
    assert row(page, "Position") == [str(place) for place in range(start + 120, start, -1)]
    while start > 0:
        page.get_by_role("button", name="Lower positions").click()
        start -= 120
    assert page.get_by_role("button", name="Lower positions").is_disabled()
    page.get_by_role("button", name="Higher positions").click()
    page.get_by_role("button", name="Higher positions").click()
    assert row(page, "Position") == [str(place) for place in range(300, 240, -1)]
    assert page.get_by_role("button", name="Higher positions").is_disabled()


def test_random_numbers_have_so_many_digits(open_page: Open, page_of_adders: Path) -> None:
    page = open_page(page_of_adders)
    page.get_by_role("button", name="Random numbers of 50 digits").click()
    for name in ("First number", "Second number"):
        assert re.fullmatch(r"[1-9]\d{49}", page.get_by_label(name).input_value())


def test_an_expression_is_shown_character_by_character(
    open_page: Open, page_of_readers: Path, readers: dict[tuple[str, str], Run]
) -> None:
    page = open_page(page_of_readers)
    field = page.get_by_label("Expression", exact=True)
    field.fill("30+30+30+30 =")
    page.keyboard.press("Enter")
    assert "".join(row(page, "Reads")) == "30+30+30+30"
    assert "The answer is 120. This model can only answer from -50 to 90." in result(page)
    so_far = row(page, "Answer so far")
    assert len(so_far) == 11
    assert f"The model says {so_far[-1]}." in result(page)
    field.fill("1+2−3")
    page.keyboard.press("Enter")
    assert row(page, "Reads") == ["pad", "pad", "pad", "1", "+", "2", "-", "3"]

    page.get_by_role("radio").nth(2).check()
    field.fill("(12+3)×4")
    page.keyboard.press("Enter")
    assert "".join(row(page, "Reads")) == "(12+3)*4="
    assert row(page, "Correct") == ["6", "0", "end"] + [""] * (len(row(page, "Correct")) - 3)
    answer = re.search(r"→ (\S*)", ask(readers["seq2seq", "gru"].folder, "(12+3)*4"))
    assert answer is not None
    written = [re.sub(r"wrong: |✗", "", cell) for cell in row(page, "Model")]
    assert "".join(sign for sign in written if sign not in ("end", "pad")) == answer[1]


# --- for everyone ---

VIEWS = [(390, "light"), (390, "dark"), (768, "light"), (1280, "light"), (1280, "dark")]


@pytest.mark.parametrize("which", ["adders", "readers"])
@pytest.mark.parametrize(("width", "scheme"), VIEWS)
def test_it_can_be_read_by_everyone(
    open_page: Open, page_of_adders: Path, page_of_readers: Path, which: str, width: int, scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = open_page({"adders": page_of_adders, "readers": page_of_readers}[which], width, scheme)
    page.get_by_role("button", name="100 digits" if which == "adders" else "One number more").click()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    faults = [
        f"{fault['id']} ({fault['impact']}): {fault['nodes'][0]['html'][:150]} and {len(fault['nodes']) - 1} more"
        for fault in found
        if fault["impact"] in ("serious", "critical")
    ]
    assert faults == []


def test_answers_are_read_out(open_page: Open, page_of_adders: Path) -> None:
    page = open_page(page_of_adders)
    status = page.get_by_role("status")
    assert status.count() == 1
    page.get_by_role("button", name="no carry").click()
    assert "444579" in status.inner_text()


def test_dark_is_dark(open_page: Open, page_of_adders: Path) -> None:
    colours = {
        scheme: open_page(page_of_adders, scheme=scheme).evaluate(
            "getComputedStyle(document.body).backgroundColor"
        )
        for scheme in ("light", "dark")
    }
    assert colours == {"light": "rgb(255, 255, 255)", "dark": "rgb(21, 24, 28)"}
