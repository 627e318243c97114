from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carryover.cli import main
from carryover.data.files import read_json, write_json
from carryover.errors import UserError
from carryover.report import figures, render, tables, words
from carryover.report.page import Pages
from carryover.report.view import Report
from tests.report import synthetic

STUDIES = ("adder-cells", "three-number-transfer", "one-run", "long-labels", "not-there")


class Page(HTMLParser):
    """What a page holds: elements with their attributes, and the text of those that are asked about."""

    VOID = ("meta", "link", "input", "br", "img", "hr")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.numbers: list[tuple[dict[str, str], str]] = []
        self.texts: dict[str, str] = {}
        self._open: list[tuple[str, dict[str, str], list[str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attributes}
        self.elements.append((tag, known))
        if tag not in self.VOID:
            self._open.append((tag, known, []))

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attributes}))

    def handle_data(self, data: str) -> None:
        for _, _, parts in self._open:
            parts.append(data)

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            opened, known, parts = self._open.pop()
            text = "".join(parts)
            if any(name in known for name in ("data-from", "data-count", "data-sum")):
                self.numbers.append((known, text))
            if "id" in known:
                self.texts[known["id"]] = " ".join(text.split())
            if opened == tag:
                return


def read(path: Path) -> Page:
    return Page(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def text(made: Path) -> str:
    """All pages in one file."""
    return (made / synthetic.SINGLE).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def parsed(text: str) -> Page:
    return Page(text)


@pytest.fixture(scope="module")
def pages(made: Path) -> dict[Path, Page]:
    """Every page of the report by its file."""
    return {path: read(path) for path in (made / "index.html", *sorted((made / "studies").glob("*.html")))}


@pytest.fixture(scope="module")
def parquet(made: Path) -> dict[str, pd.DataFrame]:
    return {path.stem: pd.read_parquet(path) for path in (made / "tables").glob("*.parquet")}


def agrees(shown: str, value: float) -> bool:
    """Whether a number as shown is the value, rounded to the digits that are shown."""
    shown = shown.replace(",", "").strip()
    if shown.startswith(">"):
        return float(shown[1:]) < value < 1
    if shown.startswith("<"):
        return 0 < value < float(shown[1:])
    if shown == "infinite":
        return value == np.inf
    decimals = len(shown.partition(".")[2])
    places = 0.5 * 10.0**-decimals * (1 + 1e-9)
    significant = 0.5e-3 * abs(value)  # four significant digits of numbers that are no shares
    return abs(float(shown) - value) <= max(places if decimals else 0.5, significant if "e" in shown else 0)


def test_every_number_is_a_cell_of_a_table(parsed: Page, parquet: dict[str, pd.DataFrame]) -> None:
    checked: dict[str, int] = {}
    for known, shown in parsed.numbers:
        if "data-from" in known:
            table, row, column = known["data-from"].split(":")
            assert agrees(shown, float(parquet[table][column].iloc[int(row)])), (known, shown)
            checked[table] = checked.get(table, 0) + 1
    assert sum(checked.values()) > 3000
    assert checked.keys() >= {
        "summary", "published", "solved", "overlap", "mixture", "costs", "costs_summary", "runs", "comparisons",
    }  # fmt: skip


def test_counts_and_sums_can_be_made_again(parsed: Page, parquet: dict[str, pd.DataFrame]) -> None:
    counts = sums = 0
    for known, shown in parsed.numbers:
        if "data-count" in known:
            rule = json.loads(known["data-count"])
            frame = parquet[rule["table"]]
            for column, value in rule["where"].items():
                frame = frame[frame[column] == value]
            if "distinct" in rule:
                frame = frame.drop_duplicates(rule["distinct"])
            assert int(shown.replace(",", "")) == len(frame), known
            counts += 1
        elif "data-sum" in known:
            table, column = known["data-sum"].split(":")
            assert agrees(shown, parquet[table][column].sum())
            sums += 1
    assert counts >= 5
    assert sums == 2


def test_the_scoreboard_counts_the_verdicts(parsed: Page, parquet: dict[str, pd.DataFrame]) -> None:
    shown = " ".join(parsed.texts["top"].split())
    for word, count in parquet["claims"]["verdict"].value_counts().items():
        assert f"{count} {word}" in shown
    for word, count in parquet["published"]["word"].value_counts().items():
        assert f"{count} {word}" in shown
    assert "scale quick" in shown


def test_the_headline_of_verdicts_adds_up(parsed: Page, parquet: dict[str, pd.DataFrame]) -> None:
    counts = re.search(
        r"(\d+) claims: (\d+) decided, (\d+) tested but open, (\d+) not tested", parsed.texts["top"]
    )
    assert counts is not None
    total, decided, undecided, not_tested = map(int, counts.groups())
    words_of = parquet["claims"]["verdict"]
    assert total == len(words_of) == decided + undecided + not_tested
    assert (undecided, not_tested) == tuple(
        (words_of == word).sum() for word in ("inconclusive", "not tested")
    )


def test_published_numbers_are_a_line_a_report(parsed: Page, parquet: dict[str, pd.DataFrame]) -> None:
    rows = (
        parquet["evidence"]
        .query("kind == 'published'")
        .merge(parquet["published"][["study", "id", "report"]].drop_duplicates())
    )
    for report, of_report in rows.groupby("report"):
        shown = re.search(
            rf"{report}: (\d+) numbers?((?: \S \d+ (?:inside|outside|tuned|too few seeds|not tested))+)",
            parsed.texts["all-published"],
        )
        assert shown is not None, report
        assert int(shown[1]) == len(of_report) == sum(map(int, re.findall(r"\d+", shown[2])))


def test_a_study_shows_answer_numbers_and_command(parsed: Page) -> None:
    shown = parsed.texts["study-adder-cells"]
    assert "All 5 runs of each setting solve the task, the median one after" in shown
    assert "only=[adder-cells]" in shown
    assert "Supported as we read it (batch 200); inconclusive with batch 64." in shown
    assert "hidden size" in shown
    assert "model.hidden" not in shown  # but where one points at it


def test_data_cannot_become_markup(text: str, parsed: Page) -> None:
    assert "<script>alert" not in text
    assert "<img src=x" not in text
    assert "&lt;script&gt;alert" in text
    assert [tag for tag, _ in parsed.elements].count("script") == 1
    assert not [known for _, known in parsed.elements if any(name.startswith("on") for name in known)]


def ids(page: Page) -> Counter[str]:
    return Counter(known["id"] for _, known in page.elements if "id" in known)


def links(page: Page) -> list[str]:
    return [known["href"] for tag, known in page.elements if tag == "a"]


def test_links_between_pages_and_to_files_land(pages: dict[Path, Page]) -> None:
    known = {path: ids(page) for path, page in pages.items()}
    reached: dict[Path, set[Path]] = {path: set() for path in pages}
    for path, page in pages.items():
        assert set(known[path].values()) == {1}, path
        for link in links(page):
            parts = urlsplit(link)
            assert not parts.scheme, link
            assert not parts.netloc, link
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.is_file(), (path, link)
            if parts.fragment:
                assert known[target][unquote(parts.fragment)] == 1, (path, link)
            reached[path].add(target)
    index = next(iter(pages))
    for path in pages:
        assert path in reached[index]
        assert index in reached[path]


def test_every_figure_and_table_is_a_link(made: Path, pages: dict[Path, Page]) -> None:
    linked = {
        (path.parent / unquote(known["href"])).resolve()
        for path, page in pages.items()
        for tag, known in page.elements
        if tag == "a" and "download" in known
    }
    assert set((made / "figures").glob("*.svg")) <= linked
    shown = (
        "published",
        "evidence",
        "summary",
        "solved",
        "overlap",
        "mixture",
        "comparisons",
        "costs_summary",
        "runs",
    )
    assert {made / f"tables/{name}.{end}" for name in shown for end in ("csv", "parquet")} <= linked


def test_pages_are_small(pages: dict[Path, Page]) -> None:
    assert max(path.stat().st_size for path in pages) < 1_500_000


def test_ids_are_unique_and_links_land(parsed: Page) -> None:
    known_ids = ids(parsed)
    assert set(known_ids.values()) == {1}
    assert len(links(parsed)) > 30
    assert {unquote(link[1:]) for link in links(parsed) if link.startswith("#")} <= known_ids.keys()
    labels = {label for _, known in parsed.elements for label in known.get("aria-labelledby", "").split()}
    assert labels <= known_ids.keys()


def test_nothing_comes_from_outside(parsed: Page, text: str) -> None:
    for tag, known in parsed.elements:
        for name in ("src", "href", "xlink:href", "action", "data"):
            link = known.get(name, "")
            assert link.startswith(("#", "data:")) or not link, (tag, link)
    assert "@import" not in text
    assert "url(" not in text.partition("</style>")[0]
    assert len(text.encode()) < 10_000_000


def test_one_seed_gets_no_interval(made: Path, parsed: Page) -> None:
    shown = parsed.texts["study-one-run"]
    assert "1 seed a setting" in shown
    assert not re.search(r"\[\d", shown)


@given(st.floats(0, 1))
def test_sentences_never_round_to_certainty(value: float) -> None:
    shown = words.brief(value, "exact_match")
    if 0 < value < 1:
        assert shown not in ("0", "1", "0.000", "1.000")
    assert agrees(shown, value) or shown == ">0.999"


# --- what is missing, damaged or foreign ---


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "report"
    shutil.copytree(made / "tables", folder / "tables")
    for name in ("plan.json", "provenance.json"):
        shutil.copy(made / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables and plan of one run. Do not change them."""
    results = synthetic.Made()
    ten = results.dataset("ten", "digit_sum", 10)
    results.study(
        "alone", "digit_sum", [{}], {("own", "test"): ten}, lambda values, split, digits: 1.0, seeds=1, report=None,
        status=lambda values, seed: "solved",
    )  # fmt: skip
    return results.write(tmp_path_factory.mktemp("alone") / "report")


@pytest.fixture
def small(copy: Path) -> Path:
    """The copy with few studies: every table that has rows has some of theirs."""
    synthetic.keep_studies(copy, STUDIES)
    return copy


def write(folder: Path) -> Page:
    """Only the page anew, without figures: those are drawn in other tests."""
    pages = Pages(Report.read(folder), {}, folder / "figures", {})
    pages.write_single(folder / "all.html")
    assert pages.parts.failed == {}
    return read(folder / "all.html")


def test_missing_truncated_and_foreign_tables_get_a_line_each(copy: Path) -> None:
    (copy / "tables/claims.parquet").unlink()
    damaged = copy / "tables/overlap.parquet"
    damaged.write_bytes(damaged.read_bytes()[:200])
    pd.DataFrame({"x": [1]}).to_parquet(copy / "tables/mixture.parquet")
    shown = write(copy).texts["missing"]
    assert "not available: tables/claims.parquet: no such table" in shown
    assert "not available: tables/overlap.parquet: damaged" in shown
    assert "not available: tables/mixture.parquet: not a table of this report, it has no column run" in shown
    assert "not available: run run-not-there" in shown


@pytest.mark.parametrize("name", sorted(tables.COLUMNS))
def test_the_page_is_made_whichever_table_is_missing(small: Path, name: str) -> None:
    (small / f"tables/{name}.parquet").unlink()
    assert f"tables/{name}.parquet: no such table" in write(small).texts["missing"]


@pytest.mark.parametrize("name", sorted(tables.COLUMNS))
def test_a_report_of_missing_or_damaged_tables_is_an_error(alone: Path, tmp_path: Path, name: str) -> None:
    copy = shutil.copytree(alone, tmp_path / "report")
    path = copy / f"tables/{name}.parquet"
    whole = path.read_bytes()
    for content in (None, b"", whole[:-9], whole[: len(whole) // 2]):
        path.unlink() if content is None else path.write_bytes(content)
        with pytest.raises(UserError, match=rf"tables/{name}\.parquet: .*; aggregate again") as caught:
            render.render(copy)
        assert len(str(caught.value).splitlines()) == 1


def test_figures_are_made_whichever_table_is_missing(copy: Path) -> None:
    for name in ("runs", "metrics", "summary", "history", "curves", "published"):
        report = Report.read(copy)
        report.tables.frames[name] = report.tables[name].iloc[:0]
        figures.draw(report.by_name["three-number-transfer"])


def test_a_study_without_results_says_so(parsed: Page) -> None:
    assert "Open: this report has no results for it." in parsed.texts["study-not-there"]


def test_a_report_with_nothing_is_an_error(copy: Path) -> None:
    for path in (copy / "tables").glob("*.parquet"):
        path.unlink()
    with pytest.raises(UserError, match="nothing to show"):
        render.render(copy)


def test_what_the_plan_could_not_do_is_listed(small: Path) -> None:
    plan: dict[str, Any] = read_json(small / "plan.json")
    plan["unavailable"] = ["study imdb: no reviews <here>"]
    write_json(small / "plan.json", plan)
    assert "not available: study imdb: no reviews <here>" in write(small).texts["missing"]


def test_a_report_of_one_study_without_claims(alone: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(alone, tmp_path / "report")
    shown = read(render.render(folder))
    assert "No study here has claims or published numbers" in shown.texts["top"]
    assert "The one run solves the task, after" in read(folder / "studies/alone.html").texts["study-alone"]
    assert "all-claims" not in shown.texts
    provenance = read_json(folder / "provenance.json")
    assert provenance["digests"]["checkpoints"]
    assert provenance["versions"]["torch"]


def test_no_text_turns_the_page_round(small: Path) -> None:
    plan = read_json(small / "plan.json")
    plan["studies"][0]["title"] = "A study \u202e.exe\u2066 of مجموع"
    write_json(small / "plan.json", plan)
    write(small)
    text = (small / "all.html").read_text(encoding="utf-8")
    assert "A study \\u202e.exe\\u2066 of مجموع" in text
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", text)


# --- all pages in one file, by the command ---


def exported(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["export", *arguments])
    return int(ended.value.code or 0)


def test_the_command_writes_one_file(made: Path, copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(made / "figures", copy / "figures")
    shutil.copy(made / "index.html", copy)
    assert exported(str(copy), "--single") == 0
    written = Path(capsys.readouterr().out.strip())
    assert written == copy / synthetic.SINGLE
    assert written.read_bytes() == (made / synthetic.SINGLE).read_bytes()


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ([], "nothing to write; give --figures"),
        (["--single"], "index.html: no such file; make the report first"),
        (["--single", "--study", "one-run"], "--study: it chooses among figures"),
    ],
)
def test_what_cannot_be_exported_is_one_line(
    copy: Path, capsys: pytest.CaptureFixture[str], options: list[str], line: str
) -> None:
    assert exported(str(copy), *options) == 2
    said = capsys.readouterr().err
    assert line in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("adder-threshold", "extrapolation"),  # short training numbers fail at long ones
        ("adder-cells", "curves"),  # all settings are right everywhere; they differ in how soon
        ("one-run", "settings"),
    ],
)
def test_one_figure_stands_beside_the_answer(pages: dict[Path, Page], name: str, kind: str) -> None:
    (page,) = (page for path, page in pages.items() if path.stem == name)
    shown = [known["id"] for tag, known in page.elements if tag == "figure" and "id" in known]
    assert shown[0] == f"figure-{name}-{kind}"
    assert len(shown) > 1
