"""CSV files are safe to open in a spreadsheet, and otherwise say what the table says."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow as pa
import pytest

from carryover.analysis.csv_files import write_csv


def written(folder: Path, cells: list[str | None]) -> list[str]:
    write_csv(pa.table({"text": pa.array(cells, pa.string()), "number": range(len(cells))}), folder / "t.csv")
    with (folder / "t.csv").open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    assert header == ["text", "number"]
    assert [row[1] for row in rows] == [str(number) for number in range(len(cells))]
    return [row[0] for row in rows]


@pytest.mark.parametrize(
    "cell",
    ['=HYPERLINK("x")', "=cmd|'/C calc'!A0", "+1+2", "-5+3", "- dull", "@SUM(1)", "\t=1", "\r=1", "=1\n2"],
)
def test_a_cell_that_would_be_a_formula_begins_with_an_apostrophe(tmp_path: Path, cell: str):
    assert written(tmp_path, [cell, "film"]) == [f"'{cell}", "film"]


def test_other_cells_stay_as_they_are(tmp_path: Path):
    cells = ["film", "a=b", "12+7=19", "-12", "+3", "-0.25", "'quoted'", 'say "no"', ""]
    assert written(tmp_path, cells) == cells
    assert written(tmp_path, [None, "=1"]) == ["", "'=1"]
