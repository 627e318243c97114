"""What a run becomes on its way to the page: data, words, and one file."""

from __future__ import annotations

import base64
import json
import re
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from carryover.errors import UserError
from carryover.planning.runs import read_run
from carryover.report import play, play_words
from carryover.tasks import TASKS
from carryover.training.runs import Run
from tests.report.small_runs import CHAINS, CLASSIFIERS, EXPRESSIONS, SEQ2SEQS, SUMS, TAGGERS, random

REPORTED = {"kind": "tagger", "embedding": 32, "hidden": 32, "layers": 2}  # as report adder-prml trains


def sums(digits: int) -> dict[str, Any]:
    return SUMS | {"distribution": {"kind": "uniform_digits", "digits": digits}}


@pytest.mark.parametrize(
    ("model", "dataset"),
    [(TAGGERS["gru"], SUMS), (CLASSIFIERS["lstm"], CHAINS), (SEQ2SEQS["gru"], EXPRESSIONS)],
)
def test_every_weight_is_there_as_it_was(
    tmp_path: Path, model: dict[str, Any], dataset: dict[str, Any]
) -> None:
    run = random(tmp_path, model, dataset)
    exported = json.loads(json.dumps(play.export(run)))
    data = base64.b64decode(exported["weights"]["data"])
    values = list(struct.unpack(f"<{len(data) // 4}f", data))
    for name, shape in exported["weights"]["shapes"]:
        expected = run.model.state_dict()[name]
        assert list(expected.shape) == shape
        assert [values.pop(0) for _ in range(expected.numel())] == expected.flatten().tolist()
    assert values == []
    assert exported["model"] == run.settings.model.complete()


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_the_adders_of_the_reports_fit(tmp_path: Path, cell: str) -> None:
    run = random(tmp_path, REPORTED | {"cell": cell}, SUMS)
    assert len(json.dumps(play.export(run))) < 200_000
    assert play.fits(run)


def test_a_large_model_does_not_fit_but_can_be_shown(tmp_path: Path) -> None:
    run = random(tmp_path, REPORTED | {"cell": "lstm", "hidden": 128}, SUMS)
    assert not play.fits(run)
    assert "Up to 3 digits" in play.fragment([run])


def test_how_an_adder_reads(tmp_path: Path) -> None:
    shorter = random(tmp_path / "a", TAGGERS["rnn"], SUMS)
    assert play.export(shorter)["codec"] == {"length": 4, "digits": 3}
    pairs = {"kind": "pairs_file", "path": "pairs.csv", "digest": "0" * 64, "longest_sum_digits": 7}
    own = random(tmp_path / "b", TAGGERS["rnn"], SUMS | {"distribution": pairs})
    assert play.export(own)["codec"] == {"length": 7, "digits": 7}


def test_how_expressions_are_read_and_answered(tmp_path: Path) -> None:
    codec = play.export(random(tmp_path / "a", SEQ2SEQS["rnn"], EXPRESSIONS))["codec"]
    assert codec["symbols"] == {character: 1 + place for place, character in enumerate("0123456789+-*()=")}
    assert codec["answers"] == ["", "", *"0123456789-"]
    assert (codec["padding"], codec["end"], codec["known"]) == (0, 1, "0123456789+-*()")
    assert codec["writes"] == len("117649") + 1  # 49*49*49
    codec = play.export(random(tmp_path / "b", CLASSIFIERS["rnn"], CHAINS))["codec"]
    assert codec["answers"] == [str(answer) for answer in range(-50, 91)]
    assert (codec["width"], codec["known"]) == (len("10+10+10"), "0123456789+-")


@pytest.mark.parametrize("dataset", [CHAINS, EXPRESSIONS])
def test_questions_to_try_can_be_asked(dataset: dict[str, Any]) -> None:
    model = CLASSIFIERS["rnn"] if dataset is CHAINS else SEQ2SEQS["rnn"]
    run = read_run({"dataset": dataset, "model": model, "training": {"steps": 1}})
    asked = play_words.questions(run.dataset)
    assert asked[0]["label"] == "As in training"
    assert asked[-1]["label"] == "One number more"
    for question in asked:
        table = TASKS["expression"].data.parse(question["text"], run)
        assert table["answer"].to_pylist() == [eval(question["text"])]
    counts = {question["label"]: len(re.findall(r"\d+", question["text"])) for question in asked}
    assert counts["One number more"] == counts["As in training"] + 1


