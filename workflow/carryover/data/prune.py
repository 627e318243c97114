"""Removes results that no config asks for."""

from __future__ import annotations

import shutil
from pathlib import Path

from carryover.config.plan import Plan, read_plan
from carryover.data.inventory import KINDS, addresses, readable_bytes, size_of
from carryover.errors import UserError


def orphans(plan: Plan) -> list[Path]:
    """Folders of results that neither this plan nor the last plan of another config asks for, with their saved states.

    Raises UserError where another config's plan.json cannot be read: what it asks for is then unknown.
    """
    results = Path(plan.results)
    kept = {kind: set(keys) for kind, keys in addresses(plan).items()}
    for file in sorted((results / "reports").glob("*/plan.json")):
        if file.parent.name == plan.name:
            continue
        other = read_plan(file)
        for kind in KINDS:
            kept[kind] |= set(other[kind])
    found = [
        folder
        for kind in KINDS
        for folder in sorted((results / kind).glob("*"))
        if folder.is_dir() and folder.name not in kept[kind]
    ]
    states = [f for f in sorted((results / "state").glob("*")) if f.is_dir() and f.name not in kept["runs"]]
    return found + states


def prune(plan: Plan, ask: bool) -> None:
    """List the orphans and remove them, after asking on the terminal where `ask` is set."""
    folders = orphans(plan)
    if not folders:
        print(f"nothing to remove: every result under {plan.results} is asked for")
        return
    for folder in folders:
        print(folder)
    print(f"{len(folders)} folders that no config asks for, {readable_bytes(size_of(folders))}")
    if ask and not _confirmed():
        print("nothing removed")
        return
    for folder in folders:
        shutil.rmtree(folder)
    print("removed")


def _confirmed() -> bool:
    try:
        return input("Remove them? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        raise UserError(
            "prune asks before it removes and there is no terminal to ask on; add --yes"
        ) from None
