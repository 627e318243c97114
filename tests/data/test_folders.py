"""Folders that a config writes to and cannot: one line each, before any job."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from carryover.data import folders
from carryover.errors import UserErrors
from carryover.planning.load import load, read_root
from carryover.tasks.sentiment.settings import SentimentDataset
from carryover.tasks.sentiment.sources import unavailable
from tests.tiny import Tiny


def said(tiny: Tiny, writes: bool = True) -> list[str]:
    """The mistakes that loading the config finds."""
    tiny.write()
    files = [tiny.folder / "config/config.yaml"]
    try:
        load(read_root(files), tiny.folder, writes=writes)
    except UserErrors as errors:
        return errors.messages
    return []


@pytest.mark.parametrize("key", ["results", "data"])
@pytest.mark.parametrize("place", ["there", "there/below", "there/deep/below"])
def test_a_file_where_a_folder_should_be(tiny: Tiny, key: str, place: str) -> None:
    (tiny.folder / "there").touch()
    tiny.files["config/config.yaml"][key] = place
    for writes in (False, True):
        (line,) = said(tiny, writes)
        assert line.startswith(
            f"{tiny.folder}/config/config.yaml: {key}: {tiny.folder}/there is no folder; name a"
        )


def test_a_file_where_the_report_should_be(tiny: Tiny) -> None:
    (tiny.folder / "results/reports").mkdir(parents=True)
    (tiny.folder / "results/reports/tiny").touch()
    (line,) = said(tiny)
    assert "results/reports/tiny is no folder" in line


def test_a_link_that_leads_nowhere(tiny: Tiny) -> None:
    (tiny.folder / "results").symlink_to("nowhere")
    (line,) = said(tiny)
    assert "results is no folder" in line


def test_all_at_once(tiny: Tiny) -> None:
    tiny.files["config/config.yaml"] |= {"results": "", "data": " "}
    lines = said(tiny)
    assert len(lines) == 2
    assert "results: is empty; write a path" in lines[0]
    assert "data: is empty" in lines[1]
    (tiny.folder / "there").touch()
    tiny.files["config/config.yaml"] |= {"results": "there", "data": "there", "only": ["nothing"]}
    assert len(said(tiny)) == 3


def test_results_that_can_only_be_read(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    (tiny.folder / "results").mkdir()
    tiny.files["config/config.yaml"]["results"] = "results/of/mine"
    assert said(tiny) == []
    read_only(monkeypatch, tiny.folder / "results")
    (line,) = said(tiny)
    assert f"results: {tiny.folder}/results is not writable" in line
    assert said(tiny, writes=False) == []  # who only looks at them need not write


def test_reviews_that_cannot_be_put_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    read_only(monkeypatch, tmp_path / "data")
    reason = unavailable(SentimentDataset(task="sentiment"), tmp_path / "data") or ""
    assert "data is not writable; set data: to a folder that can be written to" in reason


def read_only(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let a folder count as one that cannot be written to, whoever runs the tests (root may write anywhere)."""
    access = os.access
    monkeypatch.setattr(folders.os, "access", lambda path, mode: path != folder and access(path, mode))
