"""Results folders → run-level tables. Files that are missing, damaged or of another run are noted, one line each."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from carryover.analysis import tables
from carryover.analysis.schemas import RUNS, SCHEMAS, with_later_columns
from carryover.data.stored import CostFile, DatasetFile, RunFile, Stored
from carryover.data.table_files import Damaged, read_table
from carryover.errors import UserError
from carryover.planning.plan import Plan, PlannedRun

F = TypeVar("F", bound=Stored)

SHOWN_EXAMPLES = 12  # wrong answers kept of a run's split, of the first replicate of each point


@dataclass
class Collected:
    """Run-level tables by name, and rows of `missing`."""

    tables: dict[str, pa.Table] = field(default_factory=dict)
    missing: list[dict[str, str]] = field(default_factory=list)


def collect(plan: Plan, root: Path) -> Collected:
    """Read everything that the plan asks for under the results root."""
    collected = Collected()
    _Collector(plan, root, collected).collect()
    return collected


def point_rows(plan: Plan) -> list[dict[str, Any]]:
    """Rows of `points`: which runs make up which setting of which study."""
    return [
        {
            "study": study.name,
            "point": setting.label,
            "values": json.dumps(setting.values, ensure_ascii=False),
            "run": replicate.run,
            "evaluation": replicate.evaluation,
            "seed": replicate.seed,
            "as_published": setting.as_published,
            "differs": ", ".join(setting.differs),
        }
        for study in plan.studies
        for setting in study.settings
        for replicate in setting.replicates
    ]


class _Unusable(Exception):
    """Why a file cannot be used."""


class _Collector:
    def __init__(self, plan: Plan, root: Path, collected: Collected) -> None:
        self.plan = plan
        self.root = root
        self.out = collected

    def collect(self) -> None:
        datasets = [row for address in self.plan.datasets for row in self._dataset(address)]
        runs, settings, costs = [], [], []
        histories: list[pa.Table] = []
        for address, planned in self.plan.runs.items():
            identity = planned.settings.identity()
            row = self._run(address, planned, identity)
            if row is None:
                continue
            runs.append(row)
            settings.append(identity)
            histories += self._parquet("run", address, "history.parquet", "history", {"run": address})
            costs += self._cost("run", address, address)
        known = {row["run"] for row in runs}
        shown = {setting.runs[0] for study in self.plan.studies for setting in study.settings if setting.runs}
        metrics: list[pa.Table] = []
        overlaps: list[pa.Table] = []
        examples: list[pa.Table] = []
        for address, evaluation in self.plan.evaluations.items():
            run = evaluation.run
            if run not in known:
                continue  # reported with the run
            metrics += self._parquet("evaluation", address, "metrics.parquet", "metrics", {"run": run})
            overlaps += self._parquet("evaluation", address, "overlap.parquet", "overlap", {"run": run})
            if run in shown:
                examples += self._examples(address, run)
            costs += self._cost("evaluation", address, run)
        self.out.tables = {
            "datasets": tables.as_table("datasets", datasets),
            "runs": tables.runs_table(runs, settings),
            "points": tables.as_table("points", point_rows(self.plan)),
            "metrics": _together("metrics", metrics),
            "history": _together("history", histories),
            "costs": tables.as_table("costs", costs),
            "overlap": _together("overlap", overlaps),
            "examples": _together("examples", examples),
        }

    # --- one folder each ---

    def _dataset(self, address: str) -> list[dict[str, Any]]:
        planned = self.plan.datasets[address]
        data = self._json("dataset", address, "dataset.json", DatasetFile, planned.settings.identity())
        digests = {} if data is None else data.digests
        return [
            {
                "dataset": address,
                "task": planned.task,
                "split": split,
                "rows": rows,
                "digest": digests.get(split),
            }
            for split, rows in sorted(planned.rows.items())  # as plan.json has them
        ]

    def _run(self, address: str, planned: PlannedRun, settings: Mapping[str, Any]) -> dict[str, Any] | None:
        data = self._json("run", address, "run.json", RunFile, settings)
        if data is None:
            return None
        return data.model_dump(include=set(RUNS.names)) | {
            "run": address,
            "task": planned.task,
            "dataset": planned.dataset,
            "seed": planned.seed,
        }

    def _cost(self, kind: str, address: str, run: str) -> list[dict[str, Any]]:
        data = self._json(kind, address, "cost.json", CostFile)
        if data is None:
            return []
        stage = "train" if kind == "run" else "evaluate"
        return [data.model_dump(include=set(SCHEMAS["costs"].names)) | {"run": run, "stage": stage}]

    def _examples(self, address: str, run: str) -> list[pa.Table]:
        files = self._parquet("evaluation", address, "examples.parquet", "examples", {"run": run}, "question")
        kept = []
        for table in files:
            pairs = (
                table.select(["suite", "split"]).group_by(["suite", "split"], use_threads=False).aggregate([])
            )
            for pair in pairs.to_pylist():
                mine = pc.and_(
                    pc.equal(table["suite"], pair["suite"]), pc.equal(table["split"], pair["split"])
                )
                kept.append(table.filter(mine).slice(0, SHOWN_EXAMPLES))
        return kept

    # --- files ---

    def _path(self, kind: str, address: str, name: str) -> Path:
        return self.root / f"{kind}s" / address / name

    def _missing(self, kind: str, address: str, file: str, what: str, why: str) -> None:
        self.out.missing.append({"kind": kind, "address": address, "file": file, "what": what, "why": why})

    def _json(self, kind: str, address: str, name: str, shape: type[F], settings: Any = None) -> F | None:
        """A JSON file of this shape, or None with the reason noted. Where `settings` are given, its must be these."""
        path = self._path(kind, address, name)
        if not path.exists():
            self._missing(kind, address, name, "missing", "no such file")
            return None
        try:
            data = shape.read(path)
        except UserError as error:
            self._missing(kind, address, name, "damaged", str(error).removeprefix(f"{path}: "))
            return None
        if settings is not None and not _agree(getattr(data, "settings", None), settings):
            self._missing(kind, address, name, "foreign", "its settings are not those of the plan")
            return None
        return data

    def _parquet(
        self,
        kind: str,
        address: str,
        name: str,
        table: str,
        fixed: Mapping[str, str],
        required: str | None = None,
    ) -> list[pa.Table]:
        """A Parquet file as a table of this name without rows that lack `required`, or nothing, the reason noted."""
        path = self._path(kind, address, name)
        try:
            return [_read_as(path, table, fixed, required)]
        except FileNotFoundError:
            self._missing(kind, address, name, "missing", "no such file")
        except _Unusable as error:
            self._missing(kind, address, name, "foreign", str(error))
        except Damaged as damage:
            self._missing(kind, address, name, "damaged", str(damage))
        return []


def _read_as(path: Path, name: str, fixed: Mapping[str, str], required: str | None) -> pa.Table:
    schema = SCHEMAS[name]
    content = with_later_columns(name, read_table(path, schema.names))
    lacking = [column for column in schema.names if column not in {*content.column_names, *fixed}]
    if lacking:
        raise _Unusable(f"it has no column {lacking[0]!r}")
    for column, value in fixed.items():
        if (
            column in content.column_names
            and not pc.all(pc.equal(content[column], value)).as_py()
            and content.num_rows
        ):
            raise _Unusable(f"its {column} is not {value}")
    if required is not None:
        content = content.filter(pc.is_valid(content[required]))
    columns = [
        content[column].cast(kind)
        if column in content.column_names
        else pa.chunked_array([pa.repeat(pa.scalar(fixed[column], kind), content.num_rows)])
        for column, kind in zip(schema.names, schema.types, strict=True)
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _together(name: str, parts: list[pa.Table]) -> pa.Table:
    return pa.concat_tables(parts) if parts else SCHEMAS[name].empty_table()


def _agree(stored: Any, planned: Any) -> bool:
    """Whether a file's settings equal the plan's. A setting that one of them leaves out has its default there."""
    if isinstance(stored, Mapping) and isinstance(planned, Mapping):
        return all(_agree(stored[key], planned[key]) for key in stored.keys() & planned.keys())
    if isinstance(stored, float) or isinstance(planned, float):
        try:
            return math.isclose(stored, planned, rel_tol=1e-12)
        except TypeError:
            return False
    return bool(stored == planned)
