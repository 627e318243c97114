"""Task `sentiment`: a review is read word by word, its label is one class (report imdb-sweeps).

    "I love <br />this, really."  →  words  i love br this really  →  tokens  1 483 2051 1 37  →  class 1, positive

Words are what stands between white space, lower-cased and without special characters; what is nothing but special
characters is the empty word, a word like any other, as in the report's code. The vocabulary comes from the training
split: 0 is padding, 1 any word outside the vocabulary, then its words in the order in which they are first met. The
179 stop words are the usual English list (of NLTK); they are compared after special characters are removed, as in the
report, so that of "don't" only the form `dont` is met, which is no stop word.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import blake2b
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa

from carryover.data.dataset import write_dataset
from carryover.data.files import read_json
from carryover.errors import UserError
from carryover.settings.canonical import canonical_json
from carryover.settings.rows import SPLITS
from carryover.tasks.encoded import OUTSIDE, Encoded, Sizes
from carryover.tasks.record import Run
from carryover.tasks.sentiment.reviews import Reviews, read_reviews
from carryover.tasks.sentiment.settings import SentimentDataset

PADDING, UNKNOWN = 0, 1
SPECIAL = ("<pad>", "<unk>")
DROPPED = -1
STOP_WORDS_FILE = Path(__file__).with_name("stopwords_en.txt")
VOCABULARY = "vocabulary"  # its key in dataset.json
BLOCK_ROWS = 8_192
LONGEST_QUESTION = 100_000


def columns() -> pa.Schema:
    """The columns of a stored split."""
    return pa.schema(
        [
            pa.field("index", pa.int64(), nullable=False),
            pa.field("review", pa.string(), nullable=False),
            pa.field("label", pa.string(), nullable=False),
            pa.field("tokens", pa.list_(pa.field("element", pa.int32(), nullable=False)), nullable=False),
        ]
    )


# --- making a dataset ---


@dataclass(frozen=True)
class Corpus:
    """A whole dataset before it is written."""

    reviews: Reviews
    rows: dict[str, np.ndarray]  # for each split, which reviews it has, in its order
    words: tuple[str, ...]  # the vocabulary


def generate(dataset: SentimentDataset, folder: Path, data: Path = Path("data")) -> None:
    """Write the three splits, and dataset.json with the vocabulary. `data` is where the fetched archive is kept.

    Raises UserError for anything wrong with the reviews, before anything is written.
    """
    corpus = read_corpus(dataset, data)
    write_dataset(
        dataset,
        folder,
        columns(),
        lambda split: batches(dataset, split, data),
        more={VOCABULARY: corpus.words},
    )


@lru_cache(maxsize=1)
def read_corpus(dataset: SentimentDataset, data: Path) -> Corpus:
    """Read the reviews, split them, and build the vocabulary of the training split."""
    reviews = read_reviews(dataset, data)
    rows = split_reviews(reviews, dataset)
    training = rows["train"]
    if len(training) and len(np.unique(reviews.labels[training])) < 2:
        label = dataset.labels[reviews.labels[training[0]]]
        raise UserError(
            f"{reviews.place}: all {len(training):,} training reviews are {label!r}; "
            "train on more reviews, or set stratified: true"
        )
    return Corpus(reviews, rows, vocabulary((reviews.texts[row] for row in training), dataset))


def batches(dataset: SentimentDataset, split: str, data: Path = Path("data")) -> Iterator[pa.RecordBatch]:
    """The rows of a split in blocks of 8,192."""
    corpus = read_corpus(dataset, data)
    tokens_of = tokenizer(corpus.words, dataset)
    rows = corpus.rows[split]
    for start in range(0, len(rows), BLOCK_ROWS):
        block = rows[start : start + BLOCK_ROWS]
        texts = [corpus.reviews.texts[row] for row in block]
        yield pa.RecordBatch.from_arrays(
            [
                pa.array(np.arange(start, start + len(block), dtype=np.int64)),
                pa.array(texts, pa.string()),
                pa.array([dataset.labels[number] for number in corpus.reviews.labels[block]], pa.string()),
                _token_lists(texts, tokens_of),
            ],
            schema=columns(),
        )


def _token_lists(texts: Sequence[str], tokens_of: Callable[[str], list[int]]) -> pa.ListArray:
    lists = [np.array(tokens_of(text), dtype=np.int32) for text in texts]
    offsets = np.zeros(len(lists) + 1, dtype=np.int32)
    np.cumsum([len(tokens) for tokens in lists], out=offsets[1:])
    values = np.concatenate(lists) if lists else np.empty(0, dtype=np.int32)
    return pa.ListArray.from_arrays(offsets, values, type=columns().field("tokens").type)


# --- splitting ---


def split_reviews(reviews: Reviews, dataset: SentimentDataset) -> dict[str, np.ndarray]:
    """Which reviews each split has, in its order: int64 arrays of positions in the source.

    Raises UserError where there are too few reviews, or too many equal ones for disjoint splits.
    """
    wanted, there = dataset.split_rows(), len(reviews.texts)
    if there < sum(wanted.values()):
        validation, test = there // 10, there // 5
        raise UserError(
            f"{reviews.place}: has {there:,} reviews, the splits need {sum(wanted.values()):,}; set rows, "
            f"such as {{train: {there - validation - test}, validation: {validation}, test: {test}}}"
        )
    if dataset.stratified:
        rows = _stratified(reviews.labels, wanted, dataset.random_state())
    else:
        rows = _shuffled(there, wanted, dataset.random_state())
    return _kept_together(rows, reviews, dataset) if dataset.disjoint else rows


def _shuffled(there: int, wanted: dict[str, int], random_state: int) -> dict[str, np.ndarray]:
    """The report's two splits: test against the rest, then validation against training, each from a new shuffle.

    This is what scikit-learn's `train_test_split(…, test_size=…, random_state=…)` does: one permutation of all rows,
    of which the test rows come first.
    """
    order = np.random.RandomState(random_state).permutation(there)
    test, rest = order[: wanted["test"]], order[wanted["test"] :]
    order = np.random.RandomState(random_state).permutation(len(rest))
    validation = rest[order[: wanted["validation"]]]
    train = rest[order[wanted["validation"] :][: wanted["train"]]]
    return {"train": train, "validation": validation, "test": test}


def _stratified(labels: np.ndarray, wanted: dict[str, int], random_state: int) -> dict[str, np.ndarray]:
    """One shuffle, of which test, validation and training take their share of each label, to the nearest whole rows."""
    rest = np.random.RandomState(random_state).permutation(len(labels))
    rows = {}
    for split in reversed(SPLITS):
        counts = np.bincount(labels[rest])
        exact = wanted[split] * counts / max(len(rest), 1)
        quota = np.floor(exact).astype(np.int64)
        most = np.argsort(quota - exact, kind="stable")  # largest remainder first, then the first label
        quota[most[: wanted[split] - quota.sum()]] += 1
        taken = np.zeros(len(rest), dtype=bool)
        for label, count in enumerate(quota):
            taken[np.flatnonzero(labels[rest] == label)[:count]] = True
        rows[split], rest = rest[taken], rest[~taken]
    return rows


def _kept_together(
    rows: dict[str, np.ndarray], reviews: Reviews, dataset: SentimentDataset
) -> dict[str, np.ndarray]:
    """The same splits, but equal reviews are all in the split that has most of them.

    Each that moves changes places with a review of the same label that stands only once, so that sizes and the balance
    of labels stay, and every other review stays where it was.
    """
    rows = {split: positions.copy() for split, positions in rows.items()}
    places: dict[str, list[tuple[str, int]]] = {}  # of each text, where it stands: split and row
    for split, positions in rows.items():
        for row, position in enumerate(positions):
            places.setdefault(reviews.texts[position], []).append((split, row))
    single: dict[tuple[str, int], list[int]] = {}  # rows of reviews that stand once, by split and label
    for where in places.values():
        if len(where) == 1:
            split, row = where[0]
            single.setdefault((split, int(reviews.labels[rows[split][row]])), []).append(row)
    for where in places.values():
        splits = [split for split, _ in where]
        home = max(SPLITS, key=splits.count)
        for split, row in where:
            if split == home:
                continue
            candidates = single.get((home, int(reviews.labels[rows[split][row]])))
            if not candidates:
                raise UserError(
                    f"{reviews.place}: too many equal reviews to keep each in one split; "
                    f"remove duplicates from the file, or set disjoint: false"
                )
            other = candidates.pop()
            rows[split][row], rows[home][other] = rows[home][other], rows[split][row]
    return rows


# --- words and tokens ---


@cache
def stop_words() -> frozenset[str]:
    """The 179 English stop words."""
    return frozenset(STOP_WORDS_FILE.read_text(encoding="utf-8").split())


def _cleaner(dataset: SentimentDataset) -> Callable[[str], str]:
    """A function from what stands between white space to the word that it is."""
    special = re.compile(dataset.remove)

    @cache  # a few hundred thousand different ones make up millions
    def clean(raw: str) -> str:
        return special.sub("", raw.lower() if dataset.lowercase else raw)

    return clean


def vocabulary(texts: Iterator[str], dataset: SentimentDataset) -> tuple[str, ...]:
    """`<pad>`, `<unk>`, then the words seen at least `minimum_frequency` times, in order of first use."""
    clean = _cleaner(dataset)
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(map(clean, text.split()))
    excluded = set(SPECIAL) if dataset.stop_words == "kept" else stop_words() | set(SPECIAL)
    often = [
        word for word, count in counts.items() if count >= dataset.minimum_frequency and word not in excluded
    ]
    return (*SPECIAL, *often)


def tokenizer(words: Sequence[str], dataset: SentimentDataset) -> Callable[[str], list[int]]:
    """A function from a review to its tokens, at most `max_tokens` and at least one."""
    clean = _cleaner(dataset)
    number = {word: place for place, word in enumerate(words) if place >= len(SPECIAL)}
    dropped = stop_words() if dataset.stop_words == "dropped" else frozenset()

    @cache
    def token(raw: str) -> int:
        word = clean(raw)
        return DROPPED if word in dropped else number.get(word, UNKNOWN)

    def tokens(text: str) -> list[int]:
        found = (one for one in map(token, text.split()) if one != DROPPED)
        return list(islice(found, dataset.max_tokens)) or [UNKNOWN]

    return tokens


def read_vocabulary(folder: Path) -> list[str]:
    """The words of a stored dataset, by token. Raises UserError where dataset.json is missing or damaged."""
    path = folder / "dataset.json"
    about = read_json(path)
    words = about.get(VOCABULARY) if isinstance(about, dict) else None
    if not isinstance(words, list) or tuple(words[: len(SPECIAL)]) != SPECIAL:
        raise UserError(f"{path}: holds no vocabulary made by this program; make the dataset again")
    return words


# --- what the model reads and writes ---


def encode(
    table: pa.Table, run: Run, folder: Path | None = None, for_training: bool = False, width: int = 0
) -> Encoded:
    """The rows of a split as the run's model reads them: tokens, padded on the right, and classes.

    Inputs are as long as the longest row, and at least `width`.

    Reviews of another dataset than the run's own are tokenised again with the run's vocabulary, which lies in `folder`.
    """
    dataset = _dataset(run)
    tokens = table["tokens"].combine_chunks() if _is_own(table, dataset) else None
    if tokens is None:
        tokens = _token_lists(
            table["review"].to_pylist(), tokenizer(read_vocabulary(_needed(folder)), dataset)
        )
    lengths = tokens.value_lengths().to_numpy().astype(np.int32)
    width = max(int(lengths.max(initial=1)), width)
    largest = sizes(run, folder).alphabet - 1
    inputs = np.zeros((len(lengths), width), dtype=np.min_scalar_type(largest))
    inputs[np.arange(width) < lengths[:, None]] = tokens.flatten().to_numpy()
    number = {label: place for place, label in enumerate(dataset.labels)}
    targets = np.array([number.get(label, OUTSIDE) for label in table["label"].to_pylist()], dtype=np.int16)
    return Encoded(inputs[:, :, None], lengths, targets[:, None], np.ones(len(lengths), dtype=np.int32))


def _is_own(table: pa.Table, dataset: SentimentDataset) -> bool:
    """Whether the stored tokens are of this dataset's vocabulary: a split says which settings it was made with."""
    settings = (table.schema.metadata or {}).get(b"settings", b"").decode()
    return settings == canonical_json(dataset.canonical())


