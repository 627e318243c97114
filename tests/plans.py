"""Plans made by hand: what a test does not say is filled in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from carryover.planning.plan import Plan

DATASET = {
    "task": "digit_sum",
    "distribution": {"kind": "uniform_length", "shortest": 1, "longest": 9},
    "seed": 0,
    "rows": {"train": 100, "test": 50},
}
SETTINGS = {
    "dataset": DATASET,
    "model": {"kind": "tagger"},
    "training": {"steps": 1000, "batch": 10},
    "seed": 0,
}
STUDY = {
    "title": "A study",
    "question": "Does it?",
    "report": "adder-prml",
    "task": "digit_sum",
    "notes": "",
    "file": "config/studies/a.yaml",
    "base": {"dataset": "uniform", "model": {}, "training": {}},
    "swept": [],
    "unstated": [],
    "redraw_data": False,
    "suites": ["own"],
    "published": [],
    "claims": [],
    "points": [],
}


def joined(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Nested settings with some changed. A part of another kind or task replaces the whole."""
    new = dict(base)
    for key, value in changes.items():
        inner = new.get(key)
        same_kind = not isinstance(value, Mapping) or not {"kind", "task"} & value.keys()
        nested = isinstance(value, Mapping) and isinstance(inner, Mapping) and same_kind
        new[key] = joined(inner, value) if nested else value
    return new


def plan(
    datasets: Mapping[str, Any] | None = None,
    runs: Mapping[str, Any] | None = None,
    evaluations: Mapping[str, Any] | None = None,
    studies: list[dict[str, Any]] | None = None,
    **more: Any,
) -> Plan:
    """A plan of datasets (settings), runs (dataset, settings, steps), evaluations and studies."""
    data = {
        "format": 1,
        "name": "test",
        "scale": "quick",
        "results": "results",
        "datasets": {key: {"settings": settings} for key, settings in (datasets or {}).items()},
        "runs": {
            key: {"dataset": "d-1", "steps": 1000}
            | run
            | {"settings": joined(SETTINGS, run.get("settings", {}))}
            for key, run in (runs or {}).items()
        },
        "evaluations": evaluations or {},
        "studies": [STUDY | study for study in studies or []],
        **more,
    }
    return Plan.model_validate_json(json.dumps(data))
