"""Reference results: tables in the repository that grow with the runs of any machine.

A reference folder holds a plan of its runs, the run-level tables, the tables made from both, and the provenance of
every report that was merged into it. Merging replaces the old rows of a run by its new rows. Statistics are then
computed again over all runs, so merging the same report twice changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from carryover.analysis import tables
from carryover.analysis.aggregate import analyse
from carryover.analysis.collect import point_rows
from carryover.analysis.schemas import RUNS, SCHEMAS
from carryover.data.files import read_json, write_json
from carryover.data.stored import ReferenceProvenance
from carryover.errors import UserError
from carryover.planning.expanded import with_all_replicates
from carryover.planning.plan import Part, Plan, PlannedRun, PlannedStudy, Reading, Setting
from carryover.planning.root import Root
from carryover.planning.runs import without_seeds
from carryover.planning.sweep import difference
from carryover.settings.canonical import canonical_json
from carryover.tasks import TASKS

P = TypeVar("P", bound=Part)

# The run-level tables, with the column that says whose a row is.
OWNED = {
    "runs": "run",
    "metrics": "run",
    "history": "run",
    "costs": "run",
    "overlap": "run",
    "examples": "run",
    "datasets": "dataset",
}
CSV_ROWS = 5000  # a table of more rows is kept as Parquet alone
PROVENANCE = "provenance.json"
# An absolute path, of which the file's name stays, or its place in the config.
_FOLDERS = re.compile(r"""(?<![\w.~-])/(?:[^\s/"',]+/)*?(config/[^\s"',]+|[^\s/"',]+)(?=[\s"',]|$)""")


def merge(report_tables: Path, reference: Path) -> str:
    """Merge a report's tables into the reference folder, and say in one line what was added and replaced.

    report_tables: the `tables` folder of a report, beside its plan.json and provenance.json, or another reference
    folder. If it is the reference folder itself, today's analysis makes its tables again, and nothing else changes.
    Raises UserError if it is neither, or has no runs.
    """
    if not report_tables.is_dir():
        raise UserError(
            f"{report_tables}: no such folder; give a report's tables, such as results/reports/full/tables"
        )
    _refuse_foreign(reference)
    plan = Plan.read(_beside(report_tables, "plan.json"))
    merged = {name: tables.read(report_tables, name) for name in OWNED}
    brought = merged["runs"]["run"].to_pylist()
    if not brought:
        raise UserError(f"{report_tables}: there are no runs in these tables; run the workflow first")
    before: set[str] = set()
    if (reference / "plan.json").exists():
        old_plan = Plan.read(reference / "plan.json")
        old = {name: tables.read(reference, name) for name in OWNED}
        before = set(old["runs"]["run"].to_pylist())
        # A new study may have settings whose runs the reference holds already, for another study.
        known = before | set(brought)
        plan = _merged(old_plan, _with_results(plan, known), set(brought))
        plan = _with_shared(_with_results(plan, known))
        merged = {name: _joined(name, old[name], merged[name]) for name in OWNED}
    else:
        plan = _with_results(plan, set(brought))
    merged = {name: _sorted(name, _of_plan(name, table, plan)) for name, table in merged.items()}
    merged["examples"] = _without_texts_of_others(merged["examples"], plan)
    settings = [plan.runs[run].settings.identity() for run in merged["runs"]["run"].to_pylist()]
    merged["runs"] = tables.runs_table(merged["runs"].to_pylist(), settings)
    merged["points"] = tables.as_table("points", point_rows(plan))
    plan = _anywhere(plan)
    provenance = _with_provenance(report_tables, reference, brought)
    made = {**analyse(plan, merged), "missing": tables.as_table("missing", [])}
    tables.write(made, reference, csv_rows=CSV_ROWS)
    plan.write(reference / "plan.json")
    write_json(reference / PROVENANCE, provenance)
    replaced = len(before & set(brought))
    return f"{reference}: {len(brought) - replaced} runs added, {replaced} replaced, {merged['runs'].num_rows} in all"


def _refuse_foreign(folder: Path) -> None:
    """Raise UserError where a folder is somebody else's: it holds things, and none of them is a reference's plan."""
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder}: no folder; name a new folder, or one of reference results")
    if folder.is_dir() and not (folder / "plan.json").exists() and any(folder.iterdir()):
        raise UserError(
            f"{folder}: holds files, but no reference results (no plan.json); name a new folder, or one that "
            "`carryover reference` made"
        )


def _beside(report_tables: Path, name: str) -> Path:
    """A report has its plan above its tables, a reference beside them."""
    inside = report_tables / name
    return inside if inside.exists() else report_tables.parent / name


