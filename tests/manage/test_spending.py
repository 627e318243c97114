"""What a person is told of costs and of the time left."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from safetensors.numpy import save_file

from carryover.manage import inventory, spending, status
from carryover.manage.spending import Total
from carryover.planning.costs import ESTIMATE, HERE, REFERENCE, Cost, Costs
from carryover.planning.plan import Plan
from tests.manage.conftest import make
from tests.tiny import Tiny

TRAINING = Cost(600.0, HERE)
EVALUATION = Cost(60.0, REFERENCE)


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Costs:
    """Costs that are the same for all jobs, on a machine with two cores."""
    costs = Costs.__new__(Costs)
    monkeypatch.setattr(costs, "core_seconds", lambda run, gpu: TRAINING._replace(gpu_seconds=300.0 * gpu))
    monkeypatch.setattr(costs, "evaluation_core_seconds", lambda run, tests: EVALUATION)
    monkeypatch.setattr(Costs, "of", lambda plan: costs)
    monkeypatch.setattr(spending, "usable_cores", lambda: 2)
    return costs


def test_costs_add_up_and_no_job_is_shared_by_two_cores() -> None:
    total = Total.of([Cost(10.0, HERE), Cost(5.0, HERE, True), Cost(1.0, ESTIMATE, gpu_seconds=8.0)])
    assert (total.seconds, total.gpu_seconds, total.longest, total.at_most) == (16.0, 8.0, 10.0, True)
    assert [total.wall_seconds(cores, 0) for cores in (1, 2, 1000)] == [16.0, 10.0, 10.0]
    many = Total.of([Cost(1.0, HERE, gpu_seconds=20.0)] * 4)
    assert [many.wall_seconds(2, gpus) for gpus in (1, 2)] == [80.0, 40.0]
    assert total.known_from() == "measured here 2, estimate 1"
    assert Total.of([Cost(1.0, REFERENCE)] * 2).known_from() == "committed reference"
    assert len(total.remarks()) == 2
    assert Total.of([Cost(1.0, HERE)]).remarks() == []


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (3, "0.05 core-min"),
        (81, "1.4 core-min"),
        (5000, "83 core-min"),
        (5400, "1.5 core-h"),
        (4e7, "11,111 core-h"),
    ],
)
def test_core_time_is_told_in_minutes_and_hours(seconds: float, told: str) -> None:
    assert spending.core_time(seconds) == told


@pytest.mark.usefixtures("known")
def test_each_study_has_its_costs_and_shared_runs_count_once_in_all(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tiny.folder)
    tiny.files["config/studies/twin.yaml"] = tiny.study | {"study": "twin"}
    plan = tiny.plan()
    jobs = len(plan.runs)
    make(plan, "runs", next(iter(plan.runs)))
    lines = [" ".join(line.split()) for line in spending.describe(plan, gpus=0).splitlines()]
    asked, left = (f"{minutes:.0f} core-min" for minutes in (11 * jobs, 11 * jobs - 10))
    sources = f"measured here {jobs}, committed reference {jobs}"
    for name in [*(study.name for study in plan.studies), "all, shared jobs once"]:
        assert f"{name} {asked} {left} {sources}" in lines
    assert any(line.startswith(f"Left: about {(11 * jobs - 10) / 2:.0f} min on 2 cores") for line in lines)
    assert "GPU" not in "".join(lines)
    assert f"{5 * jobs - 5} GPU-min" in spending.describe(plan, gpus=1)


@pytest.mark.usefixtures("known")
def test_runs_that_only_other_readings_need_are_told_apart(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tiny.folder)
    tiny.files["config/config.yaml"]["scale"] = "full"
    tiny.study["unstated"] = {"training.batch": [100, 50], "model.cell": ["rnn", "gru"]}
    plan = tiny.plan()  # the reading gru has the runs that the study has anyway
    lines = [" ".join(line.split()) for line in spending.describe(plan, gpus=0).splitlines()]
    assert any(line.startswith(f"cells {11 * 8} core-min") for line in lines)
    assert any(line.startswith(f"for other readings alone {11 * 4} core-min") for line in lines)
    assert "2 settings × 2 seeds = 4 runs + 4 of other readings" in " ".join(inventory.describe(plan).split())


@pytest.mark.usefixtures("known")
def test_nothing_left_is_told_as_such(plan: Plan) -> None:
    for address in plan.runs:
        make(plan, "runs", address)
    for address in plan.evaluations:
        make(plan, "evaluations", address)
    assert "Nothing is left to train or to evaluate." in spending.describe(plan, gpus=0)
    assert "nothing left but the report" in status.describe(plan)


@pytest.mark.usefixtures("known")
def test_the_time_left_is_shared_by_the_jobs_that_run_or_else_by_all_cores(plan: Plan) -> None:
    assert "time left: about 22 min with 2 jobs at once (44 core-min)" in status.describe(plan)
    run = next(iter(plan.runs))
    state = Path(plan.results) / "state" / run
    state.mkdir(parents=True)
    with FileLock(state / "lock"):
        assert "time left: about 44 min with 1 job at once (44 core-min)" in status.describe(plan)
        # A training that was saved after 4 of its 10 minutes goes on from there.
        values = {"step": 3, "spent": [250.0, 240.0]}
        save_file({"losses": np.zeros(3)}, state / "state.safetensors", {"values": json.dumps(values)})
        assert "time left: about 40 min with 1 job at once (40 core-min)" in status.describe(plan)
        (state / "state.safetensors").write_bytes(b"damaged")
        assert "time left: about 44 min with 1 job at once" in status.describe(plan)


def test_costs_of_a_plan_are_told_for_each_job_of_it(plan: Plan) -> None:
    costs = spending.costs_of(plan, gpu=False)
    assert set(costs) == {("runs", run) for run in plan.runs} | {
        ("evaluations", one) for one in plan.evaluations
    }
    assert all(cost.seconds > 0 and cost.gpu_seconds == 0 for cost in costs.values())
