"""A published number is one draw: it is held against the interval for one further run."""

import math

import numpy as np
import pytest

from carryover.analysis import published
from carryover.analysis.best_of import interval
from carryover.analysis.published import INSIDE, NOT_TESTED, OUTSIDE, TOO_FEW, half_last_digit
from carryover.analysis.schemas import SCHEMAS
from carryover.analysis.statistics import MIN_SEEDS_NOTE, sample, spread
from carryover.settings.claims import Published
from tests.analysis.conftest import Run


def row(report, **item):
    report.studies[-1]["published"] = [{"id": "one", "place": "table 1", **item}]
    (found,) = published.beside_ours(report.results())
    assert set(found) - {"timed"} <= set(SCHEMAS["published"].names)
    return found


TEST = {"metric": "exact_match", "suite": "own", "split": "test"}


@pytest.mark.parametrize(
    ("ours", "value", "word"),
    [
        ([0.70, 0.75, 0.80], 0.7635, INSIDE),
        (
            [0.70, 0.75, 0.80],
            0.95,
            INSIDE,
        ),  # outside the range and the mean's interval: one further run varies more
        ([0.70, 0.71, 0.72], 0.7635, OUTSIDE),
        ([1.0, 1.0, 1.0], 1.0, INSIDE),
        ([0.9999, 1.0, 0.9999], 1.0, INSIDE),
        ([0.7, 0.8], 0.75, TOO_FEW),
        ([0.75], 0.75, TOO_FEW),
    ],
)
def test_word(report, scored, ours, value, word):
    report.study("s", [({}, scored("a", ours))])
    found = row(report, **TEST, value=value)
    assert found["word"] == word
    assert found["published"] == value
    assert (found["minimum"], found["maximum"], found["seeds"]) == (min(ours), max(ours), len(ours))
    if len(ours) < 3:
        assert found["prediction_low"] is None
        assert found["detail"] == MIN_SEEDS_NOTE


@pytest.mark.parametrize(
    ("bounds", "word"),
    [
        ({"low": 0.9}, OUTSIDE),
        ({"low": 0.7}, INSIDE),
        ({"high": 0.6}, OUTSIDE),
        ({"low": 0.7, "high": 0.72}, INSIDE),
    ],
)
def test_a_published_range_is_inside_where_one_further_run_could_lie_in_it(report, scored, bounds, word):
    report.study("s", [({}, scored("a", [0.70, 0.71, 0.72]))])
    assert row(report, **TEST, **bounds)["word"] == word


def test_rounding_in_print_is_no_difference(report, scored):
    assert half_last_digit(0.12) == 0.0005
    assert half_last_digit(0.7635) == pytest.approx(0.00005)
    assert half_last_digit(1.0) == 0.0005
    report.study("s", [({}, scored("a", [0.76346] * 3))])
    assert row(report, **TEST, value=0.7635)["word"] == INSIDE
    assert row(report, **TEST, value=0.7636)["word"] == OUTSIDE


def test_every_point_that_a_number_speaks_of_has_a_row(report, scored):
    points = [
        ({"training.length": n, "model.cell": "rnn"}, scored(f"a{n}", [0.5, 0.6, 0.7])) for n in (11, 12)
    ]
    report.study("s", points)
    report.studies[-1]["published"] = [
        {"id": "one", "place": "p", **TEST, "at": {"model.cell": "rnn"}, "value": 1.0}
    ]
    found = published.beside_ours(report.results())
    assert [one["point"] for one in found] == ["length=11, cell=rnn", "length=12, cell=rnn"]


def test_what_is_not_tested(report, scored):
    report.study(
        "s", [({"_deciding": {"as_published": False, "differs": ["training.steps"]}}, scored("a", [0.5] * 3))]
    )
    found = row(report, **TEST, value=0.5)
    assert (found["word"], found["mean"]) == (NOT_TESTED, 0.5)  # shown all the same
    assert "training.steps" in found["detail"]
    found = row(report, **TEST, value=0.5, at={"model.cell": "gru"})
    assert (found["word"], found["point"], found["seeds"]) == (NOT_TESTED, None, 0)


