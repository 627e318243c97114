"""Where reviews come from: every kind of file, the archive, a network that fails, and whatever may be wrong."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import threading
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from carryover.errors import UserError
from carryover.tasks.sentiment import archive
from carryover.tasks.sentiment.reviews import read_reviews
from carryover.tasks.sentiment.settings import SentimentDataset
from tests.tasks.sentiment import small_reviews

ROWS = small_reviews.rows(12)


def read(path: Path, data: Path = Path("nowhere"), **changes: Any) -> list[tuple[str, str]]:
    dataset = SentimentDataset.read(small_reviews.settings(path, **changes))
    found = read_reviews(dataset, data)
    return [(text, dataset.labels[number]) for text, number in zip(found.texts, found.labels, strict=True)]


def read_archive(content: bytes, data: Path, **source: Any) -> list[tuple[str, str]]:
    """From an archive at the place where a fetched one lies."""
    settings = small_reviews.archive_source(content, **{"url": "http://127.0.0.1:1/reviews.tar.gz", **source})
    return read(Path(), data, source=settings)


def refused(call: Callable[[], Any]) -> str:
    """The one line that says what is wrong."""
    with pytest.raises(UserError) as caught:
        call()
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- tables ---


@pytest.mark.parametrize("packed", ["", ".gz", ".xz", ".zip"])
@pytest.mark.parametrize(("ending", "delimiter"), [(".csv", ","), (".TSV", "\t")])
def test_every_kind_of_table_reads_the_same(tmp_path: Path, ending: str, delimiter: str, packed: str):
    path = tmp_path / f"reviews{ending}{packed}"
    small_reviews.write(path, small_reviews.text(ROWS, delimiter=delimiter))
    assert read(path) == ROWS


def test_order_of_columns_more_columns_blank_lines_and_a_byte_order_mark_do_not_matter(tmp_path: Path):
    lines = "\ufeffid, sentiment ,review\n1,negative,bad\n\n2,positive,good\n"
    assert read(small_reviews.write(tmp_path / "r.csv", lines)) == [("bad", "negative"), ("good", "positive")]


def test_other_labels_and_more_than_two(tmp_path: Path):
    lines = "review,sentiment\na,5\nb,1\nc,3\n"
    assert read(small_reviews.write(tmp_path / "r.csv", lines), labels=["1", "3", "5"]) == [
        ("a", "5"),
        ("b", "1"),
        ("c", "3"),
    ]


GOOD = "review,sentiment\nfine,positive\nbad,negative\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", ["no column review and no column sentiment", "empty"]),
        ("review,sentiment\n", ["no reviews"]),
        ("text,sentiment\nfine,positive\n", ["no column review", "text, sentiment"]),
        ("review,label\nfine,positive\n", ["no column sentiment", "review, label"]),
        ("review,review,sentiment\nfine,x,positive\n", ["no column review"]),
        (GOOD + "odd,neutral\n", ["row 3", "'neutral'", "'negative', 'positive'"]),
        (GOOD + "odd,\n", ["row 3", "''"]),
        (GOOD + "odd,Positive\n", ["row 3", "'Positive'"]),
        (GOOD + ",positive\n", ["row 3", "empty"]),
        (GOOD + '" \n ",positive\n', ["row 3", "empty"]),
        (GOOD + "odd,one,positive\n", ["row 3", "3 fields"]),
        (GOOD + "odd\n", ["row 3", "1 fields"]),
        (GOOD + '"never closed,positive\n', ["row 3", "quote"]),
        (GOOD + '"closed" early,positive\n', ["row 3", "quote"]),
        ("review,sentiment\nfine,positive\ngood,positive\n", ["every review is 'positive'", "two labels"]),
        (GOOD.encode() + "na\u00efve,positive\n".encode("latin-1"), ["row 3", "UTF-8"]),
        (
            GOOD.encode() + b"fine,positive\n" * 3000 + b"\xc3,positive\n" + b"fine,positive\n" * 3000,
            ["row 3003", "UTF-8"],
        ),
        (GOOD.encode() + b"\xed\xa0\x80,positive\n", ["row 3", "UTF-8"]),
        (GOOD.encode("utf-16"), ["header", "UTF-8"]),
    ],
)
def test_wrong_tables(tmp_path: Path, content: str | bytes, words: list[str]):
    path = small_reviews.write(tmp_path / "r.csv", content)
    message = refused(lambda: read(path))
    assert all(word in message for word in [str(path), *words]), message


@pytest.mark.parametrize("packed", [".gz", ".xz", ".zip"])
@pytest.mark.parametrize("damage", ["cut", "garbage", "empty"])
def test_damaged_packing(tmp_path: Path, packed: str, damage: str):
    path = small_reviews.write(tmp_path / f"r.csv{packed}", small_reviews.text(ROWS))
    content = path.read_bytes()
    path.write_bytes({"cut": content[:-30], "garbage": b"not packed" * 9, "empty": b""}[damage])
    message = refused(lambda: read(path))
    assert str(path) in message
    assert "cannot be unpacked" in message or (damage, packed) == (
        "empty",
        ".gz",
    )  # gzip takes nothing for nothing


def zipped(names: list[str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(name, GOOD)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("names", "word"),
    [
        (["a.csv", "b.csv"], "2 CSV"),
        (["a.txt"], "0 CSV"),
        (["../a.csv"], "outside"),
        (["/a.csv"], "outside"),
        (["a.csv", "..\\b"], "outside"),
    ],
)
def test_wrong_zip(tmp_path: Path, names: list[str], word: str):
    path = tmp_path / "r.csv.zip"
    path.write_bytes(zipped(names))
    assert word in refused(lambda: read(path))


def test_file_that_is_gone_or_changed(tmp_path: Path):
    path = small_reviews.write(tmp_path / "r.csv", GOOD)
    assert "cannot be read" in refused(lambda: read(tmp_path / "x.csv"))
    digest = hashlib.sha256(GOOD.encode()).hexdigest()
    source = {"kind": "file", "path": str(path), "digest": digest}
    assert len(read(path, source=source)) == 2
    path.write_text(GOOD + "more,positive\n")
    assert "changed" in refused(lambda: read(path, source=source))
    assert "source.path" in refused(lambda: read(path, source={"kind": "file", "digest": digest}))


# --- the archive ---


def in_path_order(members: dict[str, bytes]) -> list[tuple[str, str]]:
    label = {"neg": "negative", "pos": "positive"}
    found = []
    for name in sorted(members):
        parts = name.split("/")
        if len(parts) == 4 and parts[2] in label:
            found.append((members[name].decode(), label[parts[2]]))
    return found


def test_archive_is_read_in_path_order_wherever_it_lies(tmp_path: Path):
    members = small_reviews.archive_members(ROWS)
    content = small_reviews.archive(members)
    (tmp_path / "reviews.tar.gz").write_bytes(content)
    expected = in_path_order(members)
    assert sorted(expected) == sorted(ROWS)
    assert expected != ROWS
    assert read_archive(content, tmp_path) == expected
    assert read_archive(content, tmp_path / "none", path=str(tmp_path / "reviews.tar.gz")) == expected
    shuffled = small_reviews.archive(dict(reversed(members.items())))
    (tmp_path / "reviews.tar.gz").write_bytes(shuffled)
    assert read_archive(shuffled, tmp_path) == expected


def test_local_archive_that_is_cut_or_another_one(tmp_path: Path):
    content = small_reviews.archive(small_reviews.archive_members(ROWS))
    path = tmp_path / "copy.tar.gz"
    path.write_bytes(content[:-100])
    assert "cut off" in refused(lambda: read_archive(content, tmp_path, path=str(path)))
    path.write_bytes(bytes(len(content)))
    assert "MD5" in refused(lambda: read_archive(content, tmp_path, path=str(path)))
    assert "no such file" in refused(lambda: read_archive(content, tmp_path, path=str(tmp_path / "x.tar.gz")))


def test_cut_inside_although_the_digest_is_right(tmp_path: Path):
    whole = small_reviews.archive(small_reviews.archive_members(ROWS))
    content = whole[: len(whole) // 2]
    (tmp_path / "a.tar.gz").write_bytes(content)
    assert "cannot be unpacked" in refused(
        lambda: read_archive(content, tmp_path, path=str(tmp_path / "a.tar.gz"))
    )


def linked(entry: tarfile.TarInfo) -> None:
    if entry.name.endswith("link.txt"):
        entry.type, entry.linkname = tarfile.SYMTYPE, "../../../../etc/passwd"


@pytest.mark.parametrize(
    ("members", "word"),
    [
        ({"../escaped.txt": b"x"}, "outside"),
        ({"aclImdb/train/pos/../../../../x.txt": b"x"}, "outside"),
        ({"/etc/x.txt": b"x"}, "outside"),
        ({"aclImdb/train/pos/link.txt": b""}, "no file or folder"),
        ({"aclImdb/train/pos/1_1.txt": b"\xff\xfe"}, "'aclImdb/train/pos/1_1.txt': not UTF-8"),
        ({"aclImdb/train/pos/1_1.txt": b" \n"}, "'aclImdb/train/pos/1_1.txt': the review is empty"),
        ({"else/1_1.txt": b"x"}, "not the archive"),
        ({"aclImdb/train/pos/1_1.txt": b"fine"}, "every review is 'positive'"),
    ],
)
def test_wrong_archive(tmp_path: Path, members: dict[str, bytes], word: str):
    content = small_reviews.archive(members, linked)
    data = tmp_path / "data"
    data.mkdir()
    (data / "reviews.tar.gz").write_bytes(content)
    assert word in refused(lambda: read_archive(content, data))
    assert [path.name for path in tmp_path.rglob("*")] == ["data", "reviews.tar.gz"]  # nothing was unpacked


def lying_archive(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    """A .tar.gz with one member that says it has `size` bytes, and holds none of them."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.type = size, kind
    return gzip.compress(entry.tobuf(tarfile.GNU_FORMAT) + bytes(1024))