def _with_results(plan: Plan, known: set[str]) -> Plan:
    """The part of the plan with the runs that have results and belong to a study, and with everything they need."""
    studies = []
    for study in plan.studies:
        settings = [one for one in _of_runs(study.settings, known) if one.replicates]
        readings = [_changed(one, settings=_of_runs(one.settings, known)) for one in study.readings]
        if settings:
            studies.append(_changed(study, settings=tuple(settings), readings=tuple(readings)))
    wanted = {run for study in studies for run in (*study.runs, *study.runs_of_readings)}
    runs = {key: run for key, run in sorted(plan.runs.items()) if key in wanted}
    evaluations = {key: one for key, one in sorted(plan.evaluations.items()) if one.run in runs}
    used = {run.dataset for run in runs.values()}
    used |= {split.dataset for one in evaluations.values() for split in one.splits}
    datasets = {key: dataset for key, dataset in sorted(plan.datasets.items()) if key in used}
    return _changed(plan, datasets=datasets, runs=runs, evaluations=evaluations, studies=tuple(studies))


def _of_runs(settings: Iterable[Setting], known: set[str]) -> tuple[Setting, ...]:
    """The settings with those of their replicates that have results."""
    return tuple(
        _changed(setting, replicates=tuple(one for one in setting.replicates if one.run in known))
        for setting in settings
    )


def _changed(part: P, **changes: Any) -> P:
    """The same part of a plan with other values."""
    return part.model_copy(update=changes)


def _merged(old: Plan, new: Plan, brought: set[str]) -> Plan:
    """Both plans as one. If both have a study, the new text, claims and published numbers hold for all its settings.

    brought: the runs whose results are new; the others keep the evaluation that they have.
    """
    runs = {**old.runs, **new.runs}
    both = {**old.evaluations, **new.evaluations}
    evaluation_of = {one.run: key for key, one in old.evaluations.items()}
    evaluation_of |= {one.run: key for key, one in new.evaluations.items() if one.run in brought}
    evaluations = {key: both[key] for key in evaluation_of.values()}
    studies = {study.name: study for study in old.studies}
    for study in new.studies:
        before = studies.get(study.name)
        settings = _merged_settings(before.settings if before else (), study.settings, runs)
        merged = _changed(study, settings=settings)
        readings = _merged_readings(before.readings if before else (), merged, runs)
        studies[study.name] = _changed(merged, readings=readings)
    evaluated_anew = [
        _changed(
            study,
            settings=_evaluated(study.settings, evaluation_of),
            readings=tuple(
                _changed(one, settings=_evaluated(one.settings, evaluation_of)) for one in study.readings
            ),
        )
        for _, study in sorted(studies.items())
    ]
    return _changed(
        new,
        datasets={**old.datasets, **new.datasets},
        runs=runs,
        evaluations=evaluations,
        studies=tuple(evaluated_anew),
        titles=new.titles.over(old.titles),
    )


def _with_shared(plan: Plan) -> Plan:
    """The plan with every run in each setting that it is a replicate of: studies may share runs, as in any plan."""
    seeds = sorted({run.seed for run in plan.runs.values()})
    evaluation_of = {one.run: key for key, one in plan.evaluations.items()}

    def whole(study: PlannedStudy, setting: Setting) -> Setting:
        base = plan.runs[setting.runs[0]].settings
        return with_all_replicates(setting, base, study.redraw_data, seeds, evaluation_of)

    studies = (
        _changed(study, settings=tuple(whole(study, setting) for setting in study.settings))
        for study in plan.studies
    )
    return _changed(plan, studies=tuple(studies))


def _evaluated(settings: Iterable[Setting], evaluation_of: Mapping[str, str]) -> tuple[Setting, ...]:
    return tuple(_with_evaluations(setting, evaluation_of) for setting in settings)


def _with_evaluations(setting: Setting, evaluation_of: Mapping[str, str]) -> Setting:
    """A setting whose replicates name the newest evaluation of their run."""
    replicates = tuple(
        _changed(one, evaluation=evaluation_of.get(one.run, one.evaluation)) for one in setting.replicates
    )
    return _changed(setting, replicates=replicates)


def _merged_settings(
    old: Iterable[Setting], new: Iterable[Setting], runs: Mapping[str, PlannedRun]
) -> tuple[Setting, ...]:
    """Settings by label, the new ones first. A setting in both keeps old runs that are replicates of its new ones."""
    merged = {setting.label: setting for setting in new}
    for setting in old:
        if setting.label not in merged:
            merged[setting.label] = setting
            continue
        same = merged[setting.label]
        now = set(same.runs)
        settings = [_without_seeds(runs[run]) for run in now]
        kept = [
            one
            for one in setting.replicates
            if one.run not in now and _without_seeds(runs[one.run]) in settings
        ]
        replicates = sorted([*kept, *same.replicates], key=lambda one: (one.seed, one.run))
        merged[setting.label] = _changed(same, replicates=tuple(replicates))
    return tuple(merged.values())


