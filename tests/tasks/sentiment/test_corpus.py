"""Datasets of reviews as they are stored."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from carryover.data import parquet
from carryover.data.files import read_json
from carryover.errors import UserError
from carryover.tasks.generate import generate
from carryover.tasks.sentiment import corpus as of_corpus
from carryover.tasks.sentiment import words as of_words
from carryover.tasks.sentiment.encoding import encode
from carryover.tasks.sentiment.settings import SentimentDataset
from carryover.tasks.sentiment.sources import with_file_digest
from carryover.tasks.sentiment.splitting import split_reviews
from tests.tasks.sentiment import small_reviews
from tests.tasks.sentiment.datasets import (
    ROWS,
    SPLIT_OF_20,
    made,
    read,
    report_tokens,
    report_vocabulary,
    reviews,
    run_of,
    split_rows,
)


def test_a_dataset_is_what_the_reports_code_makes(tmp_path: Path):
    rows = small_reviews.rows(20, seed=3)
    _, folder = made(tmp_path, rows, rows={"train": 14, "validation": 2, "test": 4})
    splits = split_rows(folder)
    for split, places in zip(("train", "validation", "test"), SPLIT_OF_20[42], strict=True):
        assert [(row["review"], row["label"]) for row in splits[split]] == [rows[place] for place in places]
        assert [row["index"] for row in splits[split]] == list(range(len(places)))
    stop = set(of_words.STOP_WORDS_FILE.read_text().splitlines())
    vocabulary = report_vocabulary([rows[place][0] for place in SPLIT_OF_20[42][0]], stop, 2)
    assert read_json(folder / "dataset.json")["vocabulary"] == list(vocabulary)
    assert "" in vocabulary
    for split in splits.values():
        for row in split:
            assert row["tokens"] == report_tokens(vocabulary, row["review"], 20)


def test_fewer_reviews_than_the_splits_need(tmp_path: Path):
    path = small_reviews.write(tmp_path / "r.csv", small_reviews.text(ROWS))
    with pytest.raises(
        UserError, match=r"has 40 reviews, the splits need 50,000; set rows, such as {train: 28, .*4, .*8}"
    ):
        generate(read(path, rows={"train": 35_000, "validation": 5_000, "test": 10_000}), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_training_split_of_one_label(tmp_path: Path):
    def one_label(seed: int) -> bool:
        rows = split_reviews(reviews(40, [1] * 39 + [0]), read(seed=seed))
        return 39 not in rows["train"]

    seed = next(seed for seed in range(50) if one_label(seed))
    with pytest.raises(UserError, match="all 28 training reviews are 'positive'"):
        made(
            tmp_path,
            [(f"good {number}", "positive") for number in range(39)] + [("bad", "negative")],
            seed=seed,
        )
    assert not (tmp_path / "set").exists()


def test_any_mistake_leaves_no_folder(tmp_path: Path):
    with pytest.raises(UserError, match="row 41"):
        made(tmp_path, [*ROWS, ("", "positive")])
    assert not (tmp_path / "set").exists()


def test_the_same_settings_make_the_same_dataset_and_seeds_differ(tmp_path: Path):
    digests = {}
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        _, folder = made(tmp_path, ROWS, name, seed=seed)
        of_corpus.read_corpus.cache_clear()
        digests[name] = [
            read_json(folder / "dataset.json")[part] for part in ("digest", "vocabulary", "digests")
        ]
    assert digests["a"] == digests["b"]
    assert digests["a"][0] != digests["c"][0]


def test_stored_splits(tmp_path: Path):
    dataset, folder = made(tmp_path)
    about = read_json(folder / "dataset.json")
    assert about["rows"] == dataset.split_rows() == {"train": 28, "validation": 4, "test": 8}
    for split, count in about["rows"].items():
        path = folder / f"{split}.parquet"
        assert parquet.row_count(path) == count
        assert parquet.content_digest(path) == parquet.digest(path) == about["digests"][split]
        assert parquet.read_split(path).schema.names == ["index", "review", "label", "tokens"]


def test_empty_splits_are_files_too(tmp_path: Path):
    dataset, folder = made(tmp_path, rows={"test": 10})
    assert parquet.row_count(folder / "train.parquet") == 0
    assert read_json(folder / "dataset.json")["vocabulary"] == ["<pad>", "<unk>"]
    encoded = encode(parquet.read_split(folder / "train.parquet"), run_of(dataset), folder)
    assert encoded.inputs.shape == (0, 1, 1)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> tuple[SentimentDataset, Path]:
    source = os.environ.get("CARRYOVER_IMDB")
    if not source:
        pytest.skip("CARRYOVER_IMDB does not name the 50,000 reviews as a CSV file")
    folder = tmp_path_factory.mktemp("real")
    dataset = SentimentDataset.read({"task": "sentiment", "source": {"kind": "file", "path": source}})
    dataset = with_file_digest(dataset)
    generate(dataset, folder)
    return dataset, folder


def test_real_reviews_split_and_vocabulary(real: tuple[SentimentDataset, Path]):
    _, folder = real
    assert read_json(folder / "dataset.json")["rows"] == {
        "train": 35_000,
        "validation": 5_000,
        "test": 10_000,
    }
    words = read_json(folder / "dataset.json")["vocabulary"]
    assert 37_700 <= len(words) <= 38_400
    assert len(set(words)) == len(words)
    labels = [
        label
        for split in ("train", "validation", "test")
        for label in parquet.read_split(folder / f"{split}.parquet", ["label"])["label"].to_pylist()
    ]
    assert Counter(labels) == {"positive": 25_000, "negative": 25_000}


def test_real_tokens_are_the_reports(real: tuple[SentimentDataset, Path]):
    dataset, folder = real
    words = {word: number for number, word in enumerate(read_json(folder / "dataset.json")["vocabulary"])}
    table = parquet.read_split(folder / "validation.parquet")
    tokens = table["tokens"].to_pylist()
    assert tokens[::50] == [report_tokens(words, review, 256) for review in table["review"].to_pylist()[::50]]
    unknown = sum(token == 1 for row in tokens for token in row) / sum(map(len, tokens))
    assert 0.45 < unknown < 0.50
    encoded = encode(table, run_of(dataset), folder)
    assert encoded.inputs.shape == (5_000, 256, 1)
    assert encoded.inputs.dtype == np.uint16
    assert max(map(len, tokens)) == 256


def test_real_duplicates_stay_together_where_asked(real: tuple[SentimentDataset, Path]):
    dataset, folder = real
    stored = {split: set(parquet.read_split(folder / f"{split}.parquet", ["review"])["review"].to_pylist())
              for split in ("train", "test")}  # fmt: skip
    assert 20 < len(stored["train"] & stored["test"]) < 200
    corpus = of_corpus.read_corpus(dataset, Path("data"))
    assert len(corpus.reviews.texts) - len(set(corpus.reviews.texts)) == 418
    apart = split_reviews(corpus.reviews, dataset.model_copy(update={"disjoint": True}))
    texts = [{corpus.reviews.texts[row] for row in rows} for rows in apart.values()]
    assert not texts[0] & texts[1] | texts[0] & texts[2] | texts[1] & texts[2]
    assert [len(rows) for rows in apart.values()] == [35_000, 5_000, 10_000]
