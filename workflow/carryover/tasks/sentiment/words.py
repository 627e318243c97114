"""Words of reviews, and the tokens that stand for them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa

from carryover.data.stored import DatasetFile
from carryover.errors import UserError
from carryover.tasks.sentiment.columns import columns
from carryover.tasks.sentiment.settings import SentimentDataset

UNKNOWN = 1  # any word outside the vocabulary; 0 is padding
SPECIAL = ("<pad>", "<unk>")
DROPPED = -1
STOP_WORDS_FILE = Path(__file__).with_name("stopwords_en.txt")
VOCABULARY = "vocabulary"  # its key in dataset.json


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
    number = {word: token for token, word in enumerate(words) if token >= len(SPECIAL)}
    dropped = stop_words() if dataset.stop_words == "dropped" else frozenset()

    @cache
    def token_of(raw: str) -> int:
        word = clean(raw)
        return DROPPED if word in dropped else number.get(word, UNKNOWN)

    def tokens(text: str) -> list[int]:
        kept = (token for token in map(token_of, text.split()) if token != DROPPED)
        return list(islice(kept, dataset.max_tokens)) or [UNKNOWN]

    return tokens


def token_lists(texts: Sequence[str], tokens_of: Callable[[str], list[int]]) -> pa.ListArray:
    """The tokens of N reviews, as a column of a split has them."""
    lists = [np.array(tokens_of(text), dtype=np.int32) for text in texts]
    offsets = np.zeros(len(lists) + 1, dtype=np.int32)
    np.cumsum([len(tokens) for tokens in lists], out=offsets[1:])
    values = np.concatenate(lists) if lists else np.empty(0, dtype=np.int32)
    return pa.ListArray.from_arrays(offsets, values, type=columns().field("tokens").type)


def read_vocabulary(folder: Path) -> list[str]:
    """The words of a stored dataset, by token. Raises UserError where dataset.json is missing or damaged."""
    path = folder / "dataset.json"
    words = DatasetFile.read(path).vocabulary
    if words is None or tuple(words[: len(SPECIAL)]) != SPECIAL:
        raise UserError(f"{path}: holds no vocabulary made by this program; {DatasetFile.again}")
    return words