def _merged_readings(
    old: Iterable[Reading], study: PlannedStudy, runs: Mapping[str, PlannedRun]
) -> tuple[Reading, ...]:
    """The readings of the new study, with the runs that the old ones had of the same settings."""
    before = {_name(reading): reading.settings for reading in old}
    own = {setting.label: runs[setting.runs[0]] for setting in study.settings}
    merged = []
    for reading in study.readings:
        kept = {setting.label: setting for setting in before.get(_name(reading), ())}
        settings = []
        asked = {setting.label: setting for setting in reading.settings}
        # The new plan may have some settings of the study alone. The others keep the runs that they had.
        others = {label: _changed(one, replicates=()) for label, one in kept.items() if label in own}
        for label, setting in (asked | {key: one for key, one in others.items() if key not in asked}).items():
            had = kept[label].replicates if label in kept else ()
            ours = own.get(label)
            new = {one.run for one in setting.replicates}
            fitting = [
                one
                for one in had
                if ours and one.run not in new and _differs_in(reading, runs[one.run], ours)
            ]
            replicates = sorted([*fitting, *setting.replicates], key=lambda one: (one.seed, one.run))
            settings.append(_changed(setting, replicates=tuple(replicates)))
        merged.append(_changed(reading, settings=tuple(settings)))
    return tuple(merged)


def _name(reading: Reading) -> str:
    return canonical_json([reading.path, reading.base, reading.value])


def _differs_in(reading: Reading, run: PlannedRun, ours: PlannedRun) -> bool:
    """Whether a run differs from one of the study's own reading in what the reading changes alone."""
    allowed = (reading.path, "dataset.rows.train")  # a larger batch of a fresh order has more rows
    found = difference(_without_seeds(run), _without_seeds(ours))
    return all(f"{path}.".startswith(tuple(f"{one}." for one in allowed)) for path in found)


def _without_seeds(run: PlannedRun) -> dict[str, Any]:
    """The settings that all replicates share."""
    return without_seeds(run.settings.complete())


def _joined(name: str, old: pa.Table, new: pa.Table) -> pa.Table:
    """The old rows of owners without new rows, then the new rows."""
    fixed = RUNS if name == "runs" else SCHEMAS[name]
    owner = OWNED[name]
    kept = old.filter(pc.invert(pc.is_in(old[owner], value_set=pc.unique(new[owner]))))
    return pa.concat_tables([kept.select(fixed.names), new.select(fixed.names)])


def _of_plan(name: str, table: pa.Table, plan: Plan) -> pa.Table:
    wanted = list(plan.datasets if name == "datasets" else plan.runs)
    return table.filter(pc.is_in(table[OWNED[name]], value_set=pa.array(wanted, pa.string())))


def _without_texts_of_others(examples: pa.Table, plan: Plan) -> pa.Table:
    """Examples without those that other people wrote, because we may not distribute these."""
    theirs = [run for run, planned in plan.runs.items() if TASKS[planned.task].texts_of_others]
    return examples.filter(pc.invert(pc.is_in(examples["run"], value_set=pa.array(theirs, pa.string()))))


def _sorted(name: str, table: pa.Table) -> pa.Table:
    """Rows sorted by owner, so that the order of merging does not matter. The rows of one owner keep their order."""
    owners = table[OWNED[name]].to_numpy(zero_copy_only=False)
    return table.take(np.argsort(owners.astype(str), kind="stable"))


def _with_provenance(report_tables: Path, reference: Path, runs: list[str]) -> dict[str, Any]:
    """The reference's provenance with the report's, and the runs that it brought; the same provenance once.

    Raises UserError where the reference's is damaged.
    """
    path = reference / PROVENANCE
    merged = ReferenceProvenance.read(path).model_dump()["merged"] if path.exists() else []
    if report_tables.resolve() == reference.resolve():
        return {"merged": [_without_folders(one) for one in merged]}
    source = _beside(report_tables, PROVENANCE)
    entry = {"runs": sorted(runs), "provenance": read_json(source) if source.exists() else None}
    entries = [_without_folders(one) for one in (*merged, entry)]
    return {"merged": [one for one in entries[:-1] if one != entries[-1]] + entries[-1:]}


def _anywhere(plan: Plan) -> Plan:
    """The plan without the folders of the machine that made it: a reference is read elsewhere."""
    studies = (_changed(study, file=_FOLDERS.sub(r"\1", study.file)) for study in plan.studies)
    return _changed(plan, results=Root.model_fields["results"].default, studies=tuple(studies))


def _without_folders(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry of provenance whose command names files, and not where they were."""
    about = entry["provenance"]
    if not about or not isinstance(about.get("command"), str):
        return entry
    return entry | {"provenance": about | {"command": _FOLDERS.sub(r"\1", about["command"])}}
