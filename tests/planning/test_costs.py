"""What jobs are said to cost, against what they cost."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carryover.planning import measured
from carryover.planning.costs import ESTIMATE, HERE, REFERENCE, Costs
from carryover.planning.measured import Evaluation, Measured, Training
from carryover.planning.runs import RunSettings, read_run
from tests.plans import plan

NOTHING = Measured({}, {})
REFERENCES = Path(__file__).parents[2] / "results" / "reference"


def run(seed: int = 0, hidden: int = 64, batch: int = 100, **training: Any) -> RunSettings:
    return read_run(
        {
            "dataset": {
                "task": "digit_sum",
                "distribution": {"kind": "uniform_digits", "digits": 10},
                "seed": seed,
                "rows": {"train": 1000, "validation": 100, "test": 100},
            },
            "model": {"kind": "tagger", "cell": "gru", "hidden": hidden},
            "training": {"steps": 1000, "batch": batch, "validate_every": 50} | training,
            "seed": seed,
        }
    )


def trainings(*finished: Training) -> Measured:
    return Measured({one.run.address(): one for one in finished}, {})


def test_a_run_that_was_measured_costs_what_it_cost() -> None:
    known = trainings(Training(run(), 1000, None, 12.5, 0.0))
    assert Costs(NOTHING, known).core_seconds(run()) == (12.5, REFERENCE, False, 0.0)
    other = trainings(Training(run(), 1000, None, 7.0, 0.0))
    assert Costs(other, known).core_seconds(run()) == (7.0, HERE, False, 0.0)


def test_a_further_seed_costs_what_its_replicates_cost() -> None:
    known = trainings(*(Training(run(seed), 1000, None, 10.0 + seed, 0.0) for seed in range(5)))
    cost = Costs(known, NOTHING).core_seconds(run(seed=9))
    assert (cost.seconds, cost.source) == (pytest.approx(12.0), HERE)


def test_only_like_runs_are_asked_and_the_nearest_of_them() -> None:
    small, large = (
        Training(run(batch=100), 1000, None, 3.0, 0.0),
        Training(run(batch=400), 1000, None, 99.0, 0.0),
    )
    costs = Costs(trainings(small, large), NOTHING)
    assert costs.core_seconds(run(batch=110)).seconds < 4.0
    assert costs.core_seconds(run(batch=390)).seconds > 90.0
    assert costs.core_seconds(run(batch=1600)).source == HERE
    assert costs.core_seconds(run(batch=1700)) == Costs(NOTHING, NOTHING).core_seconds(run(batch=1700))
    assert costs.core_seconds(run(batch=1700)).source == ESTIMATE
    assert costs.core_seconds(run(), gpu=True).source == ESTIMATE


def test_a_gpu_is_counted_beside_the_core_that_serves_it() -> None:
    costs = Costs(trainings(Training(run(), 1000, None, 12.0, 8.0)), NOTHING)
    assert costs.core_seconds(run(), gpu=True) == (12.0, HERE, False, 8.0)
    assert costs.core_seconds(run(1), gpu=True) == (pytest.approx(12.0), HERE, False, pytest.approx(8.0))
    assert costs.core_seconds(run()).source == ESTIMATE
    assert Costs(NOTHING, NOTHING).core_seconds(run(), gpu=True).gpu_seconds > 0


@settings(max_examples=25)
@given(
    slower=st.floats(0.1, 10),
    hidden=st.integers(32, 120),
    batch=st.integers(25, 400),
    steps=st.integers(1, 9999),
)
def test_on_a_machine_that_is_slower_by_a_factor_all_costs_are(
    slower: float, hidden: int, batch: int, steps: int
) -> None:
    estimated = Costs(NOTHING, NOTHING).core_seconds(run()).seconds
    known = trainings(Training(run(), 1000, None, slower * estimated, 0.0))
    asked = run(1, hidden, batch, steps=steps)
    plain, cost = (costs.core_seconds(asked) for costs in (Costs(NOTHING, NOTHING), Costs(known, NOTHING)))
    assert (cost.seconds, cost.source) == (pytest.approx(slower * plain.seconds), HERE)


def test_a_training_that_stops_when_solved_takes_as_many_steps_as_its_replicates() -> None:
    stops, goes_on = run(9, stop_when_solved=True), run(9)
    full = Training(run(0), 1000, None, 20.0, 0.0)
    unknown = Costs(trainings(full), NOTHING)
    assert unknown.core_seconds(stops).at_most is False  # a replicate that did not stop, and was not solved
    stopped = [
        Training(run(seed, stop_when_solved=True), steps, steps - 50, 9.0, 0.0)
        for seed, steps in ((1, 300), (2, 500))
    ]
    long = Training(run(3), 1000, 350, 20.0, 0.0)  # would have stopped at 400
    for known in (trainings(*stopped), trainings(*stopped, long)):
        costs = Costs(NOTHING, known)
        until_400 = costs.core_seconds(run(9, steps=400)).seconds
        assert costs.core_seconds(stops)[:3] == (pytest.approx(until_400), REFERENCE, False)
        assert costs.core_seconds(goes_on).seconds > until_400
    nobody = Costs(NOTHING, NOTHING)
    assert nobody.core_seconds(stops)[:3] == (nobody.core_seconds(goes_on).seconds, ESTIMATE, True)


def test_evaluations_are_scaled_by_their_rows() -> None:
    known = Measured({}, {"e": Evaluation(run(), ((run().dataset, 100),), 3.0)})
    costs = Costs(known, NOTHING)
    same, more = (costs.evaluation_core_seconds(run(1), [(run().dataset, rows)]) for rows in (100, 1_000_000))
    assert same == (pytest.approx(3.0), HERE, False, 0.0)
    assert more.seconds > 10 * same.seconds
    assert Costs(NOTHING, NOTHING).evaluation_core_seconds(run(), [(run().dataset, 1)]).source == ESTIMATE


def share_within_a_factor_of_2(
    known: Measured,
    predict: Callable[[Costs, Any], float],
    group: Callable[[Any], Hashable],
    evaluations: bool,
) -> float:
    """Of jobs whose cost is told without any job of their group: a fifth of the groups is left out at a time."""
    jobs: Mapping[str, Any] = known.evaluations if evaluations else known.trainings
    groups = sorted({group(one) for one in jobs.values()}, key=str)
    fold = {one: number % 5 for number, one in enumerate(groups)}
    close = 0
    for left_out in range(5):
        kept = {address: one for address, one in jobs.items() if fold[group(one)] != left_out}
        costs = Costs(NOTHING, Measured({}, kept) if evaluations else Measured(kept, {}))
        asked = [one for one in jobs.values() if fold[group(one)] == left_out]
        close += sum(0.5 <= predict(costs, one) / one.seconds <= 2 for one in asked)
    return close / len(jobs)


def setting(one: Training | Evaluation) -> str:
    """All settings of a run but its seed and how its dataset is drawn: a little less than what replicates share."""
    data = one.run.complete()
    dataset = {key: value for key, value in data["dataset"].items() if key not in ("seed", "rows")}
    return json.dumps([dataset, data["model"], data["training"]], sort_keys=True)


def test_costs_of_the_reference_are_told_within_a_factor_of_2_from_other_settings() -> None:
    known = measured.in_reference(REFERENCES / "full")
    assert len(known.trainings) >= 80
    assert 80 <= len(known.evaluations) <= len(known.trainings)

    def training(costs: Costs, one: Training) -> float:
        # How many steps it took is known, so that the seconds a step are tested alone.
        steps = one.run.training.model_copy(
            update={"steps": one.steps, "epochs": None, "stop_when_solved": False}
        )
        return costs.core_seconds(one.run.model_copy(update={"training": steps})).seconds

    def evaluation(costs: Costs, one: Evaluation) -> float:
        return costs.evaluation_core_seconds(one.run, one.tests).seconds

    assert share_within_a_factor_of_2(known, training, setting, evaluations=False) >= 0.95
    # Half of a short evaluation is its start: older runs started cold, later ones as forks of a warm parent.
    assert share_within_a_factor_of_2(known, evaluation, setting, evaluations=True) >= 0.75


COST = {
    "stage": "train",
    "seconds": 9.0,
    "cpu_seconds": 8.0,
    "peak_memory_mb": 1.0,
    "device": "cpu",
    "host": "h",
}
DIGEST = "0" * 64


def write_run(folder: Path, trained: RunSettings, cost: Mapping[str, Any]) -> None:
    folder.mkdir(parents=True)
    ended = {
        "task": "digit_sum",
        "settings": trained.complete(),
        "sizes": {},
        "parameters": 1,
        "status": "finished",
        "steps": 1000,
        "solved_at": None,
        "dataset_digest": DIGEST,
        "checkpoint_digest": DIGEST,
    }
    (folder / "run.json").write_text(json.dumps(ended))
    (folder / "cost.json").write_text(json.dumps(cost))


def test_results_of_other_configs_tell_costs_and_damaged_ones_do_not(tmp_path: Path) -> None:
    results = tmp_path / "results"
    write_run(results / "runs" / run().address(), run(), COST)
    write_run(results / "runs" / run(1).address(), run(1), COST | {"device": "cuda:0"})
    write_run(results / "runs" / run(2).address(), run(2), {"stage": "train"})
    write_run(results / "runs" / run(3).address(), run(3), COST)
    (results / "runs" / run(3).address() / "run.json").write_text("{")
    found = measured.in_results(plan(results=str(results)))
    assert found == (
        {
            run().address(): Training(run(), 1000, None, 8.0, 0.0),
            run(1).address(): Training(run(1), 1000, None, 8.0, 9.0),
        },
        {},
    )


def test_a_reference_that_cannot_be_read_tells_no_costs(tmp_path: Path) -> None:
    assert measured.in_reference(tmp_path) == NOTHING
    (tmp_path / "plan.json").write_text("{")
    assert measured.in_reference(tmp_path) == NOTHING
    shipped = measured.in_references(plan(reference=str(tmp_path)))
    assert len(shipped.trainings) >= 360
