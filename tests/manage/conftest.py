"""The tiny plan, and results and logs as jobs leave them."""

from __future__ import annotations

from pathlib import Path

import pytest

from carryover.data.results_folder import mark
from carryover.manage import inventory
from carryover.planning.plan import Plan
from tests.tiny import Tiny


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """The tiny plan (2 datasets, 4 runs, 4 evaluations), with results in an empty folder."""
    monkeypatch.chdir(tmp_path)
    plan = Tiny(tmp_path).plan()
    mark(Path(plan.results))
    return plan


def make(plan: Plan, kind: str, address: str, **contents: str) -> Path:
    """A complete result with empty files, or with the contents given."""
    folder = Path(plan.results) / kind / address
    folder.mkdir(parents=True)
    for name in inventory.FILES[kind]:
        (folder / name).write_text(contents.get(name.replace(".", "_"), ""))
    return folder


def write_log(plan: Plan, rule: str, address: str, text: str, attempt: str = "") -> Path:
    log = Path(plan.results) / "logs" / rule / f"{address}.log{attempt}"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(text)
    return log
