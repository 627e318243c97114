"""Task `sentiment`: a review is read word by word, its label is one class (report imdb-sweeps).

    "I love <br />this, really."  →  words  i love br this really  →  tokens  1 483 2051 1 37  →  class 1, positive

A review is split at white space. Each word is lower-cased, and its special characters are removed. If nothing is left,
it is the empty word, which counts like any other, as in the report's code. The vocabulary comes from the training
split: 0 is padding, 1 is any word outside the vocabulary, then the words follow in the order of first use. The 179 stop
words are the usual English list (of NLTK). As in the report, words are compared with it after special characters are
removed. So "don't" becomes `dont`, which is no stop word.
"""

from __future__ import annotations

from carryover.tasks.sentiment.asking import parse
from carryover.tasks.sentiment.columns import columns
from carryover.tasks.sentiment.corpus import batches, generate
from carryover.tasks.sentiment.encoding import answer, decode, encode, question, sizes
from carryover.tasks.sentiment.hashing import seen_key

__all__ = [
    "answer",
    "batches",
    "columns",
    "decode",
    "encode",
    "generate",
    "parse",
    "question",
    "seen_key",
    "sizes",
]
