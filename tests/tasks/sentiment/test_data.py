"""Reviews as a task, against the report's own steps written out plainly, and scikit-learn's split."""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carryover.data import parquet
from carryover.data.files import read_json, write_json
from carryover.errors import UserError
from carryover.planning.runs import RunSettings
from carryover.planning.sources import with_sources
from carryover.tasks import TASKS
from carryover.tasks.generate import generate
from carryover.tasks.sentiment import data as sentiment
from carryover.tasks.sentiment.reviews import Reviews
from carryover.tasks.sentiment.settings import SentimentDataset
from carryover.tasks.sentiment.sources import with_file_digest
from carryover.training import batches
from tests.tasks.sentiment import small_reviews

ROWS = small_reviews.rows(40)

# What scikit-learn 1.9.1 gives for train_test_split(range(n), test_size=0.2, random_state=s), and for its training
# part again with test_size=0.125: training, validation, test.
SPLIT_OF_20 = {
    42: ([16, 14, 10, 12, 9, 19, 11, 6, 18, 2, 4, 7, 3, 13], [8, 5], [0, 17, 15, 1]),
    43: ([16, 7, 3, 12, 2, 11, 17, 10, 0, 1, 18, 8, 5, 15], [4, 13], [9, 6, 19, 14]),
}
# SHA-256 of the same for n = 50,000 and random state 42, as little-endian 64-bit integers.
SPLIT_OF_50000 = {
    "train": "b91bd8f7addec664e6edc1c6a7d6d0d0ba818864378cbadb0e3ad6de785402fa",
    "validation": "50f55dbca7b924a64b0619fc451e6246331524e3a713e248e9fe09f26371f4a8",
    "test": "a6ed10dd4c7cc388402e9b248028502ab327b3128f5e9e83a9f30bf35d2c581c",
}


def read(path: Path | str = "r.csv", **changes: Any) -> SentimentDataset:
    return SentimentDataset.read(small_reviews.settings(Path(path), **changes))


def run_of(dataset: SentimentDataset) -> RunSettings:
    return RunSettings.read(
        {
            "dataset": dataset.complete(),
            "model": {"kind": "classifier"},
            "training": {"epochs": 1, "batch": 4},
        }
    )


def made(
    folder: Path, corpus: list[small_reviews.Row] = ROWS, name: str = "set", **changes: Any
) -> tuple[SentimentDataset, Path]:
    """A dataset of these reviews, generated as the workflow does it."""
    path = small_reviews.write(folder / f"{name}.csv", small_reviews.text(corpus))
    dataset, missing = with_sources(read(path, **changes), Path(), folder / "data")
    assert missing is None
    generate(dataset, folder / name)
    assert isinstance(dataset, SentimentDataset)
    return dataset, folder / name


def split_rows(folder: Path) -> dict[str, list[dict[str, Any]]]:
    return {
        split: parquet.read_split(folder / f"{split}.parquet").to_pylist()
        for split in ("train", "validation", "test")
    }


# --- the report's steps, written out ---


def report_words(review: str) -> list[str]:
    return [re.sub(r"[^\w\s]", "", word.lower()) for word in review.split()]


def report_vocabulary(training: list[str], stop: set[str], minimum: int) -> dict[str, int]:
    words = [word for review in training for word in report_words(review)]
    counts = Counter(word for word in words if word not in stop)
    kept = [word for word, count in counts.items() if count >= minimum]
    return {"<pad>": 0, "<unk>": 1} | {word: number + 2 for number, word in enumerate(kept)}


def report_tokens(vocabulary: dict[str, int], review: str, limit: int) -> list[int]:
    return [vocabulary.get(word, 1) for word in report_words(review)][:limit]


