"""Task `sentiment`: a review is positive or negative."""

from __future__ import annotations

from carryover.tasks.record import Code, Task

TASK = Task(
    name="sentiment",
    label="the sentiment of film reviews",
    readings=("class",),
    code=Code(
        generation=("data.py", "reviews.py", "settings.py", "stopwords_en.txt"),
        encoding=("data.py", "settings.py", "stopwords_en.txt"),
        evaluation=("data.py", "strata.py"),
        nothing=("__init__.py", "sources.py"),
    ),
    strata={
        "label": "correct answer",
        "words": "words of the review",
        "unknown": "unknown words (% of tokens)",
    },
    solvable=False,
    answers="label",
    sizes_drawn=True,
    texts_of_others=True,
    reads_files=True,
)
