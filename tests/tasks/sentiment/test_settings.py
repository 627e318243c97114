"""Settings of sentiment datasets, and whether their reviews are to be had."""

from __future__ import annotations

import hashlib
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from carryover.errors import UserError, UserErrors
from carryover.planning.runs import dataset_address
from carryover.planning.schema import schemas
from carryover.planning.sources import placed, places
from carryover.tasks.sentiment import sources
from carryover.tasks.sentiment.settings import SentimentDataset
from carryover.tasks.sentiment.sources import unavailable, with_file_digest


def read(**settings: Any) -> SentimentDataset:
    return SentimentDataset.read({"task": "sentiment", **settings})


def archive(**settings: Any) -> SentimentDataset:
    return read(source={"kind": "archive", **settings})


@pytest.fixture(autouse=True)
def _asks_afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    sources._unreachable.cache_clear()
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(sources, "PROBE_SECONDS", 2)


def test_defaults_are_the_reports():
    assert read().complete() == {
        "task": "sentiment",
        "seed": 0,
        "source": {
            "kind": "archive",
            "path": None,
            "url": "https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",
            "md5": "7c2ac02c03563afcf9b574c7e56c153a",
            "size": 84125825,
        },
        "labels": ["negative", "positive"],
        "rows": {"train": 35000, "validation": 5000, "test": 10000},
        "stratified": False,
        "disjoint": False,
        "lowercase": True,
        "remove": r"[^\w\s]",
        "stop_words": "unknown",
        "minimum_frequency": 5,
        "max_tokens": 256,
    }
    assert read().canonical() == {"task": "sentiment"}
    assert read(seed=3).random_state() == 45


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"source": {"kind": "file"}}, "needs a path"),
        ({"source": {"kind": "file", "path": "reviews.xlsx"}}, ".csv"),
        ({"source": {"kind": "file", "path": "aclImdb_v1.tar.gz"}}, "kind: archive"),
        ({"source": {"kind": "web"}}, "archive"),
        ({"source": {"kind": "archive", "url": "ftp://x/y"}}, "pattern"),
        ({"labels": ["bad"]}, "at least 2"),
        ({"labels": ["bad", "bad"]}, "twice"),
        ({"labels": ["bad", "good"]}, "kind: file"),
        ({"remove": "["}, "regular expression"),
        ({"stop_words": "none"}, "unknown"),
        ({"minimum_frequency": 0}, "greater than"),
        ({"max_tokens": True}, "integer"),
        ({"rows": {"train": 0}}, "rows in at least one"),
        ({"seed": 2**32 - 42}, "less than"),
        ({"split": "random"}, "Extra"),
    ],
)
def test_wrong_settings_are_refused(settings: dict[str, Any], word: str):
    with pytest.raises(ValidationError, match=word.replace("[", r"\[")):
        read(**settings)


def test_identity_is_content_not_place(tmp_path: Path):
    (tmp_path / "a.csv").write_text("same")
    (tmp_path / "b.csv").write_text("same")
    (tmp_path / "c.csv").write_text("other")
    a, b, c = (
        with_file_digest(read(source={"kind": "file", "path": f"{name}.csv"}), tmp_path) for name in "abc"
    )
    assert dataset_address(a) == dataset_address(b) != dataset_address(c)
    assert a.canonical()["source"] == {"kind": "file", "digest": hashlib.sha256(b"same").hexdigest()}
    assert SentimentDataset.read(placed(a.canonical(), places(a))) == a
    assert SentimentDataset.read(a.canonical()).canonical() == a.canonical()


def test_any_copy_of_the_public_archive_is_the_same_dataset():
    copies = [
        archive(path="x.tar.gz"),
        archive(url="http://mirror.example/aclImdb_v1.tar.gz"),
        archive(),
        read(),
    ]
    assert len({dataset_address(copy) for copy in copies}) == 1
    assert dataset_address(archive(md5="0" * 32)) != dataset_address(read())
    for copy in copies:
        assert SentimentDataset.read(placed(copy.canonical(), places(copy))) == copy


def test_digest_of_a_file_that_is_not_there(tmp_path: Path):
    with pytest.raises(UserError, match=r"gone\.csv"):
        with_file_digest(read(source={"kind": "file", "path": "gone.csv"}), tmp_path)


def test_file_is_available_where_it_is(tmp_path: Path):
    dataset = read(source={"kind": "file", "path": "r.csv"})
    assert "r.csv" in (unavailable(dataset, tmp_path / "data", tmp_path) or "")
    (tmp_path / "r.csv").touch()
    assert unavailable(dataset, tmp_path / "data", tmp_path) is None


def test_local_archive_is_available_when_it_has_its_size(tmp_path: Path):
    dataset = archive(path="a.tar.gz", size=4)
    assert "is not there" in (unavailable(dataset, tmp_path, tmp_path) or "")
    (tmp_path / "a.tar.gz").write_bytes(b"123")
    assert "3 bytes instead of 4" in (unavailable(dataset, tmp_path, tmp_path) or "")
    (tmp_path / "a.tar.gz").write_bytes(b"1234")
    assert unavailable(dataset, tmp_path, tmp_path) is None


def test_fetched_archive_needs_no_network(tmp_path: Path):
    dataset = archive(url="http://127.0.0.1:1/a.tar.gz", size=4)
    (tmp_path / "a.tar.gz").write_bytes(b"1234")
    assert unavailable(dataset, tmp_path) is None


