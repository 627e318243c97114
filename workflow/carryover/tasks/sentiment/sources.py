"""What planning asks of the reviews: whether their source is available here, and what a user's file holds."""

from __future__ import annotations

import hashlib
import http.client
import urllib.error
import urllib.request
from functools import cache, lru_cache
from pathlib import Path

from carryover.data.folders import not_writable
from carryover.errors import UserError
from carryover.tasks.sentiment.file_source import FileSource
from carryover.tasks.sentiment.patterns import refuse_slow
from carryover.tasks.sentiment.settings import SentimentDataset

PROBE_SECONDS = 5
SAMPLE = 1_000  # words, the longest, that a pattern is tried on
LONGEST_SAMPLE = 10_000  # characters of one


def located(dataset: SentimentDataset, folder: Path, data_root: Path) -> tuple[SentimentDataset, str | None]:
    """The dataset with the digest of the user's file, and why its reviews are not available here (or None).

    Raises UserError where the file cannot be read.
    """
    missing = unavailable(dataset, data_root, folder)
    return (dataset, missing) if missing else (with_file_digest(dataset, folder), None)


def with_file_digest(dataset: SentimentDataset, folder: Path = Path()) -> SentimentDataset:
    """The dataset with the digest of the file that it names (relative to `folder`), where it names one.

    Raises UserError where the file cannot be read.
    """
    source = dataset.source
    if source.kind == "archive" or source.path is None:
        return dataset
    path = folder / source.path
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); source.path names the reviews") from None
    return dataset.model_copy(update={"source": source.model_copy(update={"digest": digest})})


def check(dataset: SentimentDataset, folder: Path) -> None:
    """Read the user's file as a job will, and try a pattern of the user's on a sample of words.

    Raises UserError for whatever is wrong with the file, too few reviews in it, or a pattern that takes too long.
    """
    from carryover.tasks.sentiment.reviews import refuse_too_few

    source = dataset.source
    words: tuple[str, ...] = ()
    own_pattern = dataset.remove != SentimentDataset.model_fields["remove"].default
    if source.kind == "file" and source.path is not None:
        path = folder / source.path
        at_folder = source.model_copy(update={"path": str(path)})
        count, words = _content(at_folder, dataset.labels, own_pattern)
        refuse_too_few(count, dataset, path)
    if own_pattern:
        refuse_slow(dataset.remove, words)


@lru_cache(maxsize=64)  # the same file is split by many seeds
def _content(source: FileSource, labels: tuple[str, ...], with_words: bool) -> tuple[int, tuple[str, ...]]:
    """How many reviews a file has, each of them read, and the longest words where they are asked for."""
    from carryover.tasks.sentiment.reviews import read_reviews

    texts = read_reviews(SentimentDataset(task="sentiment", source=source, labels=labels), Path()).texts
    words = {word[:LONGEST_SAMPLE] for text in texts for word in text.split()} if with_words else set()
    return len(texts), tuple(sorted(words, key=len)[-SAMPLE:])


def unavailable(dataset: SentimentDataset, data_root: Path, folder: Path = Path()) -> str | None:
    """Why the reviews of a dataset are not available here, in one line; None where they are.

    Looks at files and, where the archive must be fetched, asks its server once for the header. Relative paths start
    from `folder`.
    """
    source = dataset.source
    if source.kind == "file":
        if source.path is not None and (folder / source.path).is_file():
            return None
        where = folder / source.path if source.path is not None else "source.path, which is not set"
        return f"no reviews at {where}; source.path should name a file with the columns review and sentiment"
    archive = folder / source.file(data_root)
    if archive.is_file() and archive.stat().st_size == source.size:
        return None
    if source.path is not None:
        fault = "is not there"
        if archive.is_file():
            fault = f"has {archive.stat().st_size:,} bytes instead of {source.size:,}"
        return f"the review archive {archive} {fault}; source.path should name a whole copy of {source.url}"
    blocked = not_writable(archive.parent)
    if blocked is not None:
        return (
            f"no review archive at {archive}, and none can be put there: {blocked}; set data: to a folder that can "
            "be written to, or name a local copy as source.path"
        )
    problem = _unreachable(source.url)
    if problem is None:
        return None
    return (
        f"no review archive at {archive}, and {source.url} cannot be reached ({problem}); "
        f"put the archive there, or name a local copy as source.path"
    )


@cache
def _unreachable(url: str) -> str | None:
    """Why a URL does not answer, asked once in a process."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=PROBE_SECONDS):
            return None
    except urllib.error.HTTPError as error:
        return f"answer {error.code}"
    except (OSError, ValueError, http.client.HTTPException) as error:
        return str(getattr(error, "reason", error)) or type(error).__name__
