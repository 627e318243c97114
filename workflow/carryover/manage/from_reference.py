"""A report of reference results alone: no run of one's own is needed."""

from __future__ import annotations

import shutil
from pathlib import Path

from carryover.analysis import tables
from carryover.analysis.evidence import Reference, evidence
from carryover.analysis.schemas import NEW, SCHEMAS
from carryover.data.files import atomic_path
from carryover.data.results_folder import foreign, mark
from carryover.errors import UserError
from carryover.planning.plan import read_reference
from carryover.planning.shipped_titles import shipped_titles


def lay_out(reference: Path, results: Path) -> Path:
    """Put the tables and the plan of a reference where a report has them, and return that report's folder.

    Raises UserError where `reference` is no folder of reference results, or `results` cannot hold any.
    """
    plan = read_reference(reference, f"--from {reference}")
    problem = foreign(results)
    if problem:
        raise UserError(f"{results}: {problem}; run in a folder whose results/ can hold the report")
    later = [name for name in NEW if not (reference / f"{name}.parquet").exists()]
    needed = [name for name in SCHEMAS if not name.startswith("evidence") and name not in later]
    for name in ("runs", *needed):
        tables.read(reference, name)  # a table that is missing or damaged is told before anything is written
    mark(results)
    folder = results / "reports" / f"reference-{reference.resolve().name}"
    for file in sorted(reference.glob("*")):
        if file.suffix in (".parquet", ".csv", ".tex"):
            with atomic_path(folder / "tables" / file.name) as path:
                shutil.copyfile(file, path)
    tables.write({name: SCHEMAS[name].empty_table() for name in later}, folder / "tables")
    # No run is the report's own, so that all evidence is the reference's.
    tables.write(evidence(plan, {}, Reference(reference, plan)), folder / "tables")
    titles = plan.titles.over(shipped_titles())
    changed = plan.model_copy(update={"name": folder.name, "reference": None, "titles": titles})
    changed.write(folder / "plan.json")
    return folder
