"""A config overlay that asks for certain seeds of certain settings, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from carryover.data.files import atomic_path
from carryover.errors import UserError
from carryover.manage.reachable import Place
from carryover.planning.plan import Plan

NAME = "decide"


def overlay(asked: Plan, seeds: Mapping[Place, Sequence[int]]) -> dict[str, Any]:
    """The keys of the overlay. `asked`: a plan that has every setting; `seeds`: those of each setting to train."""
    studies = dict.fromkeys(study for study, _ in seeds)
    return {
        "name": NAME,
        "scale": asked.scale,
        "readings": False,
        "only": list(studies),
        "seeds": {study: _of_study(asked, study, seeds) for study in studies},
    }


def _of_study(asked: Plan, study: str, seeds: Mapping[Place, Sequence[int]]) -> Any:
    """A study's seeds: one entry if all its settings have the same, else one for each setting."""
    (planned,) = (one for one in asked.studies if one.name == study)
    by_label = {
        setting.label: _listed(seeds[study, setting.label])
        for setting in planned.settings
        if (study, setting.label) in seeds
    }
    values = list(by_label.values())
    same = len(values) == len(planned.settings) and all(one == values[0] for one in values)
    return values[0] if same else by_label


def _listed(seeds: Sequence[int]) -> int | list[int]:
    return len(seeds) if list(seeds) == list(range(len(seeds))) else list(seeds)


def refuse(path: Path, force: bool) -> None:
    """Raise UserError where the overlay cannot be written: a file is there, or what leads to it is no folder."""
    if path.is_dir():
        raise UserError(f"--out {path}: is a folder; name a file, such as decide.yaml")
    if path.exists() and not force:
        raise UserError(
            f"--out {path}: the file is there already; give --force to replace it, or another --out"
        )


def write(path: Path, keys: Mapping[str, Any], remarks: Sequence[str]) -> None:
    """Write the overlay, atomically. remarks: lines of its comment."""
    comment = "".join(f"# {line}\n" for line in remarks)
    text = yaml.safe_dump(dict(keys), sort_keys=False, allow_unicode=True, width=100, default_flow_style=None)
    with atomic_path(path) as temporary:
        temporary.write_text(comment + text, encoding="utf-8")
