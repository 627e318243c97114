"""Words and tokens, against the report's own steps written out plainly."""

from __future__ import annotations

from pathlib import Path

from carryover.data.files import read_json
from carryover.tasks.sentiment import words as of_words
from tests.tasks.sentiment.datasets import made, read, report_words, split_rows


def test_stop_words_are_unknown_dropped_or_kept(tmp_path: Path):
    train = [("The story, the story and the END of it", "positive"), ("the the story end", "negative")]
    rows = {"train": 2}
    tokens = {}
    for choice in ("unknown", "dropped", "kept"):
        _, folder = made(tmp_path, train, choice, rows=rows, stop_words=choice)
        words = read_json(folder / "dataset.json")["vocabulary"]
        row = next(row for row in split_rows(folder)["train"] if row["label"] == "positive")
        tokens[choice] = [words[token] for token in row["tokens"]]
    assert tokens["unknown"] == [
        "<unk>",
        "story",
        "<unk>",
        "story",
        "<unk>",
        "<unk>",
        "end",
        "<unk>",
        "<unk>",
    ]
    assert tokens["dropped"] == ["story", "story", "end"]
    assert tokens["kept"] == ["the", "story", "the", "story", "<unk>", "the", "end", "<unk>", "<unk>"]


def test_a_review_of_stop_words_alone_is_one_unknown_word():
    assert of_words.tokenizer(["<pad>", "<unk>"], read(stop_words="dropped"))("It was the") == [1]


def test_limit_counts_what_the_model_reads():
    words = ["<pad>", "<unk>", "film"]
    assert of_words.tokenizer(words, read(max_tokens=3))("the film the film film") == [1, 2, 1]
    assert of_words.tokenizer(words, read(max_tokens=3, stop_words="dropped"))("the film the film film") == [
        2,
        2,
        2,
    ]


def test_lower_casing_and_pattern_are_settings():
    texts = ["Great! great?"] * 2
    assert of_words.vocabulary(iter(texts), read())[2:] == ("great",)
    assert of_words.vocabulary(iter(texts), read(lowercase=False))[2:] == ("Great", "great")
    assert of_words.vocabulary(iter(texts), read(remove=r"[?]"))[2:] == ("great!", "great")


def test_minimum_frequency_counts_training_words_of_any_spelling():
    texts = iter(["Good good, bad bad", "GOOD! fine"])
    assert of_words.vocabulary(texts, read(minimum_frequency=3))[2:] == ("good",)


def test_words_that_look_like_padding_are_unknown():
    dataset = read(remove="[.]")
    words = of_words.vocabulary(iter(["<pad> <unk> <pad> <unk> film film"]), dataset)
    assert words == ("<pad>", "<unk>", "film")
    assert of_words.tokenizer(words, dataset)("<pad> film <unk>") == [1, 2, 1]


def test_only_the_training_split_makes_the_vocabulary(tmp_path: Path):
    _, folder = made(tmp_path)
    splits = split_rows(folder)
    training = {word for row in splits["train"] for word in report_words(row["review"])}
    assert set(read_json(folder / "dataset.json")["vocabulary"][2:]) <= training
    held_out = [
        word
        for split in ("validation", "test")
        for row in splits[split]
        for word in report_words(row["review"])
    ]
    assert set(held_out) - training


def test_the_stop_list_is_the_usual_one():
    words = of_words.stop_words()
    assert len(words) == 179
    assert {"i", "the", "not", "you've", "ain", "wouldn't", "yourselves"} <= words
    assert not {"", "film", "good", "dont"} & words
