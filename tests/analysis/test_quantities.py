"""Which settings may decide about which metric, and which direction of a metric is better."""

import json

import pytest

from carryover.analysis.quantities import decides
from carryover.metrics import METRICS, higher_is_better
from carryover.planning.plan import Setting

STOP, LR, DATA = "training.stop_when_solved", "training.lr", "dataset.rows.train"
# What is the same for a run that stopped once it had solved the task.
STAYS = {
    "exact_match",
    "token_accuracy",
    "token_accuracy_padded",
    "accuracy",
    "batch_accuracy",
    "solved_at",
    "seconds_per_step",
    "seconds_per_epoch",
}
LOWER = {
    "loss",
    "train_loss",
    "gap",
    "roughness",
    "gradient_norm",
    "solved_at",
    "parameters",
    "seconds",
    "seconds_per_step",
    "seconds_per_epoch",
}


def setting(as_published, *differs):
    data = {"point": "base", "values": {}, "as_published": as_published, "differs": differs, "runs": []}
    return Setting.model_validate_json(json.dumps(data))


@pytest.mark.parametrize("metric", [*METRICS, "unknown"])
def test_a_run_that_stopped_early_decides_about_what_stays_the_same(metric):
    assert decides(setting(True), metric)
    assert decides(setting(True, STOP), metric) == (metric in STAYS | {"parameters"})
    assert decides(setting(False, LR), metric) == (metric == "parameters")
    assert not decides(setting(False, LR, DATA), metric)


@pytest.mark.parametrize("metric", [*METRICS, "unknown"])
def test_a_loss_a_time_or_a_count_is_never_better_when_higher(metric):
    assert higher_is_better(metric) == (metric not in LOWER)
    assert not higher_is_better(metric, "lower")
