"""Task `sentiment`: a review is read word by word, its label is one class (report imdb-sweeps).

    "I love <br />this, really."  →  words  i love br this really  →  tokens  1 483 2051 1 37  →  class 1, positive

Words are what stands between white space, lower-cased and without special characters; what is nothing but special
characters is the empty word, a word like any other, as in the report's code. The vocabulary comes from the training
split: 0 is padding, 1 any word outside the vocabulary, then its words in the order in which they are first met. The
179 stop words are the usual English list (of NLTK); they are compared after special characters are removed, as in the
report, so that of "don't" only the form `dont` is met, which is no stop word.
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