def test_names_say_as_much_as_it_takes(tmp_path: Path) -> None:
    def run(name: str, digits: int, cell: str = "rnn", length: int | None = None, seed: int = 0) -> Run:
        made = random(tmp_path / name, REPORTED | {"cell": cell}, sums(digits))
        training = made.settings.training.model_copy(update={"length": length})
        settings = made.settings.model_copy(update={"training": training, "seed": seed})
        return replace(made, settings=settings, sizes=replace(made.sizes, target_length=length or digits + 1))

    two, five = run("a", 2), run("b", 5)
    assert play_words.labels([two, five]) == ["Up to 2 digits", "Up to 5 digits"]
    assert play_words.labels([two, run("c", 2, length=11)]) == [
        "Up to 2 digits",
        "Up to 2 digits, padded with zeros to 11 digits",
    ]
    assert play_words.labels([two, run("d", 2, cell="gru")]) == [
        "Up to 2 digits, RNN with 2 layers of 32 units",
        "Up to 2 digits, GRU with 2 layers of 32 units",
    ]
    assert play_words.labels([two, run("e", 2, seed=1)]) == [
        "Up to 2 digits, seed 0",
        "Up to 2 digits, seed 1",
    ]


@pytest.mark.parametrize(
    ("distribution", "said"),
    [
        ({"kind": "uniform_digits", "digits": 1}, "up to 1 digit,"),
        ({"kind": "uniform_integers", "high": 10**9}, "from 0 to 999,999,999,"),
        ({"kind": "uniform_integers", "high": "10^30"}, "up to 30 digits,"),
        ({"kind": "uniform_length", "longest": 8}, "1 to 8 digits, each length equally often,"),
    ],
)
def test_it_says_what_a_model_was_trained_on(tmp_path: Path, distribution: dict[str, Any], said: str) -> None:
    made = random(tmp_path, TAGGERS["lstm"], SUMS | {"distribution": distribution})
    run = replace(
        made,
        sizes=replace(made.sizes, target_length=40),
        info=made.info | {"status": "solved", "solved_at": 25},
    )
    assert play_words.trained(run) == (
        f"LSTM with 1 layer of 16 units, trained on 30 batches of 50 sums of numbers: {said} "
        "padded with zeros to 40 digits. From step 25 on it answered such questions correctly."
    )


def test_it_says_which_expressions(tmp_path: Path) -> None:
    run = random(tmp_path / "a", SEQ2SEQS["lstm"], EXPRESSIONS)
    assert play_words.trained(run) == (
        "LSTM encoder and decoder with 2 layers of 16 units, trained on 30 batches of 50 expressions: "
        "2 or 3 numbers from 0 to 49, with +, −, × and parentheses. It still makes mistakes on such questions."
    )
    run = random(tmp_path / "b", CLASSIFIERS["gru"], CHAINS)
    assert "3 numbers, all from 0 to 9 or all from 10 to 30, with + and −." in play_words.trained(run)


def test_a_page_is_one_file_that_fetches_nothing(tmp_path: Path) -> None:
    folders = [
        random(tmp_path, TAGGERS["rnn"], SUMS).folder,
        random(tmp_path, SEQ2SEQS["rnn"], EXPRESSIONS).folder,
    ]
    out = play.play(folders, tmp_path / "new" / "play.html")
    page = out.read_text(encoding="utf-8")
    assert not re.search(r"https?://|<link(?! rel=\"icon\" href=\"data:)|src=|@import|url\(", page)
    assert page.count("<section data-task=") == 2
    assert [path.name for path in out.parent.iterdir()] == ["play.html"]


def test_a_name_is_no_markup(tmp_path: Path) -> None:
    made = random(tmp_path, TAGGERS["rnn"], SUMS)
    run = replace(made, folder=made.folder.rename(tmp_path / "<!--<script>"))
    fragment = play.fragment([run])
    assert "<!--" not in fragment
    data = re.search(r'class="play-data">(.*?)</script>', fragment, re.DOTALL)
    assert data is not None
    assert json.loads(data[1])[0]["run"] == "<!--<script>"


def test_a_model_of_reviews_is_refused_in_one_line(tmp_path: Path) -> None:
    made = random(tmp_path, CLASSIFIERS["rnn"], CHAINS)
    settings = read_run(
        {"dataset": {"task": "sentiment"}, "model": CLASSIFIERS["rnn"], "training": {"steps": 1}}
    )
    run = replace(made, settings=settings)
    assert not play.fits(run)
    with pytest.raises(
        UserError, match="not a classifier of sentiment; ask this model with: carryover ask"
    ) as caught:
        play.fragment([run])
    assert "\n" not in str(caught.value)