def test_steps_to_solve_with_runs_that_never_do(report):
    runs = [Run(f"r{i}", solved_at=step) for i, step in enumerate([200, 210, 220, None])]
    report.study("s", [({}, runs)])
    found = row(report, metric="solved_at", value=5000.0)
    assert (found["word"], found["mean"], found["prediction_high"], found["seeds"]) == (INSIDE, None, None, 4)
    assert row(report, metric="solved_at", value=20.0)["word"] == OUTSIDE


def test_a_parameter_count_is_exact(report):
    report.study("s", [({}, [Run("a", parameters=79398)])])
    assert row(report, metric="parameters", value=79398.0)["word"] == INSIDE
    assert row(report, metric="parameters", value=79399.0)["word"] == OUTSIDE


def test_a_number_without_results(report, scored):
    report.study("s", [({}, scored("a", [0.5] * 3))])
    found = row(report, metric="exact_match", suite="own", split="other", value=0.5)
    assert (found["word"], found["seeds"]) == (NOT_TESTED, 0)
    assert found["reason"] == "its runs have no such value"
    assert found["detail"] == "no run has a value of exact match on own/other"


@pytest.mark.parametrize(
    ("solved_at", "word", "reason"),
    [
        ([None] * 5, OUTSIDE, ""),
        ([300, None, None, None, None], TOO_FEW, "only 1 of 5 runs solved the task, too few for an interval"),
        ([300, None], TOO_FEW, "With fewer than 3 seeds only the range is shown."),
    ],
)
def test_steps_to_solve_of_runs_that_never_did(report, solved_at, word, reason):
    runs = [
        Run(f"a-{i}", status="solved" if step else "finished", solved_at=step)
        for i, step in enumerate(solved_at)
    ]
    report.study("s", [({}, runs)])
    found = row(report, metric="solved_at", high=300)
    assert (found["word"], found["detail"]) == (word, reason)


TEN = [0.97, 0.96, 0.985, 0.99, 0.975, 0.98, 0.955, 0.965, 0.97, 0.99]


def test_a_best_of_ten_is_compared_with_our_best_of_ten(report, scored):
    report.study("s", [({}, scored("a", TEN))])
    # Above all of our runs and the mean's interval, and what the best of ten may be; but hardly the mean of ten.
    best = row(report, **TEST, value=0.998, statistic="max", of=10)
    assert (best["word"], best["statistic"], best["of"]) == (INSIDE, "max", 10)
    assert row(report, **TEST, value=0.998, statistic="mean", of=10)["word"] == OUTSIDE
    assert row(report, **TEST, value=0.998, statistic="median", of=10)["word"] == OUTSIDE
    # A best of ten as low as our mean is worse than ours; as one run it would be nothing unusual.
    assert row(report, **TEST, value=0.974, statistic="max", of=10)["word"] == OUTSIDE
    assert row(report, **TEST, value=0.974)["word"] == INSIDE
    report.study("t", [({}, scored("b", TEN[:2]))])
    report.studies.pop(0)
    assert row(report, **TEST, value=0.974, statistic="max", of=10)["word"] == TOO_FEW


def test_of_one_run_the_interval_is_that_of_one_further_run():
    ours = spread(TEN, "exact_match")
    for statistic in ("max", "min", "median", "mean"):
        assert interval(sample(TEN), "exact_match", statistic, 1) == pytest.approx(
            (ours.prediction_low, ours.prediction_high), abs=0.002
        )
    assert interval(sample([1.0, math.inf, 2.0]), "loss", "min", 5) is None


@pytest.mark.parametrize("statistic", ["max", "median", "mean"])
def test_a_printed_statistic_of_the_same_runs_lies_inside_at_the_stated_rate(statistic):
    rng, trials = np.random.default_rng(2), 80
    inside = 0
    for _ in range(trials):
        low, high = interval(sample(rng.normal(50, 3, 5)), "loss", statistic, 10)
        inside += low <= getattr(np, statistic)(rng.normal(50, 3, 10)) <= high
    assert inside / trials >= 0.95 - 3 * math.sqrt(0.05 * 0.95 / trials)


@pytest.mark.parametrize("more", [{"statistic": "max"}, {"of": 10}, {"statistic": "max", "of": 0}])
def test_a_statistic_says_of_how_many_runs(more):
    with pytest.raises(ValueError, match="of"):
        Published(id="one", place="p", value=0.5, **TEST, **more)
