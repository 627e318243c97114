"""The networks of the page against PyTorch: 1,000 questions for each cell and kind of model, symbol by symbol."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch

from carryover.report.play import export
from carryover.tasks import TASKS
from carryover.training.runs import Run

pytestmark = pytest.mark.browser

QUESTIONS = 1000
LONGEST = 100

Open = Callable[..., Any]


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


def in_browser(
    page: Any, model: dict[str, Any], questions: list[Any], keys: list[str]
) -> list[dict[str, Any]]:
    """What the page's own networks make of the questions to a model; logits of every 20th, as they are many."""
    return page.evaluate(
        """([exported, questions, keys]) => {
          const model = carryover.questions.load(exported);
          return questions.map((question, number) => {
            const answer = model.ask(...[question].flat());
            const chosen = Object.fromEntries(keys.map((key) => [key, answer[key]]));
            chosen.predicted = answer.logits.map(carryover.networks.argmax);
            if (number % 20 === 0) chosen.logits = answer.logits.map((one) => Array.from(one));
            return chosen;
          });
        }""",
        [model, questions, keys],
    )


def same(answers: list[dict[str, Any]], logits: dict[int, np.ndarray]) -> None:
    """Symbol by symbol the same prediction, and logits as near as float32 comes."""
    for number, answer in enumerate(answers):
        assert answer["predicted"] == logits[number].argmax(-1).tolist(), f"question {number}"
        if "logits" in answer:
            np.testing.assert_allclose(answer["logits"], logits[number], rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_an_adder_answers_as_pytorch_does(
    open_page: Open, report_to_play: Path, adders: dict[str, Run], cell: str
) -> None:
    """On the first page of a report, with the weights that are in it."""
    run, asked = adders[cell], sums(QUESTIONS)
    page = open_page(report_to_play / "index.html")
    embedded = json.loads(page.locator("#playground [data-task=digit_sum] .play-data").text_content())
    (model,) = [one for one in embedded if one["run"] == run.folder.name]
    answers = in_browser(page, model, asked, ["answer", "correct", "wrong"])

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
    open_page: Open, page_of_readers: Path, readers: dict[tuple[str, str], Run], kind: str, cell: str
) -> None:
    run, task = readers[kind, cell], TASKS["expression"].data
    asked = expressions(QUESTIONS, "+-" if kind == "classifier" else "+-*", kind == "seq2seq")
    answers = in_browser(open_page(page_of_readers), export(run), asked, ["answer", "correct"])

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