def test_without_network_one_line_says_so(tmp_path: Path):
    with socket.socket() as closed:  # bound, not listening: nobody answers
        closed.bind(("127.0.0.1", 0))
        reason = unavailable(archive(url=f"http://127.0.0.1:{closed.getsockname()[1]}/a.tar.gz"), tmp_path)
    assert reason is not None
    assert "\n" not in reason
    assert str(tmp_path / "a.tar.gz") in reason
    assert "cannot be reached" in reason
    assert "source.path" in reason


@pytest.fixture
def server() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(200 if self.path == "/a.tar.gz" else 404)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_port}"
    httpd.shutdown()
    httpd.server_close()
    thread.join()


def test_a_server_that_answers_is_enough(tmp_path: Path, server: str):
    assert unavailable(archive(url=f"{server}/a.tar.gz"), tmp_path) is None
    assert "404" in (unavailable(archive(url=f"{server}/b.tar.gz"), tmp_path) or "")
    assert not list(tmp_path.iterdir())


def add_study_of_reviews(tiny: Any, dataset: str, **more: Any) -> None:
    tiny.files["config/suites/all.yaml"]["suites"]["reviews"] = {
        "task": "sentiment",
        "splits": {"own": {"dataset": "own"}},
    }
    tiny.files["config/studies/reviews.yaml"] = {
        "study": "reviews",
        "title": "Reviews",
        "question": "Which?",
        "task": "sentiment",
        "base": {
            "dataset": dataset,
            "model": {"kind": "classifier"},
            "training": {"epochs": 1, "batch": 96},
        },
        "evaluate": ["reviews"],
        **more,
    }


ENOUGH = "review,sentiment\n" + "good,positive\nbad,negative\n" * 25_000


def test_plan_goes_on_without_the_reviews(tiny: Any):
    tiny.datasets["reviews"] = {"task": "sentiment", "source": {"kind": "file", "path": "nowhere.csv"}}
    add_study_of_reviews(tiny, "reviews")
    plan = tiny.plan()
    assert {run.settings.dataset.task for run in plan.runs.values()} == {"digit_sum"}
    (line,) = [line for line in plan.unavailable if "nowhere.csv" in line]
    assert "\n" not in line
    tiny.files["config/config.yaml"]["only"] = ["reviews"]
    with pytest.raises(UserErrors, match=r"no study that the config asks for can run here: .*nowhere\.csv"):
        tiny.plan()
    del tiny.files["config/config.yaml"]["only"]
    (tiny.folder / "nowhere.csv").write_text(ENOUGH)
    assert "sentiment" in {run.settings.dataset.task for run in tiny.plan().runs.values()}


def test_a_study_without_one_of_its_sources_is_left_out_whole(tiny: Any):
    (tiny.folder / "here.csv").write_text(ENOUGH)
    for name in ("here", "nowhere"):
        source = {"kind": "file", "path": f"{name}.csv"}
        tiny.datasets[name] = {"task": "sentiment", "source": source}
    add_study_of_reviews(tiny, "here", sweep=[{"grid": {"dataset": ["here", "nowhere"]}}])
    plan = tiny.plan()
    assert {run.settings.dataset.task for run in plan.runs.values()} == {"digit_sum"}
    assert {dataset.task for dataset in plan.datasets.values()} == {"digit_sum"}


def test_a_dataset_that_is_made_needs_its_archive_no_more(tiny: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("carryover.tasks.sentiment.sources._unreachable", lambda url: "no network")
    tiny.datasets["reviews"] = {"task": "sentiment"}
    add_study_of_reviews(tiny, "reviews")
    assert tiny.plan().unavailable
    with monkeypatch.context() as reachable:
        reachable.setattr("carryover.tasks.sentiment.sources._unreachable", lambda url: None)
        plan = tiny.plan()
    (address,) = (key for key, dataset in plan.datasets.items() if dataset.task == "sentiment")
    made = tiny.folder / plan.results / "datasets" / address
    made.mkdir(parents=True)
    (made / "dataset.json").write_text("{}")
    assert address in tiny.plan().datasets
    assert not tiny.plan().unavailable


def test_planning_needs_neither_torch_nor_the_fetcher():
    code = (
        "import sys, carryover.tasks.sentiment.sources;"
        "print(sorted({'torch', 'pooch', 'requests', 'pyarrow'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": "workflow"},
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("labels", "accepted"),
    [
        ([0, 1], ("0", "1")),
        ([1.0, 0.0], ("1", "0")),
        (["no", "yes"], ("no", "yes")),
        ([False, True], None),
        ([0.5, 1], None),
    ],
)
@pytest.mark.parametrize("columns", [{"review": 2, "sentiment": 1}, {"review": "2", "sentiment": "1"}])
def test_an_editor_takes_the_labels_and_columns_that_the_loader_takes(
    labels: list[Any], accepted: tuple[str, ...] | None, columns: dict[str, Any]
) -> None:
    source = {"kind": "file", "path": "a.csv", "header": False, "columns": columns}
    settings = {"task": "sentiment", "source": source, "labels": labels, "rows": {"train": 5}}
    editor = jsonschema.Draft202012Validator(schemas()["datasets"])
    assert editor.is_valid({"datasets": {"mine": settings}}) == (accepted is not None)
    if accepted is None:
        with pytest.raises(ValidationError):
            SentimentDataset.read(settings)
    else:
        read_back = SentimentDataset.read(settings)
        assert read_back.labels == accepted
        assert read_back.source.columns.names() == ("2", "1")  # type: ignore[union-attr]
        assert SentimentDataset.read(read_back.complete()) == read_back