@pytest.mark.parametrize(
    ("name", "kind", "word"),
    [
        (
            "aclImdb/train/pos/1_1.txt",
            tarfile.REGTYPE,
            "says it has 8,589,934,592 bytes; a review has at most",
        ),
        ("aclImdb/train/pos/1_1.txt", tarfile.GNUTYPE_SPARSE, "says it has"),
        ("aclImdb/README", tarfile.REGTYPE, "unpacks to more than 4 GB"),
        ("././@LongLink", tarfile.GNUTYPE_LONGNAME, "not to be trusted"),
        ("PaxHeader", tarfile.XHDTYPE, "not to be trusted"),
    ],
)
def test_sizes_that_lie_are_refused_and_take_no_memory(tmp_path: Path, name: str, kind: bytes, word: str):
    content = lying_archive(name, 8 << 30, kind)
    (tmp_path / "a.tar.gz").write_bytes(content)
    tracemalloc.start()
    try:
        assert word in refused(lambda: read_archive(content, tmp_path, path=str(tmp_path / "a.tar.gz")))
        assert tracemalloc.get_traced_memory()[1] < 100 << 20
    finally:
        tracemalloc.stop()


# --- fetching ---


class Server:
    """Answers every GET with `content`: all of it, or cut off after `sent` bytes."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.sent: int | None = None
        self.says_length = True
        self.status = 200
        self.requests = 0
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.requests += 1
                self.send_response(server.status)
                if server.says_length:
                    self.send_header("Content-Length", str(len(server.content)))
                self.end_headers()
                self.wfile.write(server.content[: server.sent])

            def log_message(self, *_: Any) -> None:
                pass

        self.httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.httpd.server_port}/reviews.tar.gz"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(archive, "FETCH_ATTEMPTS", 1)
    found = Server(small_reviews.archive(small_reviews.archive_members(ROWS)))
    thread = threading.Thread(target=found.httpd.serve_forever, args=(0.01,))
    thread.start()
    yield found
    found.httpd.shutdown()
    found.httpd.server_close()
    thread.join()


def fetch(server: Server, data: Path) -> list[tuple[str, str]]:
    return read_archive(server.content, data, url=server.url)


def test_archive_is_fetched_once(tmp_path: Path, server: Server):
    data = tmp_path / "new" / "data"
    first = fetch(server, data)
    assert sorted(first) == sorted(ROWS)
    assert (data / "reviews.tar.gz").read_bytes() == server.content
    assert fetch(server, data) == first
    assert server.requests == 1


def test_several_datasets_fetch_it_together_once(tmp_path: Path, server: Server):
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(fetch(server, tmp_path))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert server.requests == 1


@pytest.mark.parametrize("says_length", [True, False])
def test_network_that_drops_midway_leaves_nothing_and_the_next_try_works(
    tmp_path: Path, server: Server, says_length: bool
):
    server.says_length = says_length
    server.sent = len(server.content) // 2
    message = refused(lambda: fetch(server, tmp_path))
    assert server.url in message
    assert "nothing was kept" in message
    assert not [path for path in tmp_path.iterdir() if path.suffix != ".lock"]
    server.sent = None
    assert len(fetch(server, tmp_path)) == len(ROWS)


def test_network_that_drops_once_is_tried_again(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(archive, "FETCH_ATTEMPTS", 2)

    def whole_again(_: float) -> None:
        server.sent = None

    monkeypatch.setattr("pooch.core.time.sleep", whole_again)
    server.sent = 10
    assert len(fetch(server, tmp_path)) == len(ROWS)
    assert server.requests == 2


@pytest.mark.parametrize("fault", ["other content", "not found", "nobody there"])
def test_what_comes_is_not_the_archive(tmp_path: Path, server: Server, fault: str):
    content, url = server.content, server.url
    if fault == "other content":
        server.content = content[:-1] + b"x"
    elif fault == "not found":
        server.status = 404
    else:
        url = "http://127.0.0.1:1/reviews.tar.gz"
    assert "could not be fetched" in refused(lambda: read_archive(content, tmp_path, url=url))
    assert not (tmp_path / "reviews.tar.gz").exists()


def test_damaged_copy_in_the_data_folder_is_fetched_again(tmp_path: Path, server: Server):
    (tmp_path / "reviews.tar.gz").write_bytes(server.content[:50])
    assert len(fetch(server, tmp_path)) == len(ROWS)
    assert (tmp_path / "reviews.tar.gz").read_bytes() == server.content
