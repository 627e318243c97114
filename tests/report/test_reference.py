"""The page's comparison with committed reference results."""

from __future__ import annotations

import statistics
from pathlib import Path

import pyarrow as pa

from carryover.analysis import tables
from carryover.analysis.schemas import RUNS, SCHEMAS
from carryover.report.markup import NOTHING
from carryover.report.sections.reference import compared

SPLIT = {"suite": "s", "split": "test", "stratum": "all", "metric": "exact_match"}


def folder(path: Path, means: list[float], digest: str, verdict: str) -> Path:
    """A folder of tables with one study of one point and as many seeds as means."""
    made: dict[str, pa.Table] = {name: tables.as_table(name, []) for name in SCHEMAS}
    runs = [f"run-{seed}" for seed in range(len(means))]
    made["runs"] = pa.Table.from_pylist(
        [{"run": run, "seed": seed, "checkpoint_digest": digest} for seed, run in enumerate(runs)],
        schema=RUNS,
    )
    made["points"] = tables.as_table(
        "points", [{"study": "a", "point": "base", "run": run, "seed": seed} for seed, run in enumerate(runs)]
    )
    spread = {"mean": statistics.mean(means), "sd": statistics.pstdev(means), "seeds": len(means)}
    made["summary"] = tables.as_table("summary", [{"study": "a", "point": "base", **SPLIT, **spread}])
    made["claims"] = tables.as_table("claims", [{"study": "a", "id": "c", "verdict": verdict}])
    tables.write(made, path)
    return path


def test_equal_results_have_nothing_to_list(tmp_path: Path) -> None:
    a = folder(tmp_path / "a", [0.5, 0.51, 0.49], "d", "supported")
    found = compared(a, a)
    assert found.tables == []
    assert found.sentences[1].startswith("3 of those in both have the same checkpoint")


def test_differences_beyond_the_seeds_and_changed_verdicts_are_listed(tmp_path: Path) -> None:
    a = folder(tmp_path / "a", [0.5, 0.51, 0.49], "d", "supported")
    b = folder(tmp_path / "b", [0.9, 0.91, 0.89], "e", "refuted")
    found = compared(a, b)
    assert found.sentences[1].startswith("0 of those in both have the same checkpoint")
    assert {table.name: len(table.rows) for table in found.tables} == {
        "reference-means": 1,
        "reference-words": 1,
    }
    shown = [str(cell.html) for cell in found.tables[1].rows[0]]
    assert shown == ["a", "c", str(NOTHING), "supported", "refuted"]


def test_a_reference_that_is_not_there_or_damaged_does_not_stop_the_page(tmp_path: Path) -> None:
    a = folder(tmp_path / "a", [0.5, 0.51, 0.49], "d", "supported")
    assert compared(a, tmp_path / "nowhere").sentences == [
        "There is nothing to compare with: no results lie there."
    ]
    b = folder(tmp_path / "b", [0.5], "d", "supported")
    (b / "summary.parquet").write_bytes(b"damaged")
    found = compared(a, b)
    assert found.sentences[0].startswith("Not available:")
