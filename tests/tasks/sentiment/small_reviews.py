"""A small corpus of made-up reviews, as files of every kind that the task reads."""

from __future__ import annotations

import csv
import gzip
import io
import lzma
import random
import tarfile
import zipfile
from hashlib import md5
from pathlib import Path
from typing import Any

Row = tuple[str, str]

COMMON = [
    "the",
    "film",
    "was",
    "a",
    "story",
    "of",
    "love",
    "and",
    "it",
    "didn't",
    "plot",
    "acting",
    "<br",
    "/>scene",
]
OPINION = {
    "positive": ["great", "moving", "Brilliant!", "well-made"],
    "negative": ["dull", "awful", "Boring.", "a mess"],
}


def rows(count: int, seed: int = 0) -> list[Row]:
    """Reviews of 3 to 40 words, half of each label, with quotes, commas, line ends and letters beyond ASCII."""
    draw = random.Random(seed)
    found = []
    for number in range(count):
        label = ("positive", "negative")[number % 2]
        words = draw.choices(COMMON, k=draw.randint(2, 35)) + draw.choices(
            OPINION[label], k=draw.randint(1, 4)
        )
        words += draw.sample(
            ["Ein “Fest”,", 'said "no",', "naïve", "- -", "ΣΊΣΥΦΟΣ", "line\nend", f"only{number}"], k=1
        )
        draw.shuffle(words)
        found.append((" ".join(words), label))
    return found


def text(reviews: list[Row], header: str = "review,sentiment", delimiter: str = ",") -> str:
    """The reviews as CSV, or with a tab as delimiter as TSV."""
    out = io.StringIO(newline="")
    out.write(header.replace(",", delimiter) + "\n")
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(reviews)
    return out.getvalue()


def write(path: Path, content: str | bytes) -> Path:
    """Write a table, packed as its ending says."""
    data = content.encode() if isinstance(content, str) else content
    if path.suffix == ".gz":
        data = gzip.compress(data)
    elif path.suffix == ".xz":
        data = lzma.compress(data)
    elif path.suffix == ".zip":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"folder/{path.stem}", data)
            archive.writestr("__MACOSX/folder/._" + path.stem, b"\0")
        data = packed.getvalue()
    path.write_bytes(data)
    return path


def archive(members: dict[str, bytes], change: Any = None) -> bytes:
    """A .tar.gz in the order given; `change` may alter each member's entry."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as out:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            if change is not None:
                change(entry)
            out.addfile(entry, io.BytesIO(content) if entry.isfile() else None)
    return packed.getvalue()


def archive_members(reviews: list[Row]) -> dict[str, bytes]:
    """Members as the public archive has them, in an order that is not that of their paths."""
    members = {}
    for number, (review, label) in enumerate(reversed(reviews)):
        folder = {"positive": "pos", "negative": "neg"}[label]
        members[f"aclImdb/{('train', 'test')[number % 3 == 0]}/{folder}/{number}_7.txt"] = review.encode()
    members["aclImdb/train/unsup/0_0.txt"] = b"no label"
    members["aclImdb/README"] = b"about"
    members["aclImdb/train/labeledBow.feat"] = b"9 0:9"
    return members


def archive_source(content: bytes, **settings: Any) -> dict[str, Any]:
    """Source settings for an archive of this content."""
    return {"kind": "archive", "md5": md5(content).hexdigest(), "size": len(content), **settings}


def settings(path: Path, **changes: Any) -> dict[str, Any]:
    """Settings of a dataset from a file, small enough for the corpora here."""
    return {
        "task": "sentiment",
        "source": {"kind": "file", "path": str(path)},
        "rows": {"train": 28, "validation": 4, "test": 8},
        "minimum_frequency": 2,
        "max_tokens": 20,
        **changes,
    }
