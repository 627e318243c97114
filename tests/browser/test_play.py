"""The networks of the page against PyTorch, and the page as a person meets it."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch

from carryover.manage.ask import ask
from carryover.report.play import export, play
from carryover.tasks import TASKS
from carryover.training.runs import Run
from tests.report import small_runs
from tests.report.small_runs import CHAINS, CLASSIFIERS, EXPRESSIONS, SEQ2SEQS, TAGGERS

pytestmark = pytest.mark.browser

QUESTIONS = 1000
LONGEST = 100

Open = Callable[..., Any]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="module")
def adders(results: Path) -> dict[str, Run]:
    """A trained adder of each cell."""
    return {cell: small_runs.trained(results, model) for cell, model in TAGGERS.items()}


@pytest.fixture(scope="module")
def readers(results: Path) -> dict[tuple[str, str], Run]:
    """A classifier and a seq2seq of each cell."""
    made = {("classifier", cell): (model, CHAINS) for cell, model in CLASSIFIERS.items()}
    made |= {("seq2seq", cell): (model, EXPRESSIONS) for cell, model in SEQ2SEQS.items()}
    return {name: small_runs.random(results, *settings) for name, settings in made.items()}


@pytest.fixture(scope="module")
def page_of_adders(adders: dict[str, Run], results: Path) -> Path:
    return play([run.folder for run in adders.values()], results / "adders.html")


@pytest.fixture(scope="module")
def page_of_readers(readers: dict[tuple[str, str], Run], results: Path) -> Path:
    runs = [readers["classifier", "rnn"], readers["classifier", "lstm"], readers["seq2seq", "gru"]]
    return play([run.folder for run in runs], results / "readers.html")


@pytest.fixture
def opened(chromium: Any) -> Iterator[Open]:
    """Opens a page from disk: `opened(path, width=390, scheme="dark")` → page, its messages in `page.said`."""
    contexts = []

    def open_page(path: Path, width: int = 1280, scheme: str = "light") -> Any:
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
        )
        context.set_default_timeout(240_000)  # only so that a hanging browser ends at all
        contexts.append(context)
        page = context.new_page()
        page.said = []
        page.on("console", lambda message: page.said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: page.said.append(f"error: {error}"))
        page.on("request", lambda request: page.said.append(f"request: {request.url}"))
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()


# --- the same answers as PyTorch ---


def sums(count: int) -> list[tuple[str, str]]:
    """Pairs of numbers of 1 to 100 digits, each digit often one that passes a carry on."""
    rng = random.Random(1)
    asked = []
    for number in range(count):
        digits = rng.randint(1, LONGEST)
        a = [rng.randint(0, 9) for _ in range(digits)]
        b = [9 - digit if number % 2 and rng.random() < 0.8 else rng.randint(0, 9) for digit in a]
        asked.append(tuple(str(int("".join(map(str, one)))) for one in (a, b)))
    return asked


def expressions(count: int, operators: str, parentheses: bool) -> list[str]:
    """Expressions of up to 100 characters."""
    rng = random.Random(2)
    asked: list[str] = []
    while len(asked) < count:
        numbers = [str(rng.randint(0, 99)) for _ in range(rng.randint(2, 30))]
        if parentheses and rng.random() < 0.5:
            start = rng.randrange(len(numbers) - 1)
            stop = rng.randrange(start + 1, len(numbers))
            numbers[start], numbers[stop] = f"({numbers[start]}", f"{numbers[stop]})"
        text = numbers[0] + "".join(rng.choice(operators) + number for number in numbers[1:])
        if len(text) <= LONGEST:
            asked.append(text)
    return asked


def by_torch(run: Run, tables: dict[int, tuple[list[int], pa.Table]]) -> dict[int, np.ndarray]:
    """PyTorch's logits (T, K) of each question; those of one width go through the model together."""
    task = TASKS[run.settings.dataset.task].data
    logits = {}
    for numbers, table in tables.values():
        encoded = task.encode(table, run.settings, run.dataset_folder)
        with torch.inference_mode():
            inputs, lengths = (
                torch.from_numpy(values.astype("int64")) for values in (encoded.inputs, encoded.lengths)
            )
            logits.update(zip(numbers, run.model(inputs, lengths, None).numpy(), strict=True))
    return logits


def grouped(
    widths: list[int], table: Callable[[list[int]], pa.Table]
) -> dict[int, tuple[list[int], pa.Table]]:
    groups = defaultdict(list)
    for number, width in enumerate(widths):
        groups[width].append(number)
    return {width: (numbers, table(numbers)) for width, numbers in groups.items()}


