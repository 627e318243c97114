"""Which trained models a report offers to play with, and the few small ones that are committed with a reference."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from carryover.data.files import atomic_path, read_json, write_json
from carryover.planning.plan import Plan
from carryover.planning.runs import without_seeds
from carryover.report.play import fits
from carryover.training.trained import read

MODELS = "models"  # the folder of committed models, in a reference and in a report of it
CHECKPOINT = "model.safetensors"
PROVENANCE = "provenance.json"


def folders(report_dir: Path, plan: Plan) -> list[Path]:
    """The run folders of the models that a report offers: its own runs, else the committed ones of its reference."""
    places = [report_dir / MODELS, *([Path(plan.reference) / MODELS] if plan.reference else [])]
    return trained(report_dir, plan) or next(filter(None, map(_in, places)), [])


def trained(report_dir: Path, plan: Plan) -> list[Path]:
    """The folders of the runs that the plan's studies offer, as far as they are trained."""
    runs = report_dir.resolve().parents[1] / "runs"  # from results/reports/<name>
    named = dict.fromkeys(run for study in plan.studies for run in study.play)
    return [runs / run for run in named if (runs / run / CHECKPOINT).is_file()]


def copy(reference: Path, report_dir: Path) -> None:
    """Put the committed models of a reference into a report of it."""
    _copy(_in(reference / MODELS), report_dir / MODELS)


def keep(report_dir: Path, reference: Path) -> list[str]:
    """Commit the models that a report's studies offer, and that fit on a page, with a reference. Returns their names.

    One replicate is enough to play with: a model is left out where the reference has one of another seed.
    models/provenance.json of the reference has the provenance of the report that trained each, without its digests:
    run.json has those of the model.
    """
    plan, about, file = report_dir / "plan.json", report_dir / PROVENANCE, reference / MODELS / PROVENANCE
    if not plan.is_file():  # the tables of another reference
        return []
    there = {run.name: _without_seeds(run) for run in _in(file.parent)}
    new = [
        run
        for run in trained(report_dir, Plan.read(plan))
        if run.name in there or _without_seeds(run) not in there.values()
    ]
    kept = [run for run in new if fits(read(run))]
    if kept:
        _copy(kept, file.parent)
        source = read_json(about) if about.is_file() else {}
        source.pop("digests", None)
        write_json(file, (read_json(file) if file.is_file() else {}) | {run.name: source for run in kept})
    return [run.name for run in kept]


def _without_seeds(run: Path) -> dict[str, Any]:
    return without_seeds(read_json(run / "run.json")["settings"])


def _in(folder: Path) -> list[Path]:
    return sorted(path.parent for path in folder.glob(f"*/{CHECKPOINT}"))


def _copy(runs: Iterable[Path], out: Path) -> None:
    for run in runs:
        for name in (CHECKPOINT, "run.json"):
            with atomic_path(out / run.name / name) as path:
                shutil.copyfile(run / name, path)
