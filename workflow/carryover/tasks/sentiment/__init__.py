"""Task `sentiment`: a review is positive or negative."""

from __future__ import annotations

from carryover.tasks.record import Code, Stratum, Task, Within
from carryover.tasks.strata_titles import amount, counted

_WORDS = counted("word", "words")

TASK = Task(
    name="sentiment",
    label="the sentiment of film reviews",
    readings=("class",),
    code=Code(
        generation=(
            "data.py",
            "archive.py",
            "columns.py",
            "corpus.py",
            "delimited.py",
            "file_source.py",
            "header.py",
            "packed.py",
            "parquet_table.py",
            "reviews.py",
            "settings.py",
            "splitting.py",
            "stopwords_en.txt",
            "table.py",
            "words.py",
        ),
        encoding=("data.py", "encoding.py", "file_source.py", "settings.py", "stopwords_en.txt", "words.py"),
        evaluation=("data.py", "hashing.py", "strata.py", "words.py"),
        nothing=("__init__.py", "asking.py", "patterns.py", "sources.py"),
    ),
    strata={
        "label": Stratum("correct answer", lambda value: f"{value} reviews"),
        "words": Stratum("words of the review", _WORDS),
        "unknown": Stratum("unknown words (% of tokens)", lambda value: f"{amount(value)}% unknown words"),
    },
    seen_within=Within(label="words of the review", stratum="words", title=_WORDS),
    solvable=False,
    answers="label",
    sizes_drawn=True,
    reads_texts_alike=True,
    texts_of_others=True,
    reads_files=True,
)