def in_browser(page: Any, run: Run, questions: list[Any], keys: list[str]) -> list[dict[str, Any]]:
    """What the page's own networks make of the questions; logits of every 20th, as they are many."""
    return page.evaluate(
        """([run, questions, keys]) => {
          const model = carryover.questions.load(run);
          return questions.map((question, number) => {
            const answer = model.ask(...[question].flat());
            const chosen = Object.fromEntries(keys.map((key) => [key, answer[key]]));
            chosen.predicted = answer.logits.map(carryover.networks.argmax);
            if (number % 20 === 0) chosen.logits = answer.logits.map((one) => Array.from(one));
            return chosen;
          });
        }""",
        [export(run), questions, keys],
    )


def same(answers: list[dict[str, Any]], logits: dict[int, np.ndarray]) -> None:
    """Symbol by symbol the same prediction, and logits as near as float32 comes."""
    for number, answer in enumerate(answers):
        assert answer["predicted"] == logits[number].argmax(-1).tolist(), f"question {number}"
        if "logits" in answer:
            np.testing.assert_allclose(answer["logits"], logits[number], rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_an_adder_answers_as_pytorch_does(
    opened: Open, page_of_adders: Path, adders: dict[str, Run], cell: str
) -> None:
    run, asked = adders[cell], sums(QUESTIONS)
    answers = in_browser(opened(page_of_adders), run, asked, ["answer", "correct", "wrong"])

    def table(numbers: list[int]) -> pa.Table:
        rows = [
            [number, a, b, str(int(a) + int(b))]
            for number, (a, b) in zip(numbers, map(asked.__getitem__, numbers), strict=True)
        ]
        columns = zip(*rows, strict=True)
        return pa.table(list(map(list, columns)), schema=TASKS["digit_sum"].data.columns())

    widths = [max(run.sizes.target_length, len(str(int(a) + int(b)))) for a, b in asked]
    logits = by_torch(run, grouped(widths, table))
    same(answers, logits)
    for number, ((a, b), answer) in enumerate(zip(asked, answers, strict=True)):
        predicted = "".join(map(str, logits[number].argmax(-1)[::-1]))
        assert answer["answer"] == str(int(predicted))
        assert answer["correct"] == str(int(a) + int(b))
        correct = answer["correct"].zfill(len(predicted))
        wrong = [
            place
            for place, pair in enumerate(zip(predicted[::-1], correct[::-1], strict=True))
            if pair[0] != pair[1]
        ]
        assert answer["wrong"] == wrong
    # A sample that is all correct or all wrong would show little.
    assert 20 < sum(not answer["wrong"] for answer in answers) < 980


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("kind", ["classifier", "seq2seq"])
def test_a_model_of_expressions_answers_as_pytorch_does(
    opened: Open, page_of_readers: Path, readers: dict[tuple[str, str], Run], kind: str, cell: str
) -> None:
    run, task = readers[kind, cell], TASKS["expression"].data
    asked = expressions(QUESTIONS, "+-" if kind == "classifier" else "+-*", kind == "seq2seq")
    answers = in_browser(opened(page_of_readers), run, asked, ["answer", "correct"])

    def table(numbers: list[int]) -> pa.Table:
        texts = [asked[number] for number in numbers]
        blank = [0] * len(texts), [""] * len(texts)
        return pa.table([numbers, texts, *blank], schema=task.columns())

    tables = grouped([len(text) for text in asked], table)
    logits = by_torch(run, tables)
    same(answers, logits)
    for numbers, rows in tables.values():
        predictions = np.stack([logits[number].argmax(-1) for number in numbers])
        shown = task.decode(predictions, rows, run.settings)
        assert [answers[number]["answer"] for number in numbers] == shown
    assert [answer["correct"] for answer in answers] == [str(eval(text)) for text in asked]
    assert len({answer["answer"] for answer in answers}) > 5


# --- the page ---


def result(page: Any) -> str:
    return page.locator(".play-result").inner_text()


def row(page: Any, name: str) -> list[str]:
    """The cells of a row of the picture, from left to right."""
    line = page.locator(".play-picture tr", has=page.get_by_role("rowheader", name=name, exact=True))
    return [cell.strip() for cell in line.locator("th + th, td").all_text_contents()]


def test_it_opens_from_disk_without_a_word(opened: Open, page_of_adders: Path, page_of_readers: Path) -> None:
    for path in (page_of_adders, page_of_readers):
        page = opened(path)
        for button in page.locator("form button").all():
            button.click()
        for radio in page.get_by_role("radio").all():
            radio.check()
        assert page.said == [f"request: {path.as_uri()}"]


def test_a_sum_is_shown_position_by_position(
    opened: Open, page_of_adders: Path, adders: dict[str, Run]
) -> None:
    page = opened(page_of_adders)
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


def test_typing_is_enough(opened: Open, page_of_adders: Path) -> None:
    page = opened(page_of_adders)
    page.get_by_label("First number").fill("2")
    page.get_by_label("Second number").fill("3")
    page.wait_for_function(
        "document.querySelector('.play-picture td:last-child').textContent.trim() === '0–9'"
    )
    page.wait_for_function("document.querySelectorAll('.play-picture thead th').length === 5")
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
    opened: Open, page_of_adders: Path, first: str, said: str
) -> None:
    page = opened(page_of_adders)
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
    opened: Open, page_of_readers: Path, text: str, said: str
) -> None:
    page = opened(page_of_readers)
    page.get_by_label("Expression", exact=True).fill(text)
    page.get_by_role("button", name="Answer").click()
    assert said in result(page)
    assert "\n" not in result(page)


