"""Characters, symbols and padding, against loops over strings."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from carryover.tasks.codec import END, Alphabet, padded, read_back, written
from carryover.tasks.encoded import OUTSIDE

LETTERS = "xyz-0"
Words = st.lists(st.text(alphabet=LETTERS, max_size=9), min_size=1, max_size=20)


def column(words: list[str]) -> pa.Array:
    return pa.array(words, pa.string())


@given(Words, st.integers(2, 5))
def test_symbols_stand_for_characters(words: list[str], first: int) -> None:
    alphabet = Alphabet(LETTERS, first)
    width = max(1, *map(len, words))
    codes = np.array([[*word.encode(), *[0] * (width - len(word))] for word in words], dtype=np.uint8)
    expected = [
        [first + LETTERS.index(letter) for letter in word] + [0] * (width - len(word)) for word in words
    ]
    assert alphabet.symbols(codes).tolist() == expected
    assert alphabet.texts(alphabet.symbols(codes)) == words
    assert alphabet.size == first + len(LETTERS)


def test_a_character_outside_the_alphabet_is_padding() -> None:
    assert Alphabet("ab", first=1).symbols(np.array([[*b"abc", 0]], dtype=np.uint8)).tolist() == [
        [1, 2, 0, 0]
    ]


@given(Words, st.integers(1, 12))
def test_answers_end_and_those_too_long_cannot_be_written(words: list[str], length: int) -> None:
    symbols, lengths = written(column(words), Alphabet(LETTERS, first=2), length)
    for word, row, count in zip(words, symbols.tolist(), lengths.tolist(), strict=True):
        letters = [2 + LETTERS.index(letter) for letter in word]
        whole = [*letters, END, *[0] * length]
        if len(word) < length:
            assert (row, count) == (whole[:length], len(word) + 1)
        else:
            assert (row, count) == ([*letters[: length - 1], OUTSIDE], length)


@given(Words)
def test_what_is_written_is_read_back(words: list[str]) -> None:
    alphabet = Alphabet(LETTERS, first=2)
    assert read_back(written(column(words), alphabet, 10)[0], alphabet) == words


def test_nothing_after_the_first_end_is_read() -> None:
    alphabet = Alphabet("ab", first=2)
    assert read_back(np.array([[2, 1, 3, 1], [1, 2, 2, 2], [3, 0, 3, 2]]), alphabet) == ["a", "", "bba"]


@given(st.lists(st.lists(st.integers(1, 300), max_size=6), max_size=9), st.integers(6, 8))
def test_sequences_are_padded_on_the_right(sequences: list[list[int]], width: int) -> None:
    lengths = np.array([len(one) for one in sequences], dtype=np.int32)
    flat = np.array([symbol for one in sequences for symbol in one], dtype=np.int32)
    rows = padded(flat, lengths, width, np.dtype(np.uint16))
    assert rows.tolist() == [one + [0] * (width - len(one)) for one in sequences]
    assert rows.dtype == np.uint16