def test_a_dataset_is_what_the_reports_code_makes(tmp_path: Path):
    rows = small_reviews.rows(20, seed=3)
    _, folder = made(tmp_path, rows, rows={"train": 14, "validation": 2, "test": 4})
    splits = split_rows(folder)
    for split, places in zip(("train", "validation", "test"), SPLIT_OF_20[42], strict=True):
        assert [(row["review"], row["label"]) for row in splits[split]] == [rows[place] for place in places]
        assert [row["index"] for row in splits[split]] == list(range(len(places)))
    stop = set((Path(sentiment.__file__).parent / "stopwords_en.txt").read_text().splitlines())
    vocabulary = report_vocabulary([rows[place][0] for place in SPLIT_OF_20[42][0]], stop, 2)
    assert read_json(folder / "dataset.json")["vocabulary"] == list(vocabulary)
    assert "" in vocabulary
    for split in splits.values():
        for row in split:
            assert row["tokens"] == report_tokens(vocabulary, row["review"], 20)


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
    assert sentiment.tokenizer(["<pad>", "<unk>"], read(stop_words="dropped"))("It was the") == [1]


def test_limit_counts_what_the_model_reads():
    words = ["<pad>", "<unk>", "film"]
    assert sentiment.tokenizer(words, read(max_tokens=3))("the film the film film") == [1, 2, 1]
    assert sentiment.tokenizer(words, read(max_tokens=3, stop_words="dropped"))("the film the film film") == [
        2,
        2,
        2,
    ]


def test_lower_casing_and_pattern_are_settings():
    texts = ["Great! great?"] * 2
    assert sentiment.vocabulary(iter(texts), read())[2:] == ("great",)
    assert sentiment.vocabulary(iter(texts), read(lowercase=False))[2:] == ("Great", "great")
    assert sentiment.vocabulary(iter(texts), read(remove=r"[?]"))[2:] == ("great!", "great")


def test_minimum_frequency_counts_training_words_of_any_spelling():
    texts = iter(["Good good, bad bad", "GOOD! fine"])
    assert sentiment.vocabulary(texts, read(minimum_frequency=3))[2:] == ("good",)


def test_words_that_look_like_padding_are_unknown():
    dataset = read(remove="[.]")
    words = sentiment.vocabulary(iter(["<pad> <unk> <pad> <unk> film film"]), dataset)
    assert words == ("<pad>", "<unk>", "film")
    assert sentiment.tokenizer(words, dataset)("<pad> film <unk>") == [1, 2, 1]


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
    words = sentiment.stop_words()
    assert len(words) == 179
    assert {"i", "the", "not", "you've", "ain", "wouldn't", "yourselves"} <= words
    assert not {"", "film", "good", "dont"} & words


# --- splitting ---


@pytest.mark.parametrize("seed", [0, 1])
def test_split_is_scikit_learns(seed: int):
    dataset = read(rows={"train": 14, "validation": 2, "test": 4}, seed=seed)
    found = sentiment.split_reviews(reviews(20), dataset)
    assert tuple(found[split].tolist() for split in ("train", "validation", "test")) == SPLIT_OF_20[42 + seed]


def test_split_of_the_whole_archive_is_scikit_learns():
    dataset = read(rows={"train": 35_000, "validation": 5_000, "test": 10_000})
    found = sentiment.split_reviews(reviews(50_000), dataset)
    assert {
        split: hashlib.sha256(rows.astype("<i8").tobytes()).hexdigest() for split, rows in found.items()
    } == SPLIT_OF_50000


def reviews(count: int, labels: list[int] | None = None, texts: list[str] | None = None) -> Reviews:
    numbers = np.array(labels if labels is not None else [number % 2 for number in range(count)])
    return Reviews(texts or [f"review {number}" for number in range(count)], numbers, Path("r.csv"))