def test_models_are_chosen_with_the_keyboard_and_compared(opened: Open, page_of_adders: Path) -> None:
    page = opened(page_of_adders)
    verdicts = page.locator(".play-verdict")
    assert verdicts.count() == 3
    assert all(re.match(r"✓ correct|✗ \d+ wrong digits?$", text) for text in verdicts.all_inner_texts())
    page.get_by_role("radio").first.focus()
    for number in range(3):
        assert page.get_by_role("radio").nth(number).is_checked()
        text = verdicts.nth(number).inner_text()
        assert result(page).startswith("✓ Correct." if text.startswith("✓") else "✗ Wrong.")
        page.keyboard.press("ArrowDown")


def test_the_layer_can_be_chosen(opened: Open, page_of_adders: Path) -> None:
    page = opened(page_of_adders)
    drawn = "canvases => canvases.map(canvas => canvas.toDataURL())"
    last = page.eval_on_selector_all(".play-state canvas", drawn)
    page.get_by_label("Hidden state of layer").select_option("1 of 2")
    assert page.get_by_label("Hidden state of layer").input_value() == "0"
    first = page.eval_on_selector_all(".play-state canvas", drawn)
    assert len(first) == len(last)
    assert first != last


def test_a_unit_that_follows_the_carry_is_at_the_top(opened: Open, page_of_adders: Path) -> None:
    page = opened(page_of_adders)
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


def test_long_numbers_are_shown_in_parts(opened: Open, page_of_adders: Path) -> None:
    page = opened(page_of_adders)
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


def test_random_numbers_have_so_many_digits(opened: Open, page_of_adders: Path) -> None:
    page = opened(page_of_adders)
    page.get_by_role("button", name="Random numbers of 50 digits").click()
    for name in ("First number", "Second number"):
        assert re.fullmatch(r"[1-9]\d{49}", page.get_by_label(name).input_value())


def test_an_expression_is_shown_character_by_character(
    opened: Open, page_of_readers: Path, readers: dict[tuple[str, str], Run]
) -> None:
    page = opened(page_of_readers)
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
    opened: Open, page_of_adders: Path, page_of_readers: Path, which: str, width: int, scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = opened({"adders": page_of_adders, "readers": page_of_readers}[which], width, scheme)
    page.get_by_role("button", name="100 digits" if which == "adders" else "One number more").click()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    faults = [
        f"{fault['id']} ({fault['impact']}): {fault['nodes'][0]['html'][:150]} and {len(fault['nodes']) - 1} more"
        for fault in found
        if fault["impact"] in ("serious", "critical")
    ]
    assert faults == []


def test_answers_are_read_out(opened: Open, page_of_adders: Path) -> None:
    page = opened(page_of_adders)
    status = page.get_by_role("status")
    assert status.count() == 1
    page.get_by_role("button", name="no carry").click()
    assert "444579" in status.inner_text()


def test_dark_is_dark(opened: Open, page_of_adders: Path) -> None:
    colours = {
        scheme: opened(page_of_adders, scheme=scheme).evaluate(
            "getComputedStyle(document.body).backgroundColor"
        )
        for scheme in ("light", "dark")
    }
    assert colours == {"light": "rgb(255, 255, 255)", "dark": "rgb(21, 24, 28)"}
