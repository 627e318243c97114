"""Removes results that no config asks for, and nothing else."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from carryover.data.results_folder import ADDRESS, MARKER, is_marked
from carryover.data.shards import NAME as SHARD
from carryover.errors import UserError
from carryover.manage.inventory import FILES, KINDS, addresses, readable_bytes, size_of
from carryover.manage.status import RULES, SHARD_LOGS
from carryover.planning.plan import Plan

BY_HAND = "-by-hand"  # how the folder of an evaluation of `carryover train` ends, after the run's address
PARTIAL = re.compile(r"\..+\.[0-9]+\.partial")  # what a killed job was writing
LOG = re.compile(r"(?P<address>.+)\.log(\.attempt-[0-9]+)?")
STATE = ("lock", "holder.json", "state.safetensors")


@dataclass(frozen=True)
class Orphans:
    """Results that no config asks for. `left`: files and folders beside them that are no results, and stay."""

    folders: tuple[Path, ...]
    logs: tuple[Path, ...]
    left: tuple[Path, ...]


def orphans(plan: Plan) -> Orphans:
    """Results that neither this plan nor the last plan of another config asks for.

    These are folders of datasets, runs and evaluations, saved states of runs, and logs. A folder counts only if it has
    the name and the files of a result. Raises UserError if Carryover did not make the results folder, or if another
    config's plan.json cannot be read, because it is then unknown what that config asks for.
    """
    results, kept = Path(plan.results), _kept(plan)
    if results.is_dir() and not is_marked(results):
        raise UserError(
            f"{results}: Carryover did not make this folder (it has no {MARKER}), so nothing is removed from it; "
            "set results: to the folder that the workflow has written to"
        )
    parents = {results / kind: kind for kind in KINDS}
    parents |= {results / "state": "runs", results / SHARD_LOGS: "datasets"}
    unasked = [
        path
        for parent, kind in parents.items()
        for path in _children(parent)
        if path.name.removesuffix(BY_HAND) not in kept[kind] and path.name not in kept[kind]
    ]
    folders = tuple(path for path in unasked if _is_result(path))
    logs, other_logs = [], []
    for kind, rule in RULES.items():
        for path in _children(results / "logs" / rule):
            match = LOG.fullmatch(path.name)
            if path.is_dir() or match is None or not ADDRESS.fullmatch(match["address"]):
                other_logs.append(path)
            elif match["address"] not in kept[kind]:
                logs.append(path)
    left = (*(path for path in unasked if path not in folders), *other_logs)
    return Orphans(folders, tuple(logs), left)


def _children(folder: Path) -> Iterable[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else ()


def _is_result(path: Path) -> bool:
    """Whether a path has the name of a result and holds the files of one, and no others."""
    if not ADDRESS.fullmatch(path.name.removesuffix(BY_HAND)):
        return False
    if path.is_symlink():
        return path.is_dir()  # only the link is removed, not the folder that it points to
    return path.is_dir() and all(_is_known(file, path.parent.name) for file in path.iterdir())


def _is_known(file: Path, parent: str) -> bool:
    if file.is_dir() and not file.is_symlink():
        return False
    if PARTIAL.fullmatch(file.name):
        return True
    match parent:
        case "state":
            return file.name in STATE
        case "datasets":
            return file.name in FILES[parent] or SHARD.fullmatch(file.name) is not None
        case "runs" | "evaluations":
            return file.name in FILES[parent]
        case _:
            return LOG.fullmatch(file.name) is not None


def _kept(plan: Plan) -> dict[str, set[str]]:
    """The addresses that this plan and the last plans of other configs ask for, by kind."""
    kept = {kind: set(keys) for kind, keys in addresses(plan).items()}
    for file in sorted((Path(plan.results) / "reports").glob("*/plan.json")):
        if file.parent.name == plan.name:
            continue
        for kind, keys in addresses(Plan.read(file)).items():
            kept[kind] |= set(keys)
    return kept


def prune(plan: Plan, ask: bool) -> None:
    """List the orphans and remove them, after asking on the terminal where `ask` is set.

    Raises UserError if a source is missing, because it is then unknown what the studies ask for.
    """
    if plan.unavailable:
        raise UserError(
            f"without its sources, it is unknown what a study asks for ({plan.unavailable[0]}); nothing removed: "
            "bring the sources back, or name the other studies in only"
        )
    unasked = orphans(plan)
    for line in _described(unasked):
        print(line)
    if not unasked.folders and not unasked.logs:
        print(f"nothing to remove: every result under {plan.results} is asked for")
        return
    if ask and not _confirmed():
        print("nothing removed")
        return
    for path in (*unasked.folders, *unasked.logs):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    print("removed")


def _described(unasked: Orphans) -> Iterator[str]:
    for path in unasked.left:
        yield f"kept, because it is no result: {path}"
    if not unasked.folders and not unasked.logs:
        return
    yield from (f"{path} (a link)" if path.is_symlink() else str(path) for path in unasked.folders)
    folders = [path for path in unasked.folders if not path.is_symlink()]
    size = size_of(folders) + sum(log.lstat().st_size for log in unasked.logs)
    yield (
        f"{len(unasked.folders)} folders and {len(unasked.logs)} logs that no config asks for, "
        f"{readable_bytes(size)}"
    )


def _confirmed() -> bool:
    try:
        return input("Remove them? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        raise UserError(
            "prune asks before it removes anything, but there is no terminal; add --yes"
        ) from None
