"""The public archive of reviews: fetched once, checked, and read without unpacking it to disk."""

from __future__ import annotations

import gzip
import hashlib
import re
import tarfile
from pathlib import Path
from typing import Any, cast

from filelock import FileLock

from carryover.errors import UserError
from carryover.tasks.sentiment.packed import BROKEN, LARGEST_TABLE, BoundedArchive, refuse_outside, too_large
from carryover.tasks.sentiment.settings import ArchiveSource

FETCH_ATTEMPTS = 3
FETCH_TIMEOUT_SECONDS = 30
LONGEST_REVIEW = 1 << 20  # bytes

# The labelled reviews of the archive; it also has unlabelled ones, word lists and addresses.
_MEMBER = re.compile(r"^aclImdb/(?:train|test)/(neg|pos)/[^/]+\.txt$")
_FOLDER_LABELS = {"neg": "negative", "pos": "positive"}


def archive_file(source: ArchiveSource, data_root: Path) -> Path:
    """The archive on disk, checked; fetched first where neither a path is given nor the data folder has it.

    Raises UserError where it cannot be fetched, or is another file.
    """
    path = source.file(data_root)
    if source.path is None and not _is_whole(path, source):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(
                f"{path.parent}: cannot be made ({error.strerror}); set data: to a folder that can be written to"
            ) from None
        with FileLock(path.with_name(path.name + ".lock")):  # several datasets may want it at the same time
            if not _is_whole(path, source):
                _fetch(source, path)
    if not path.is_file():
        raise UserError(f"{path}: no such file; source.path should name a copy of {source.url}")
    if path.stat().st_size != source.size:
        raise UserError(
            f"{path}: has {path.stat().st_size:,} bytes, the review archive {source.size:,}; "
            f"it is cut off or another file: get {source.url} again"
        )
    digest = _md5(path)
    if digest != source.md5:
        raise UserError(
            f"{path}: its MD5 is {digest}, the review archive's {source.md5}; get {source.url} again"
        )
    return path


def _is_whole(path: Path, source: ArchiveSource) -> bool:
    return path.is_file() and path.stat().st_size == source.size and _md5(path) == source.md5


def _fetch(source: ArchiveSource, path: Path) -> None:
    """Fetch the archive; it appears under its name only once its MD5 is right."""
    import pooch
    import requests

    cache = pooch.create(
        path=path.parent,
        base_url="",
        registry={path.name: f"md5:{source.md5}"},
        urls={path.name: source.url},
        retry_if_failed=FETCH_ATTEMPTS - 1,
    )
    try:
        cache.fetch(path.name, downloader=pooch.HTTPDownloader(timeout=FETCH_TIMEOUT_SECONDS))
    except (OSError, requests.RequestException) as error:
        reason = str(error)
    except ValueError:  # what pooch raises for a wrong hash
        reason = f"what came is not the file of MD5 {source.md5}"
    else:
        return
    raise UserError(
        f"{source.url}: could not be fetched in {FETCH_ATTEMPTS} attempts ({reason}); nothing was kept: "
        f"run again, or put the archive at {path}"
    )


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def read_archive(path: Path) -> list[tuple[str, str]]:
    """The labelled reviews, each with its label, in the order of their sorted paths; nothing is unpacked to disk.

    Raises UserError where this is not the archive, or a review in it is empty or not UTF-8.
    """
    texts: dict[str, str] = {}
    size = 0
    try:
        with (
            gzip.open(path) as unpacked,
            tarfile.open(fileobj=cast(Any, BoundedArchive(cast(Any, unpacked), path)), mode="r:") as archive,
        ):
            for member in archive:
                refuse_outside(member.name, path)
                if not member.isfile() and not member.isdir():
                    raise UserError(
                        f"{path}: member {member.name!r} is no file or folder; this is not the archive"
                    )
                if not _MEMBER.match(member.name):
                    continue
                if member.name in texts:
                    raise UserError(f"{path}: member {member.name!r} occurs twice; this is not the archive")
                if member.issparse() or member.size > LONGEST_REVIEW:
                    raise UserError(
                        f"{path}: member {member.name!r} says it has {member.size:,} bytes; a review has at most "
                        f"{LONGEST_REVIEW:,}"
                    )
                size += member.size
                if size > LARGEST_TABLE:
                    raise too_large(path)
                content = archive.extractfile(member)
                assert content is not None
                texts[member.name] = _decoded(content.read(), f"{path}: member {member.name!r}")
    except BROKEN as error:
        raise UserError(f"{path}: cannot be unpacked ({error}); get the archive again") from None
    if not texts:
        raise UserError(f"{path}: has no members such as aclImdb/train/pos/0_9.txt; this is not the archive")
    return [(texts[name], _FOLDER_LABELS[name.split("/")[2]]) for name in sorted(texts)]


def _decoded(content: bytes, where: str) -> str:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise UserError(
            f"{where}: not UTF-8 (byte {error.start + 1} of the review); mend the review"
        ) from None
    if not text.strip():
        raise UserError(f"{where}: the review is empty; every review needs text")
    return text
