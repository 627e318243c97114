"""Chromium, where there is one, the made-up report, and pages of small models."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.report import synthetic

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the made-up report with figures and page. Shared between processes: do not change it."""
    return synthetic.rendered(tmp_path_factory)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The browser that is installed; nothing is downloaded."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"no Chromium: none of {', '.join(NAMES)} is on the PATH (apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="session")
def adders(results: Path) -> dict[str, Any]:
    """A trained adder of each cell."""
    from tests.report import small_runs

    return {cell: small_runs.trained(results, model) for cell, model in small_runs.TAGGERS.items()}


@pytest.fixture(scope="session")
def readers(results: Path) -> dict[tuple[str, str], Any]:
    """A classifier and a seq2seq of each cell."""
    from tests.report import small_runs as small

    made = {("classifier", cell): (model, small.CHAINS) for cell, model in small.CLASSIFIERS.items()}
    made |= {("seq2seq", cell): (model, small.EXPRESSIONS) for cell, model in small.SEQ2SEQS.items()}
    return {name: small.random(results, *settings) for name, settings in made.items()}


@pytest.fixture(scope="session")
def page_of_adders(adders: dict[str, Any], results: Path) -> Path:
    from carryover.report.play import play

    return play([run.folder for run in adders.values()], results / "adders.html")


@pytest.fixture(scope="session")
def page_of_readers(readers: dict[tuple[str, str], Any], results: Path) -> Path:
    from carryover.report.play import play

    runs = [readers["classifier", "rnn"], readers["classifier", "lstm"], readers["seq2seq", "gru"]]
    return play([run.folder for run in runs], results / "readers.html")


@pytest.fixture(scope="session")
def report_to_play(
    adders: dict[str, Any], readers: dict[tuple[str, str], Any], made: Path, results: Path
) -> Path:
    """The made-up report with the adders and one classifier to play with, its index and a single file."""
    from carryover.report import models
    from carryover.report.export import export_single
    from carryover.report.render import made_of, read

    folder = results / "reports/to-play"
    shutil.copytree(made / "tables", folder / "tables")
    shutil.copy(made / "plan.json", folder / "plan.json")
    for run in (*adders.values(), readers["classifier", "lstm"]):
        shutil.copytree(run.folder, folder / models.MODELS / run.folder.name)
    made_of(read(folder), folder, {}).write(folder)  # without figures: those are looked at elsewhere
    export_single(folder)
    return folder


@pytest.fixture
def open_page(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Opens a page from disk: `open_page(path, width=390, scheme="dark")` → page, its messages in `page.said`."""
    contexts = []

    def opened(path: Path, width: int = 1280, scheme: str = "light") -> Any:
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
        )
        context.set_default_timeout(240_000)  # only so that a hanging browser ends at all
        contexts.append(context)
        page = context.new_page()
        page.said = []
        page.on("console", lambda message: page.said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: page.said.append(f"error: {error}"))
        page.on("request", lambda request: page.said.append(f"request: {request.url}"))
        page.goto(path.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
