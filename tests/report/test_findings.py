"""docs/findings.md, the findings in the README, and the command that makes both."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from carryover.cli import main
from carryover.errors import UserError
from carryover.planning.load import load, read_root
from carryover.planning.plan import Plan
from carryover.report import figures, findings
from carryover.report.facts import Facts
from carryover.report.tables import Tables
from carryover.report.view import Report
from tests.report.numbers_of_findings import Files, unknown_numbers

FOLDER = Path("results/reference/full")
TEMPLATES = sorted((Path(findings.__file__).parent / "templates" / "findings").glob("*.md"))
HOW = "make it again: carryover findings results/reference/full --readme README.md > docs/findings.md"


@pytest.fixture(scope="module")
def report() -> Report:
    return findings.read(FOLDER)


@pytest.fixture(scope="module")
def document() -> str:
    return Path("docs/findings.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def files() -> Files:
    return Files(FOLDER, Path("config"))


def changed(report: Report, **columns: object) -> Report:
    """The report with these values in every row of `claims` and `published` that has such a column."""
    frames = dict(report.tables.frames)
    for name in ("claims", "published"):
        known = {column: value for column, value in columns.items() if column in frames[name].columns}
        frames[name] = frames[name].assign(**known)
    return Report(Tables(report.tables.folder, frames), report.plan)


def test_the_document_and_the_readme_are_up_to_date(report: Report, document: str) -> None:
    assert findings.text(report, str(FOLDER)) == document, HOW
    readme = Path("README.md").read_text(encoding="utf-8")
    assert findings.in_readme(report, readme) == readme, HOW


def test_the_reference_has_the_claims_of_the_studies() -> None:
    """Runs may be old, but they are judged by the claims and the printed numbers of today."""
    shipped = load(read_root([Path("config/config.yaml")]) | {"scale": "full"}, Path()).studies
    for study in Plan.read(FOLDER / "plan.json").studies:
        assert list(study.claims) == list(shipped[study.name].claims), study.name
        assert list(study.published) == list(shipped[study.name].published), study.name


def test_every_number_of_the_document_is_in_the_tables(document: str, files: Files) -> None:
    assert unknown_numbers(document, files) == []


def test_every_number_of_the_readme_is_in_the_tables(files: Files) -> None:
    part = findings.MARKED.search(Path("README.md").read_text(encoding="utf-8"))
    assert part is not None
    lines = [line for line in part[0].splitlines() if line.startswith("- ")]
    assert len(lines) == 3
    assert unknown_numbers("\n".join(lines), files) == []


NUMBER = re.compile(r"(?<![\w`-])\d+\.\d{3,}(?![\w`])")


def test_a_changed_number_is_noticed(document: str, files: Files) -> None:
    """A number of each part of the text, so that no part is left out of the check."""
    parts: dict[tuple[str, str, bool], str] = {}
    source = part = ""
    for line in document.splitlines():
        source = line if line.startswith("## ") else source
        part = line if line.startswith("### ") else part
        if NUMBER.search(line) and not line.startswith("#"):
            parts.setdefault((source, part, line.startswith("- ")), line)
    assert len(parts) > 15
    for (source, _, _), line in parts.items():
        assert unknown_numbers(f"{source}\n{line}", files) == []
        # One other number may be one of the tables by chance, but not all of them.
        assert any(unknown_numbers(f"{source}\n{wrong}", files) for wrong in with_other_numbers(line)), line


def with_other_numbers(line: str) -> Iterator[str]:
    """The line with another last digit of one number, each number at a time."""
    for number in NUMBER.finditer(line):
        other = number[0][:-1] + str((int(number[0][-1]) + 5) % 10)
        yield f"{line[: number.start()]}{other}{line[number.end() :]}"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_no_number_is_typed_into_the_prose(path: Path) -> None:
    text = re.sub(r"\{\{.*?\}\}|\{%.*?%\}|`[^`]*`", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert re.findall(r"\d+", text) == []


@pytest.mark.parametrize("verdict", ["refuted", "inconclusive"])
def test_the_prose_survives_other_verdicts(report: Report, verdict: str) -> None:
    decided = verdict != "inconclusive"
    made = changed(
        report, verdict=verdict, stays=False if decided else None, reason="" if decided else "too few seeds"
    )
    text = findings.text(made, "folder")
    assert f"are {verdict}" in text
    assert ("does not stay" in text) == decided


def test_the_prose_survives_runs_that_are_not_there(report: Report) -> None:
    gone = {"evidence": "", "mean": None, "seeds": 0, "prediction_low": None, "prediction_high": None}
    why = {
        "verdict": "not tested",
        "word": "not tested",
        "reason": "no such run in this report",
        "stays": None,
    }
    text = findings.text(changed(report, **gone, **why), "folder")
    assert "ours is not measured yet" in text
    assert "not tested (no run has results yet)" in text
    assert "nan" not in text
    assert "None" not in text


def test_sentences_of_a_verdict(report: Report) -> None:
    facts = Facts(
        changed(
            report,
            verdict="supported",
            stays=True,
            evidence=(
                "lr=1: loss mean 2 [1, 3], 4 seeds; lr=2: loss 1, 4 seeds; difference +1 [+0.5, +1.5]; "
                "probability that the first beats the second 1."
            ),
        )
    )
    told = facts.judged("adder-cells", "gru-learns")
    assert told == "supported as we read it (difference +1 [+0.5, +1.5], 4 seeds)"
    facts = Facts(
        changed(report, verdict="refuted", stays=False, evidence="lr=1: loss mean 2 [1, 3], 4 seeds.")
    )
    assert (
        facts.judged("adder-cells", "gru-learns")
        == "refuted as we read it (loss mean 2 [1, 3], 4 seeds), but does not stay"
    )


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("judged", "adder-cells", "nope"), "no claim nope of study adder-cells"),
        (("ours", "nope", "rnn-loss"), "no published number rnn-loss of study nope"),
        (
            ("measured", "adder-cells", "nope/test", "loss"),
            "no row of summary is nope/test, all, loss of study adder-cells",
        ),
        (("overlap", "nope", "ten-digits/test"), "no row of overlap is ten-digits/test of study nope (base)"),
        (("mixtures", "adder-prml"), "no row of mixture has a prediction for adder-prml"),
    ],
    ids=lambda part: part[0] if isinstance(part, tuple) else "",
)
def test_a_name_that_no_row_has_is_told(report: Report, asked: tuple[str, ...], said: str) -> None:
    method, *arguments = asked
    with pytest.raises(UserError, match=re.escape(said)):
        getattr(Facts(report), method)(*arguments)


def test_the_text_names_what_the_tables_lack(report: Report) -> None:
    claims = report.tables["claims"]
    frames = report.tables.frames | {"claims": claims[claims["id"] != "mended-bidirectional-is-not-better"]}
    with pytest.raises(
        UserError, match="no claim mended-bidirectional-is-not-better of study imdb-sweeps-bidirectional"
    ):
        findings.text(Report(Tables(FOLDER, frames), report.plan), "folder")


def test_figures_that_the_text_names_are_drawn(report: Report, document: str) -> None:
    """One of each kind, to keep it cheap."""
    named = sorted(set(re.findall(r"\(`([a-z0-9-]+)`\)", document)))
    kinds = {name.rpartition("-")[2]: name for name in named}
    assert set(kinds) >= {"curves", "settings", "extrapolation", "mixture"}
    for kind, name in kinds.items():
        study = report.by_name[name.removesuffix(f"-{kind}")]
        assert [one.name for one in figures.draw(study, [kind])] == [name]


def test_bad_tables_are_refused_in_a_line_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in FOLDER.iterdir():
        if path.stem not in ("claims", "overlap", "mixture"):
            (tmp_path / path.name).symlink_to(path.resolve())
    (tmp_path / "mixture.parquet").write_bytes(b"PAR1")
    older: pa.Table = pq.read_table(FOLDER / "claims.parquet").drop_columns(["stays"])
    pq.write_table(older, tmp_path / "claims.parquet")
    with pytest.raises(SystemExit) as left:
        main(["findings", str(tmp_path)])
    assert left.value.code == 2
    told = capsys.readouterr()
    assert told.out == ""
    again = f"; make them again with `carryover reference {tmp_path} {tmp_path}`"
    claims, mixture, overlap = told.err.removeprefix("carryover: ").splitlines()
    assert claims == f"{tmp_path}/claims.parquet: not a table of this report, it has no column stays{again}"
    assert mixture.startswith(f"{tmp_path}/mixture.parquet: damaged (")
    assert overlap == f"{tmp_path}/overlap.parquet: no such table{again}"


def test_a_folder_without_a_plan_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=re.escape(f"{tmp_path}: no reference results here (no plan.json)")):
        findings.read(tmp_path)


def test_the_command_writes_both(tmp_path: Path, capsys: pytest.CaptureFixture[str], document: str) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("# Title\n<!-- findings -->\nold\n<!-- end of findings -->\nend\n", encoding="utf-8")
    with pytest.raises(SystemExit) as left:
        main(["findings", str(FOLDER), "--readme", str(readme)])
    assert left.value.code == 0
    assert capsys.readouterr().out == document
    text = readme.read_text(encoding="utf-8")
    assert text.startswith("# Title\n<!-- findings -->\nThe most surprising findings")
    assert text.endswith("<!-- end of findings -->\nend\n")
    assert "old" not in text


def test_a_readme_without_a_marked_part_is_refused(tmp_path: Path, report: Report) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("# Title\n", encoding="utf-8")
    with pytest.raises(UserError, match=re.escape(f"{readme}: no part between <!-- findings -->")):
        findings.write_readme(report, readme)


def test_tables_without_rows_make_a_short_text(report: Report) -> None:
    frames = {name: frame.iloc[:0] for name, frame in report.tables.frames.items()}
    empty = Report(Tables(FOLDER, frames), report.plan.model_copy(update={"studies": ()}))
    text = findings.text(empty, "folder")
    assert "These tables decide nothing yet." in text
    assert isinstance(frames["claims"], pd.DataFrame)
