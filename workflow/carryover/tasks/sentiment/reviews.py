"""Where reviews come from: the public archive, fetched once, or a CSV or TSV file. Nothing is ever unpacked to disk."""

from __future__ import annotations

import csv
import fcntl
import gzip
import hashlib
import io
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from carryover.errors import UserError
from carryover.tasks.sentiment.settings import ArchiveSource, FileSource, SentimentDataset

COLUMNS = ("review", "sentiment")
LONGEST_FIELD = 1 << 20  # characters; a longer one is a quote that was never closed
FETCH_ATTEMPTS = 3
FETCH_TIMEOUT_SECONDS = 30

# The labelled reviews of the archive; it also has unlabelled ones, word lists and addresses.
_MEMBER = re.compile(r"^aclImdb/(?:train|test)/(neg|pos)/[^/]+\.txt$")
_FOLDER_LABELS = {"neg": "negative", "pos": "positive"}
_BROKEN = (EOFError, OSError, ValueError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError)


@dataclass(frozen=True)
class Reviews:
    """All reviews of a source in its order: a file's rows, or the archive's members by sorted path."""

    texts: list[str]
    labels: np.ndarray  # (N,) int64, index of each review's label in the dataset's `labels`
    place: Path  # the file that they were read from


def read_reviews(dataset: SentimentDataset, data_root: Path) -> Reviews:
    """Every review of a dataset's source. Raises UserError for whatever is wrong with it."""
    if dataset.source.kind == "archive":
        reviews = _read_archive(dataset, _archive(dataset.source, data_root))
    else:
        reviews = _read_table(dataset, dataset.source)
    if not reviews.texts:
        raise UserError(f"{reviews.place}: holds no reviews; it should have one in each row after the header")
    present = set(reviews.labels.tolist())
    if len(present) < 2:
        raise UserError(
            f"{reviews.place}: every review is {dataset.labels[present.pop()]!r}; a classifier needs two labels or more"
        )
    return reviews


# --- the public archive ---


def _archive(source: ArchiveSource, data_root: Path) -> Path:
    """The archive on disk, checked; fetched first where neither a path is given nor the data folder has it."""
    path = source.file(data_root)
    if source.path is None and not _is_whole(path, source):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(
                f"{path.parent}: cannot be made ({error.strerror}); set data: to a folder that can be written to"
            ) from None
        with _locked(path.with_name(path.name + ".lock")):  # several datasets may want it at the same time
            if not _is_whole(path, source):
                _fetch(source, path)
    if not path.is_file():
        raise UserError(f"{path}: no such file; source.path should name a copy of {source.url}")
    if path.stat().st_size != source.size:
        raise UserError(
            f"{path}: has {path.stat().st_size:,} bytes, the review archive {source.size:,}; "
            f"it is cut off or another file: get {source.url} again"
        )
    digest = _digest(path, "md5")
    if digest != source.md5:
        raise UserError(
            f"{path}: its MD5 is {digest}, the review archive's {source.md5}; get {source.url} again"
        )
    return path


def _is_whole(path: Path, source: ArchiveSource) -> bool:
    return path.is_file() and path.stat().st_size == source.size and _digest(path, "md5") == source.md5


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


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _read_archive(dataset: SentimentDataset, path: Path) -> Reviews:
    """The labelled reviews in the order of their sorted paths, read straight out of the archive."""
    found: dict[str, str] = {}
    try:
        with tarfile.open(path, mode="r:gz") as archive:
            for member in archive:
                _refuse_outside(member.name, path)
                if not member.isfile() and not member.isdir():
                    raise UserError(
                        f"{path}: member {member.name!r} is no file or folder; this is not the archive"
                    )
                if not _MEMBER.match(member.name):
                    continue
                if member.name in found:
                    raise UserError(f"{path}: member {member.name!r} stands twice; this is not the archive")
                content = archive.extractfile(member)
                assert content is not None
                found[member.name] = _decoded(content.read(), f"{path}: member {member.name!r}")
    except _BROKEN as error:
        raise UserError(f"{path}: cannot be unpacked ({error}); get the archive again") from None
    if not found:
        raise UserError(f"{path}: has no members such as aclImdb/train/pos/0_9.txt; this is not the archive")
    names = sorted(found)
    classes = [dataset.labels.index(_FOLDER_LABELS[name.split("/")[2]]) for name in names]
    return Reviews([found[name] for name in names], np.array(classes), path)


