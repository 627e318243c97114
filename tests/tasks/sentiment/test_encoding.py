"""What a model reads of reviews."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from carryover.data import parquet
from carryover.data.files import read_json, write_json
from carryover.errors import UserError
from carryover.tasks.sentiment import data as sentiment
from carryover.training import batches
from tests.tasks.sentiment import small_reviews
from tests.tasks.sentiment.datasets import made, report_tokens, run_of


def test_encoded_reviews_are_padded_on_the_right(tmp_path: Path):
    dataset, folder = made(tmp_path)
    run = run_of(dataset)
    table = parquet.read_split(folder / "train.parquet")
    encoded = sentiment.encode(table, run, folder)
    words = read_json(folder / "dataset.json")["vocabulary"]
    longest = max(len(row["tokens"]) for row in table.to_pylist())
    assert encoded.inputs.shape == (28, longest, 1)
    assert encoded.inputs.dtype == np.uint8
    for number, row in enumerate(table.to_pylist()):
        length = len(row["tokens"])
        assert encoded.lengths[number] == length
        assert encoded.inputs[number, :length, 0].tolist() == row["tokens"]
        assert not encoded.inputs[number, length:].any()
        assert encoded.targets[number].tolist() == [["negative", "positive"].index(row["label"])]
    assert encoded.target_lengths.tolist() == [1] * 28
    sizes = sentiment.sizes(run, folder)
    assert (sizes.alphabet, sizes.channels, sizes.classes) == (len(words), 1, 2)
    assert (sizes.target_length, sizes.padding_index) == (1, 0)


def test_pieces_of_training_rows_become_one_width(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    dataset, folder = made(tmp_path)
    run, path = run_of(dataset), folder / "train.parquet"
    table = parquet.read_split(path)
    pieces = [table.slice(at, 1) for at in range(len(table))]  # every review a piece of its own length
    monkeypatch.setattr(batches, "iterate_split", lambda _: iter(pieces))
    whole = sentiment.encode(table, run, folder)
    joined = batches.read_encoded(run, folder, path, for_training=True)
    assert len({len(piece["tokens"][0]) for piece in pieces}) > 1
    for name in ("inputs", "lengths", "targets", "target_lengths"):
        assert (getattr(joined, name) == getattr(whole, name)).all()


def test_part_of_a_table_encodes_as_that_part(tmp_path: Path):
    dataset, folder = made(tmp_path)
    run = run_of(dataset)
    table = parquet.read_split(folder / "train.parquet")
    whole, part = (sentiment.encode(one, run, folder) for one in (table, table.slice(5, 9)))
    width = part.inputs.shape[1]
    assert (whole.inputs[5:14, :width] == part.inputs).all()
    assert (whole.lengths[5:14] == part.lengths).all()


def test_reviews_of_another_dataset_are_read_with_the_runs_own_vocabulary(tmp_path: Path):
    dataset, folder = made(tmp_path, name="own")
    _, other_folder = made(tmp_path, small_reviews.rows(40, seed=9), "other", rows={"test": 30}, max_tokens=5)
    run = run_of(dataset)
    table = parquet.read_split(other_folder / "test.parquet")
    encoded = sentiment.encode(table, run, folder)
    words = {word: number for number, word in enumerate(read_json(folder / "dataset.json")["vocabulary"])}
    for number, review in enumerate(table["review"].to_pylist()):
        tokens = report_tokens(words, review, 20)
        assert encoded.inputs[number, : encoded.lengths[number], 0].tolist() == tokens
    assert encoded.inputs.max() > 1
    assert encoded.lengths.max() > 5


def test_labels_that_the_run_has_no_class_for_are_outside(tmp_path: Path):
    dataset, folder = made(tmp_path, name="own")
    rows = [("fine", "good"), ("bad", "negative"), ("fine", "positive"), ("bad", "awful")]
    labels = ["awful", "good", "negative", "positive"]
    _, other = made(tmp_path, rows, "other", rows={"test": 4}, labels=labels)
    table = parquet.read_split(other / "test.parquet")
    found = dict(
        zip(
            table["label"].to_pylist(),
            sentiment.encode(table, run_of(dataset), folder).targets[:, 0],
            strict=True,
        )
    )
    assert found == {"awful": -1, "good": -1, "negative": 0, "positive": 1}


def test_large_vocabularies_take_wider_integers(tmp_path: Path):
    dataset, folder = made(tmp_path)
    run, table = run_of(dataset), parquet.read_split(folder / "test.parquet")
    about = read_json(folder / "dataset.json")
    words = about["vocabulary"]
    for size, kind in ((256, np.uint8), (257, np.uint16), (65_536, np.uint16), (65_537, np.uint32)):
        more = [*words, *(f"word{number}" for number in range(size - len(words)))]
        write_json(folder / "dataset.json", about | {"vocabulary": more})
        assert sentiment.encode(table, run, folder).inputs.dtype == kind


def test_missing_or_damaged_vocabulary(tmp_path: Path):
    dataset, folder = made(tmp_path)
    about = read_json(folder / "dataset.json")
    for words, fault in (
        (["a", "b"], "holds no vocabulary"),
        (None, "holds no vocabulary"),
        (["<pad>", []], "damaged"),
    ):
        write_json(folder / "dataset.json", about | {"vocabulary": words})
        with pytest.raises(UserError, match=rf"dataset\.json: {fault}.* the job generate makes it"):
            sentiment.sizes(run_of(dataset), folder)
    (folder / "dataset.json").unlink()
    with pytest.raises(UserError, match="no such file"):
        sentiment.sizes(run_of(dataset), folder)


def test_questions_and_answers_of_a_table(tmp_path: Path):
    _, folder = made(tmp_path)
    table = parquet.read_split(folder / "test.parquet")
    expected = [(row["review"], row["label"]) for row in table.to_pylist()]
    assert list(zip(sentiment.question(table), sentiment.answer(table), strict=True)) == expected
