"""What a plan asks for, what is there, what is running, and what may go."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock

from carryover.manage import inventory, status
from carryover.planning.plan import Plan
from tests.manage.conftest import make, write_log


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
    make(plan, "runs", done, run_json='{"status": "diverged"}')
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
