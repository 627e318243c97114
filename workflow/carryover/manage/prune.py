"""Removes results that no config asks for."""

from __future__ import annotations

import shutil
from pathlib import Path

from carryover.errors import UserError
from carryover.manage.inventory import KINDS, addresses, readable_bytes, size_of
from carryover.manage.status import RULES, SHARD_LOGS
from carryover.planning.plan import Plan


def orphans(plan: Plan) -> list[Path]:
    """Folders of results that neither this plan nor the last plan of another config asks for, and what belongs to them.

    That is the saved states of runs and the logs of datasets' shards. Raises UserError where another config's plan.json
    cannot be read: what it asks for is then unknown.
    """
    results, kept = Path(plan.results), _kept(plan)
    places = {results / kind: kind for kind in KINDS}
    places |= {results / "state": "runs", results / SHARD_LOGS: "datasets"}
    return [
        folder
        for place, kind in places.items()
        for folder in sorted(place.glob("*"))
        if folder.is_dir() and folder.name not in kept[kind]
    ]


def orphaned_logs(plan: Plan) -> list[Path]:
    """Logs of all attempts at results that no plan asks for, whether there is a result or not."""
    results, kept = Path(plan.results), _kept(plan)
    return [
        log
        for kind, rule in RULES.items()
        for log in sorted((results / "logs" / rule).glob("*.log*"))
        if log.is_file() and log.name.partition(".log")[0] not in kept[kind]
    ]


def _kept(plan: Plan) -> dict[str, set[str]]:
    """What this plan and the last plans of other configs ask for."""
    kept = {kind: set(keys) for kind, keys in addresses(plan).items()}
    for file in sorted((Path(plan.results) / "reports").glob("*/plan.json")):
        if file.parent.name == plan.name:
            continue
        for kind, keys in addresses(Plan.read(file)).items():
            kept[kind] |= set(keys)
    return kept


def prune(plan: Plan, ask: bool) -> None:
    """List the orphans and remove them with their logs, after asking on the terminal where `ask` is set."""
    if plan.unavailable:
        raise UserError(
            f"what the studies ask for cannot be told without their sources ({plan.unavailable[0]}); nothing removed: "
            "bring them back, or name the other studies in only"
        )
    folders, logs = orphans(plan), orphaned_logs(plan)
    if not folders and not logs:
        print(f"nothing to remove: every result under {plan.results} is asked for")
        return
    for folder in folders:
        print(folder)
    size = size_of(folders) + sum(log.stat().st_size for log in logs)
    print(
        f"{len(folders)} folders that no config asks for, and {len(logs)} logs of such, {readable_bytes(size)}"
    )
    if ask and not _confirmed():
        print("nothing removed")
        return
    for folder in folders:
        shutil.rmtree(folder)
    for log in logs:
        log.unlink()
    print("removed")


def _confirmed() -> bool:
    try:
        return input("Remove them? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        raise UserError(
            "prune asks before it removes and there is no terminal to ask on; add --yes"
        ) from None