@given(st.data())
def test_stratified_splits_have_each_label_in_proportion(data: st.DataObject):
    labels = data.draw(st.lists(st.integers(0, 3), min_size=8, max_size=200))
    shares = data.draw(st.tuples(*[st.integers(0, len(labels) // 3)] * 3).filter(any))
    wanted = dict(zip(("train", "validation", "test"), shares, strict=True))
    dataset = read(rows=wanted, stratified=True, labels=list("abcd"), seed=data.draw(st.integers(0, 5)))
    found = sentiment.split_reviews(reviews(len(labels), labels), dataset)
    assert {split: len(rows) for split, rows in found.items()} == wanted
    together = np.concatenate(list(found.values()))
    assert len(set(together.tolist())) == len(together)
    test = [labels[row] for row in found["test"]]
    for label in range(4):
        assert abs(test.count(label) - labels.count(label) * wanted["test"] / len(labels)) < 1


def test_report_split_is_not_stratified_but_can_be():
    both = reviews(1000)
    wanted = {"train": 700, "validation": 100, "test": 200}
    plain = sentiment.split_reviews(both, read(rows=wanted))
    even = sentiment.split_reviews(both, read(rows=wanted, stratified=True))
    assert both.labels[plain["test"]].sum() != 100
    assert [int(both.labels[even[split]].sum()) for split in ("train", "validation", "test")] == [
        350,
        50,
        100,
    ]


@given(st.lists(st.integers(0, 25), min_size=60, max_size=60), st.integers(0, 3), st.booleans())
def test_disjoint_splits_share_no_review_and_move_no_others(copies: list[int], seed: int, stratified: bool):
    # Texts 0 to 25 may stand several times; 140 more stand once.
    texts = [f"copy {number}" for number in copies] + [f"only {number}" for number in range(140)]
    found = reviews(200, texts=texts)
    wanted = {"train": 140, "validation": 20, "test": 40}
    changes = {"rows": wanted, "seed": seed, "stratified": stratified}
    before = sentiment.split_reviews(found, read(**changes))
    after = sentiment.split_reviews(found, read(**changes, disjoint=True))
    texts_of = {split: {texts[row] for row in rows} for split, rows in after.items()}
    assert not texts_of["train"] & texts_of["test"]
    assert not texts_of["train"] & texts_of["validation"]
    assert not texts_of["validation"] & texts_of["test"]
    assert sorted(np.concatenate(list(after.values())).tolist()) == list(range(200))
    counts = Counter(texts)
    moved = 0
    for split, rows in after.items():
        assert len(rows) == wanted[split]
        assert found.labels[rows].sum() == found.labels[before[split]].sum()
        moved += sum(
            counts[texts[new]] == 1 and new != old for new, old in zip(rows, before[split], strict=True)
        )
    copies_moved = sum(
        counts[texts[row]] > 1 for split, rows in after.items() for row in set(rows) - set(before[split])
    )
    assert moved == copies_moved


def test_too_many_copies_to_keep_on_one_side():
    texts = ["same"] * 10 + ["same too"] * 10
    with pytest.raises(UserError, match="too many equal reviews"):
        sentiment.split_reviews(
            reviews(20, texts=texts), read(rows={"train": 14, "validation": 2, "test": 4}, disjoint=True)
        )


# --- bad input, and nothing half-written ---


def test_fewer_reviews_than_the_splits_need(tmp_path: Path):
    path = small_reviews.write(tmp_path / "r.csv", small_reviews.text(ROWS))
    with pytest.raises(
        UserError, match=r"has 40 reviews, the splits need 50,000; set rows, such as {train: 28, .*4, .*8}"
    ):
        generate(read(path, rows={"train": 35_000, "validation": 5_000, "test": 10_000}), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_training_split_of_one_label(tmp_path: Path):
    def one_label(seed: int) -> bool:
        rows = sentiment.split_reviews(reviews(40, [1] * 39 + [0]), read(seed=seed))
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


# --- the dataset on disk ---


def test_the_same_settings_make_the_same_dataset_and_seeds_differ(tmp_path: Path):
    digests = {}
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        _, folder = made(tmp_path, ROWS, name, seed=seed)
        sentiment.read_corpus.cache_clear()
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
    encoded = sentiment.encode(parquet.read_split(folder / "train.parquet"), run_of(dataset), folder)
    assert encoded.inputs.shape == (0, 1, 1)


# --- encoding ---


def test_encoded_reviews_are_padded_on_the_right(tmp_path: Path):
    dataset, folder = made(tmp_path)
    run = run_of(dataset)
    table = parquet.read_split(folder / "train.parquet")
    encoded = TASKS["sentiment"].data.encode(table, run, folder)
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
    words = read_json(folder / "dataset.json")["vocabulary"]
    for size, kind in ((256, np.uint8), (257, np.uint16), (65_536, np.uint16), (65_537, np.uint32)):
        more = [*words, *(f"word{number}" for number in range(size - len(words)))]
        write_json(folder / "dataset.json", {"vocabulary": more})
        assert sentiment.encode(table, run, folder).inputs.dtype == kind


def test_missing_or_damaged_vocabulary(tmp_path: Path):
    dataset, folder = made(tmp_path)
    for damaged in ({"vocabulary": ["a", "b"]}, {"vocabulary": "<pad>"}, {}):
        write_json(folder / "dataset.json", damaged)
        with pytest.raises(UserError, match=r"dataset\.json: holds no vocabulary"):
            sentiment.sizes(run_of(dataset), folder)
    (folder / "dataset.json").unlink()
    with pytest.raises(UserError, match="no such file"):
        sentiment.sizes(run_of(dataset), folder)


# --- questions ---


def test_a_persons_review_is_read_like_a_stored_one(tmp_path: Path):
    dataset, folder = made(tmp_path)
    run = run_of(dataset)
    stored = parquet.read_split(folder / "test.parquet")
    review = stored["review"][3].as_py()
    asked = sentiment.parse(review, run)
    one, all_ = sentiment.encode(asked, run, folder), sentiment.encode(stored, run, folder)
    length = int(all_.lengths[3])
    assert one.inputs[0].tolist() == all_.inputs[3, :length].tolist()
    assert one.targets.tolist() == [[-1]]  # nobody said what is right
    assert sentiment.question(asked) == [review]
    assert sentiment.answer(asked) == [""]
    assert sentiment.decode(np.array([[1]]), asked, run) == ["positive"]


@pytest.mark.parametrize("asked", ["", " \n\t", "x" * 100_001, "great \udcff film"])
def test_what_is_no_review(asked: str):
    with pytest.raises(UserError, match="ask: the review"):
        sentiment.parse(asked, run_of(read()))


def test_questions_and_answers_of_a_table(tmp_path: Path):
    _, folder = made(tmp_path)
    table = parquet.read_split(folder / "test.parquet")
    expected = [(row["review"], row["label"]) for row in table.to_pylist()]
    assert list(zip(sentiment.question(table), sentiment.answer(table), strict=True)) == expected


def test_seen_keys_are_equal_for_equal_reviews_only(tmp_path: Path):
    texts = ["a b", "a b ", "a  b", "b a", "a b", "A b"]
    table = pa.table([list(range(6)), texts, ["positive"] * 6, [[1]] * 6], schema=sentiment.columns())
    keys = sentiment.seen_key(table)
    assert keys.shape == (6, 2)
    assert keys.dtype == np.uint64
    assert [[text == other for other in texts] for text in texts] == (keys[:, None] == keys[None]).all(
        axis=2
    ).tolist()
    assert (sentiment.seen_key(table, commuted=True) == keys).all()
    assert sentiment.space(read()) is None


# --- the real reviews ---


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
    encoded = sentiment.encode(table, run_of(dataset), folder)
    assert encoded.inputs.shape == (5_000, 256, 1)
    assert encoded.inputs.dtype == np.uint16
    assert max(map(len, tokens)) == 256


def test_real_duplicates_stay_together_where_asked(real: tuple[SentimentDataset, Path]):
    dataset, folder = real
    stored = {split: set(parquet.read_split(folder / f"{split}.parquet", ["review"])["review"].to_pylist())
              for split in ("train", "test")}  # fmt: skip
    assert 20 < len(stored["train"] & stored["test"]) < 200
    corpus = sentiment.read_corpus(dataset, Path("data"))
    assert len(corpus.reviews.texts) - len(set(corpus.reviews.texts)) == 418
    apart = sentiment.split_reviews(corpus.reviews, dataset.model_copy(update={"disjoint": True}))
    texts = [{corpus.reviews.texts[row] for row in rows} for rows in apart.values()]
    assert not texts[0] & texts[1] | texts[0] & texts[2] | texts[1] & texts[2]
    assert [len(rows) for rows in apart.values()] == [35_000, 5_000, 10_000]