def _refuse_outside(name: str, path: Path) -> None:
    member = PurePosixPath(name.replace("\\", "/"))
    if member.is_absolute() or ".." in member.parts:
        raise UserError(
            f"{path}: member {name!r} points outside its folder; this archive is not to be trusted"
        )


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


# --- CSV and TSV files ---


def _read_table(dataset: SentimentDataset, source: FileSource) -> Reviews:
    """The rows of a CSV or TSV file, in its order."""
    if source.path is None:
        raise UserError("source.path is not set; it should name a CSV or TSV file with review,sentiment")
    path = Path(source.path)
    content, name = _unpacked(path, source)
    texts, classes = [], []
    label_class = {label: number for number, label in enumerate(dataset.labels)}
    known = ", ".join(map(repr, dataset.labels[:10]))
    for number, (review, label) in enumerate(
        _records(content, "\t" if name.endswith(".tsv") else ",", path), start=1
    ):
        if not review.strip():
            raise UserError(f"{path}: row {number}: the review is empty; every row needs one")
        if label not in label_class:
            raise UserError(
                f"{path}: row {number}: the label {label[:60]!r} is none of {known}; mend it or set labels"
            )
        texts.append(review)
        classes.append(label_class[label])
    return Reviews(texts, np.array(classes, dtype=np.int64), path)


def _unpacked(path: Path, source: FileSource) -> tuple[bytes, str]:
    """The bytes of the table and its own file name in lower case, without the packing."""
    try:
        packed = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); source.path names the reviews") from None
    if source.digest is not None and hashlib.sha256(packed).hexdigest() != source.digest:
        raise UserError(f"{path}: has changed since the plan was made; plan again")
    name = path.name.lower()
    try:
        if name.endswith(".gz"):
            return gzip.decompress(packed), name.removesuffix(".gz")
        if name.endswith(".xz"):
            return lzma.decompress(packed), name.removesuffix(".xz")
        if name.endswith(".zip"):
            return _only_table(packed, path)
    except (*_BROKEN, NotImplementedError, RuntimeError) as error:  # the last two: zip methods and encryption
        raise UserError(f"{path}: cannot be unpacked ({error}); is it whole?") from None
    return packed, name


def _only_table(packed: bytes, path: Path) -> tuple[bytes, str]:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        for name in archive.namelist():
            _refuse_outside(name, path)
        tables = [
            name
            for name in archive.namelist()
            if name.lower().endswith((".csv", ".tsv")) and not name.startswith("__MACOSX/")
        ]
        if len(tables) != 1:
            raise UserError(f"{path}: holds {len(tables)} CSV or TSV files; it should hold exactly one")
        return archive.read(tables[0]), tables[0].lower()


def _records(content: bytes, delimiter: str, path: Path) -> Iterator[tuple[str, str]]:
    """Review and label of each row after the header."""
    # Bytes that are not UTF-8 are read on with a stand-in each, to say which row they are in.
    text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", errors="surrogateescape", newline="")
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    row = 0
    try:
        header = [name.strip() for name in next(reader, [])]
        if not _is_utf8(header):
            raise UserError(f"{path}: the header is not UTF-8; save the file as UTF-8")
        missing = [name for name in COLUMNS if header.count(name) != 1]
        if missing:
            raise UserError(
                f"{path}: no column {' and no column '.join(missing)} (once) in its header, "
                f"which is {', '.join(header)[:120] or 'empty'}; it should have the columns review and sentiment"
            )
        review, label = (header.index(name) for name in COLUMNS)
        for fields in reader:
            if not fields:  # a blank line
                continue
            row += 1
            if len(fields) != len(header):
                raise UserError(
                    f"{path}: row {row} has {len(fields)} fields, the header {len(header)}; quote reviews"
                )
            if not _is_utf8(fields):
                raise UserError(f"{path}: row {row} is not UTF-8; save the file as UTF-8")
            yield fields[review], fields[label].strip()
    except csv.Error as error:
        raise UserError(f"{path}: row {row + 1}: {error}; is a quote not closed?") from None


def _is_utf8(fields: list[str]) -> bool:
    """Whether no field has a stand-in for a wrong byte."""
    try:
        for field in fields:
            field.encode()
    except UnicodeEncodeError:
        return False
    return True


def _digest(path: Path, algorithm: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()
