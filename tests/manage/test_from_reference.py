"""A report of reference results needs their tables and plan, and no run."""

from __future__ import annotations

from pathlib import Path

import pytest

from carryover import cli
from carryover.analysis import tables
from carryover.analysis.schemas import LATER
from carryover.data.table_files import write_table
from carryover.errors import UserError
from carryover.manage.from_reference import lay_out
from carryover.planning.plan import Plan
from carryover.report import tables as of_report
from carryover.report.sections import claims, published
from carryover.report.view import Report

REFERENCE = Path(__file__).parents[2] / "results" / "reference" / "full"


def test_tables_and_plan_lie_where_a_report_has_them(tmp_path: Path) -> None:
    folder = lay_out(REFERENCE, tmp_path / "results")
    assert folder == tmp_path / "results" / "reports" / "reference-full"
    for name in ("runs", "claims", "summary"):
        assert tables.read(folder / "tables", name).equals(tables.read(REFERENCE, name))
    plan = Plan.read(folder / "plan.json")
    assert plan.name == "reference-full"
    assert plan.runs == Plan.read(REFERENCE / "plan.json").runs
    report = Report.read(folder)
    assert not report.tables.problems
    assert {study.name for study in report.studies} == {study.name for study in plan.studies}
    # Its own plan has no titles, so those of the shipped config stand in for them.
    assert report.by_name["adder-cells"].split_name(("test-lengths", "digits-50")) == "50-digit sums"
    assert report.names.dataset("three-dataset2") == "two-digit sums"
    # It has no runs of its own, so nothing is shown beside those of the reference.
    study = report.by_name["adder-cells"]
    assert {side.name for one in claims.of_study(study) for side in one.sides} == {"Committed reference"}
    numbers = published.of_study(study)
    assert numbers is not None
    assert [column.head for column in numbers.columns] == [
        "Verdict",
        "Number",
        "Published",
        "Committed reference",
    ]


def test_what_is_no_reference_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"--from .*nothing: no reference results here \(no plan.json\)"):
        lay_out(tmp_path / "nothing", tmp_path / "results")
    assert not (tmp_path / "results").exists()


def test_a_missing_table_is_told_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_bytes((REFERENCE / "plan.json").read_bytes())
    with pytest.raises(UserError, match=r"runs.parquet: no such table"):
        lay_out(tmp_path, tmp_path / "results")
    assert not (tmp_path / "results").exists()


def test_columns_that_came_later_are_empty_in_older_tables(tmp_path: Path) -> None:
    stored = tables.read(REFERENCE, "overlap")
    later = LATER["overlap"]
    older = stored.drop_columns([name for name in later if name in stored.column_names])
    write_table(tmp_path / "tables/overlap.parquet", older)
    read = tables.read(tmp_path / "tables", "overlap")
    assert read.drop_columns(list(later)).equals(older)
    frame = of_report.read(tmp_path / "tables")["overlap"]
    assert len(frame) == older.num_rows > 0
    for name in later:
        assert read[name].null_count == older.num_rows
        assert frame[name].isna().all()


def test_the_report_goes_to_the_results_folder_of_the_config(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = tmp_path / "someone-else"
    elsewhere.mkdir()
    (elsewhere / "letter.txt").write_text("mine", encoding="utf-8")
    options = ["report", "--from", str(REFERENCE), "--config", f"results={elsewhere}"]
    with pytest.raises(SystemExit, match="2"):
        cli.main(options)
    assert "--config: results: it holds 'letter.txt'" in capsys.readouterr().err
    assert [file.name for file in elsewhere.iterdir()] == ["letter.txt"]