def _needed(folder: Path | None) -> Path:
    if folder is None:
        raise ValueError("task sentiment needs the folder of the run's dataset, where the vocabulary is")
    return folder


def sizes(run: Run, folder: Path | None = None) -> Sizes:
    """What the run's model has to be built for: the vocabulary in `folder` and the labels."""
    return Sizes(len(read_vocabulary(_needed(folder))), 1, len(_dataset(run).labels), 1, PADDING)


def decode(predictions: np.ndarray, table: pa.Table, run: Run) -> list[str]:
    """Predicted classes (N, 1) as labels."""
    return [_dataset(run).labels[number] for number in predictions[:, 0].tolist()]


def question(table: pa.Table) -> list[str]:
    """The reviews."""
    return table["review"].to_pylist()


def answer(table: pa.Table) -> list[str]:
    """Their labels."""
    return table["label"].to_pylist()


def parse(asked: str, run: Run) -> pa.Table:
    """A review as a table of one row. Its label is not known, so it is left empty. Raises UserError for no text."""
    if not asked.strip():
        raise UserError("ask: the review is empty; ask with its text")
    try:
        asked.encode()
    except UnicodeEncodeError:
        raise UserError("ask: the review is not UTF-8; ask with text in UTF-8") from None
    if len(asked) > LONGEST_QUESTION:
        raise UserError(
            f"ask: the review has {len(asked):,} characters; ask with at most {LONGEST_QUESTION:,}"
        )
    return pa.table([[0], [asked], [""], [[]]], schema=columns())


def _dataset(run: Run) -> SentimentDataset:
    assert isinstance(run.dataset, SentimentDataset)
    return run.dataset


# --- which rows are the same question ---


def space(dataset: SentimentDataset) -> int | None:
    """How many different reviews there are is not known."""
    return None


def seen_key(table: pa.Table, commuted: bool = False) -> np.ndarray:
    """A 128-bit hash of each review's text, (N, 2) uint64. A review has no operands, so `commuted` changes nothing."""
    hashes = b"".join(blake2b(text.encode(), digest_size=16).digest() for text in table["review"].to_pylist())
    return np.frombuffer(hashes, dtype="<u8").reshape(-1, 2).astype(np.uint64)
