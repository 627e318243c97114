"""JSON Schemas of what users write, so that editors complete and check the YAML files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from carryover.planning.load import SuitesFile
from carryover.planning.root import Root
from carryover.planning.titles import Titled
from carryover.settings.base import Settings
from carryover.settings.study import Study
from carryover.settings.texts import Name
from carryover.tasks import TASKS
from carryover.tasks.datasets import Dataset


class DatasetsFile(Settings):
    """A file of config/datasets: names and settings."""

    datasets: dict[Name, Dataset]


FILES: dict[str, type[Settings]] = {
    "config": Root,
    "datasets": DatasetsFile,
    "suites": SuitesFile,
    "study": Study,
}


def schemas() -> dict[str, dict[str, Any]]:
    """The schema of each kind of file."""
    return {name: _with_titles(_with_tasks(model.model_json_schema())) for name, model in FILES.items()}


def _with_tasks(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema in which the task of a study or a suite is one of TASKS, which their settings do not know."""
    for part in (schema, *schema.get("$defs", {}).values()):
        task = part.get("properties", {}).get("task", {"const": None})
        if "const" not in task:
            part["properties"]["task"] = {"enum": [*TASKS], **task}
    return schema


def _with_titles(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema in which a named dataset may have a title, which its settings do not know."""
    for part in schema.get("$defs", {}).values():
        if "const" in part.get("properties", {}).get("task", {}):
            part["properties"] = Titled.model_json_schema()["properties"] | part["properties"]
    return schema


def write_schemas(folder: Path) -> list[Path]:
    """Write `<kind>.schema.json` files and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, schema in schemas().items():
        path = folder / f"{name}.schema.json"
        path.write_text(json.dumps(schema, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        paths.append(path)
    return paths
