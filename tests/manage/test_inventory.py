"""What a plan asks for, what is there, what is running, and what may go."""

from __future__ import annotations

from pathlib import Path

import pytest
from filelock import FileLock

from carryover.errors import UserError
from carryover.manage import inventory, prune, status
from carryover.planning.plan import Plan
from tests.tiny import Tiny


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """The tiny plan (2 datasets, 4 runs, 4 evaluations), with results in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return Tiny(tmp_path).plan()


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


def test_a_result_that_lacks_a_file_is_not_there(plan: Plan) -> None:
    run = next(iter(plan.runs))
    folder = make(plan, "runs", run)
    assert inventory.present(plan)["runs"] == [run]
    (folder / "cost.json").unlink()
    assert inventory.present(plan)["runs"] == []


def test_the_plan_is_described_with_its_counts(plan: Plan) -> None:
    make(plan, "runs", next(iter(plan.runs)))
    lines = [line.split() for line in inventory.describe(plan).splitlines()]
    assert ["datasets", "2", "0", "2"] in lines
    assert ["runs", "4", "1", "3"] in lines
    assert ["evaluations", "4", "0", "4"] in lines


def test_status_tells_done_running_failed_diverged_and_left(plan: Plan) -> None:
    done, running, failed, left = plan.runs
    make(plan, "runs", done, run_json='{"status": "diverged"}', cost_json='{"seconds": 40.0}')
    write_log(plan, "train", failed, "step 1\ncarryover: dataset.json: no such file\n")
    state = Path(plan.results) / "state" / running
    state.mkdir(parents=True)
    with FileLock(state / "lock"):
        found = status.progress(plan)["runs"]
        text = status.describe(plan)
    assert (found.done, found.running, list(found.failed), found.left) == ([done], [running], [failed], 1)
    assert "1 runs diverged" in text
    assert done in text
    assert "carryover: dataset.json: no such file" in text
    # 3 runs of 4 steps are left, at 40 s for 4 steps, one at once; no evaluation is timed yet.
    assert "time left: about 2 min with 1 job at once" in text
    assert left not in text


def test_status_knows_a_dataset_by_its_shards_too(plan: Plan) -> None:
    running, failed = plan.datasets
    write_log(plan, "generate_shard", f"{running}/train-0-65536", "")
    write_log(plan, "generate_shard", f"{failed}/train-0-65536", "")
    write_log(plan, "generate_shard", f"{failed}/train-65536-70000", "OSError: no space left\n")
    found, text = status.progress(plan)["datasets"], status.describe(plan)
    assert (found.running, list(found.failed), found.left) == ([running], [failed], 0)
    assert f"failed: datasets/{failed}\n  OSError: no space left\n" in text
    assert f"logs/generate_shard/{failed}/train-65536-70000.log" in text


def test_status_before_the_first_run_does_not_guess(plan: Plan) -> None:
    assert "unknown until the first run is done" in status.describe(plan)


def test_prune_takes_what_no_config_asks_for(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = make(plan, "runs", next(iter(plan.runs)))
    of_another = make(plan, "runs", "tagger-x-0123456789ab")
    orphan = make(plan, "datasets", "sum-y-0123456789ab")
    state = Path(plan.results) / "state" / "tagger-z-0123456789ab"
    state.mkdir(parents=True)
    other = Path(plan.results) / "reports" / "other" / "plan.json"
    run = next(iter(plan.runs.values()))
    plan.model_copy(update={"name": "other", "runs": {of_another.name: run}}).write(other)
    rules = {
        kept: "train",
        of_another: "train",
        orphan: "generate",
        Path("sum-of-failed-0123456789ab"): "generate",
    }
    logs = {
        folder: [write_log(plan, rule, folder.name, "", attempt) for attempt in ("", ".attempt-1")]
        for folder, rule in rules.items()
    }
    write_log(plan, "generate_shard", f"{next(iter(plan.datasets))}/train-0-65536", "")
    of_shards = write_log(plan, "generate_shard", f"{orphan.name}/train-0-65536", "").parent
    assert prune.orphans(plan) == [orphan, state, of_shards]
    monkeypatch.setattr("builtins.input", lambda _: "n")
    prune.prune(plan, ask=True)
    assert orphan.exists()
    monkeypatch.setattr("builtins.input", lambda _: "y")
    prune.prune(plan, ask=True)
    assert [path.exists() for path in (orphan, state, kept, of_another)] == [False, False, True, True]
    there = [[log.exists() for log in found] for found in logs.values()]
    assert there == [[True, True], [True, True], [False, False], [False, False]]
    assert (prune.orphans(plan), prune.orphaned_logs(plan)) == ([], [])


def test_prune_removes_nothing_where_sources_are_missing(plan: Plan) -> None:
    make(plan, "datasets", "sentiment-0123456789ab")
    with pytest.raises(UserError, match=r"nothing removed"):
        prune.prune(plan.model_copy(update={"unavailable": ("no reviews at x",)}), ask=False)
    assert (Path(plan.results) / "datasets" / "sentiment-0123456789ab").is_dir()
