"""Verdicts: each kind of claim supported, refuted and left open, and what keeps runs from deciding."""

import math

import numpy as np
import pytest
from scipy import stats

from carryover.analysis import claims, tables
from carryover.analysis.claims import INCONCLUSIVE, NOT_TESTED, REFUTED, SUPPORTED
from carryover.analysis.judges import Reason
from carryover.analysis.schemas import SCHEMAS
from carryover.analysis.statistics import spread
from carryover.settings.claims import Quantity
from tests.analysis.conftest import Run

RNN, GRU, LSTM = ({"model.cell": cell} for cell in ("rnn", "gru", "lstm"))
TEST = {"metric": "exact_match", "suite": "own", "split": "test"}
HIGH, MIDDLE, LOW = (
    [0.95, 0.96, 0.97, 0.96, 0.95],
    [0.80, 0.81, 0.82, 0.79, 0.8],
    [0.5, 0.55, 0.45, 0.52, 0.49],
)


def claim(kind, **fields):
    return {"id": "one", "text": "a sentence", "kind": kind, **fields}


def verdict(report, data):
    report.studies[-1]["claims"] = [data]
    (row,) = claims.verdicts(report.results())
    assert set(row) - {"timed"} == set(SCHEMAS["claims"].names) - {"readings"}
    decided = row["verdict"] in (SUPPORTED, REFUTED)
    assert row["reason"] == "" if decided else Reason(row["reason"])
    return row


def solving(name, steps, **more):
    """Runs that solve the task at these steps (None: never)."""
    return [Run(f"{name}-{i}", solved_at=step, **more) for i, step in enumerate(steps)]


def learning(name, curves, metric="loss", **more):
    """Runs with these validation curves: [(step, value), …] each."""
    return [Run(f"{name}-{i}", validation={metric: curve}, **more) for i, curve in enumerate(curves)]


# --- solves within, fails ---


@pytest.mark.parametrize(
    ("solved_at", "expected"),
    [
        ([150, 200, 250, 200, 300], SUPPORTED),
        ([150, 200, 250, 200, 350], INCONCLUSIVE),  # 4 of 5: Wilson's interval starts at 0.38
        ([400, None, 350, None, 350], REFUTED),
        ([150, 200], INCONCLUSIVE),
    ],
)
def test_solves_within(report, solved_at, expected):
    report.study("s", [(RNN.copy(), solving("r", solved_at, validation={"exact_match": [(1000, 1.0)]}))])
    row = verdict(report, claim("solves_within", at=RNN, steps=300))
    assert row["verdict"] == expected
    within = sum(step is not None and step <= 300 for step in solved_at)
    assert f"{within} of {len(solved_at)} runs reached validation exact match" in row["evidence"]


def test_solves_within_a_loss_below_a_threshold(report):
    curves = [[(100, 0.1), (200, 0.004), (300, 0.006)]] * 5
    report.study("s", [({}, learning("r", curves))])
    data = claim("solves_within", metric="loss", threshold=0.005, below=True, steps=300)
    assert verdict(report, data)["verdict"] == SUPPORTED
    assert verdict(report, data | {"steps": 150})["verdict"] == REFUTED


def test_a_run_trained_too_short_tells_nothing(report):
    report.study("s", [({}, learning("r", [[(100, 0.5)]] * 5, "exact_match", steps=100))])
    row = verdict(report, claim("solves_within", steps=300))
    assert (row["reason"], row["detail"]) == (Reason.TOO_SHORT, "5 runs were trained too short to tell")


def test_a_diverged_run_failed_however_short_it_was(report):
    curves = [[(100, math.nan)]] * 5
    report.study("s", [({}, learning("r", curves, "exact_match", steps=100, status="diverged"))])
    assert verdict(report, claim("solves_within", steps=300))["verdict"] == REFUTED
    of = {"metric": "exact_match"}
    assert verdict(report, claim("fails", of=of, threshold=0.9))["verdict"] == SUPPORTED


@pytest.mark.parametrize("curve", [[], [(100, 0.2)], [(100, 0.2), (200, 0.1)]])
def test_a_run_that_diverged_between_validations_failed_too(report, curve):
    # Training writes finite values alone: that the run diverged stands in its status only.
    report.study("s", [({}, learning("r", [curve] * 5, "loss", steps=250, status="diverged"))])
    data = claim("value", of={"metric": "loss", "better": "lower"}, high=0.5)
    assert verdict(report, data)["verdict"] != SUPPORTED
    assert report.results().sample(Quantity(metric="loss"), ["r-0"]).values[0] == math.inf


def test_a_run_that_diverged_early_is_later_than_any_that_solved(report):
    solved = learning("good", [[(300, 1.0)]] * 5, "exact_match", steps=300, status="solved", solved_at=300)
    failed = learning("bad", [[]] * 5, "exact_match", steps=50, status="diverged")
    report.study("s", [(RNN.copy(), solved), (GRU.copy(), failed)])
    row = verdict(report, claim("faster_than", a=RNN, b=GRU, of="solved_at"))
    assert row["verdict"] == SUPPORTED, row


def test_fails_means_never_reached_by_the_step(report):
    curves = [[(100, 0.2), (500, 0.95), (1000, 0.3)]] * 5
    report.study("s", [({}, learning("r", curves, "exact_match"))])
    data = claim("fails", of={"metric": "exact_match"}, threshold=0.9)
    row = verdict(report, data)
    assert (row["verdict"], "0 of 5 runs stayed below" in row["evidence"]) == (REFUTED, True)
    early = data | {"of": {"metric": "exact_match", "at_step": 400}}
    assert verdict(report, early)["verdict"] == SUPPORTED


def test_runs_without_a_value_are_not_counted_as_none_of_none(report):
    report.study("s", [({}, solving("r", [None] * 5))])
    row = verdict(report, claim("fails", of=TEST, threshold=0.9))
    assert row["verdict"] == INCONCLUSIVE
    assert "no run has a value of" in row["evidence"]
    assert "0 of 0" not in row["evidence"]


def test_fails_on_a_test_split(report, scored):
    report.study("s", [({}, scored("r", LOW))])
    assert verdict(report, claim("fails", of=TEST, threshold=0.9))["verdict"] == SUPPORTED


# --- better, faster, smoother, equivalent, ordered, value ---


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [(HIGH, LOW, SUPPORTED), (LOW, HIGH, REFUTED), (HIGH, HIGH, INCONCLUSIVE), (HIGH[:2], LOW, INCONCLUSIVE)],
)
def test_better_than(report, scored, a, b, expected):
    report.study("s", [(RNN.copy(), scored("a", a)), (GRU.copy(), scored("b", b))])
    row = verdict(report, claim("better_than", a=RNN, b=GRU, of=TEST))
    assert row["verdict"] == expected
    assert "own/test" in row["evidence"]
    if len(a) < 3:
        assert (row["reason"], "2 seeds" in row["detail"]) == (Reason.TOO_FEW_SEEDS, True)


def test_equal_in_every_run_is_no_evidence_of_better(report, scored):
    report.study("s", [(RNN.copy(), scored("a", [1.0] * 5)), (GRU.copy(), scored("b", [1.0] * 5))])
    row = verdict(report, claim("better_than", a=RNN, b=GRU, of=TEST))
    assert (row["verdict"], row["detail"]) == (
        INCONCLUSIVE,
        "both are equal in every run, so this cannot tell",
    )


def test_a_lower_loss_is_better_whatever_the_study_says(report, scored):
    report.study(
        "s",
        [
            (RNN.copy(), scored("a", [0.1, 0.11, 0.12], "loss")),
            (GRU.copy(), scored("b", [2, 2.1, 2.2], "loss")),
        ],
    )
    row = verdict(report, claim("better_than", a=RNN, b=GRU, of=TEST | {"metric": "loss"}))
    assert row["verdict"] == SUPPORTED


def test_two_splits_of_the_same_runs_are_compared_run_by_run(report):
    runs = [
        Run(
            f"r-{i}",
            test={
                ("own", "a", "all", "exact_match"): v + 0.02 + i / 1000,
                ("own", "b", "all", "exact_match"): v,
            },
        )
        for i, v in enumerate([0.2, 0.5, 0.8, 0.4])
    ]
    report.study("s", [({}, runs)])
    of_a, of_b = ({"metric": "exact_match", "suite": "own", "split": split} for split in "ab")
    assert verdict(report, claim("better_than", a={}, b={}, of=of_a, of_b=of_b))["verdict"] == SUPPORTED


def test_faster_than_with_runs_that_never_solve(report):
    fast, slow = solving("a", [100, 150, 150, 200, 250]), solving("b", [700, None, None, 900, None])
    report.study("s", [(RNN.copy(), fast), (GRU.copy(), slow)])
    row = verdict(report, claim("faster_than", a=RNN, b=GRU, of="solved_at"))
    assert row["verdict"] == SUPPORTED
    assert "solved by 2 of 5 runs (the median run never)" in row["evidence"]
    assert verdict(report, claim("faster_than", a=GRU, b=RNN, of="solved_at"))["verdict"] == REFUTED


def test_claims_about_time_need_runs_made_alone_on_one_machine(report):
    def timed(name, seconds, **more):
        return [Run(f"{name}-{i}", seconds=seconds + i / 10, **more) for i in range(3)]

    data = claim("faster_than", a=RNN, b=GRU, of="seconds_per_step")
    report.study("s", [(RNN.copy(), timed("a", 10)), (GRU.copy(), timed("b", 20))])
    assert verdict(report, data)["verdict"] == SUPPORTED
    report.study("t", [(RNN.copy(), timed("c", 10)), (GRU.copy(), timed("d", 20, alone=False))])
    report.studies.pop(0)
    row = verdict(report, data)
    assert (row["verdict"], row["reason"]) == (NOT_TESTED, Reason.NOT_ALONE)
    assert row["detail"].endswith("3 of 6 were")
    report.study("u", [(RNN.copy(), timed("e", 10)), (GRU.copy(), timed("f", 20, host="there"))])
    report.studies.pop(0)
    row = verdict(report, data)
    assert (row["verdict"], "different machines" in row["detail"]) == (NOT_TESTED, True)


def test_claims_about_time_stand_apart(report):
    report.study("s", [({}, solving("a", [1, 2, 3]))])
    report.studies[-1]["claims"] = [claim("faster_than", a={}, b=RNN, of="seconds")]
    apart = tables.apart("claims", claims.verdicts(report.results()))
    assert [len(apart[name]) for name in ("claims", "claims_timed")] == [0, 1]


def test_smoother_than(report):
    smooth = [[(i, 0.1 * i) for i in range(10)]] * 3
    rough = [[(i, 0.1 * i - 0.3 * (i % 2) - n / 100) for i in range(10)] for n in range(3)]
    points = [
        (RNN.copy(), learning("a", smooth, "exact_match")),
        (GRU.copy(), learning("b", rough, "exact_match")),
    ]
    report.study("s", points)
    assert verdict(report, claim("smoother_than", a=RNN, b=GRU))["verdict"] == SUPPORTED
    assert verdict(report, claim("smoother_than", a=GRU, b=RNN))["verdict"] == REFUTED


def test_roughness_is_the_mean_drop_by_hand(report):
    report.study("s", [({}, learning("a", [[(1, 0.5), (2, 0.4), (3, 0.9), (4, 0.7)]], "exact_match"))])
    assert report.results().roughness("a-0", "exact_match") == pytest.approx((0.1 + 0 + 0.2) / 3)


def test_roughness_of_a_loss_tells_curves_apart_that_never_rise(report):
    even = [[(i, 2.0 * 0.5**i) for i in range(6)]] * 3  # halves each time
    stairs = [[(i, 2.0 * 0.5 ** (2 * (i // 2) + n / 100)) for i in range(6)] for n in range(3)]
    report.study("s", [(RNN.copy(), learning("a", even)), (GRU.copy(), learning("b", stairs))])
    results = report.results()
    assert results.roughness("a-0", "loss") == pytest.approx(0)
    # logarithms fall by 0, 2, 0, 2, 0 halvings: each turn is 2 log 2
    assert results.roughness("b-0", "loss") == pytest.approx(2 * math.log(2))
    row = verdict(report, claim("smoother_than", a=RNN, b=GRU, metric="loss"))
    assert (row["verdict"], "turn of the logarithm" in row["evidence"]) == (SUPPORTED, True)


@pytest.mark.parametrize(("margin", "expected"), [(0.3, SUPPORTED), (0.05, REFUTED), (0.16, INCONCLUSIVE)])
def test_equivalent(report, scored, margin, expected):
    report.study("s", [(RNN.copy(), scored("a", HIGH)), (GRU.copy(), scored("b", MIDDLE))])  # 0.154 apart
    row = verdict(report, claim("equivalent", a=RNN, b=GRU, of=TEST, margin=margin))
    assert row["verdict"] == expected


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ((HIGH, MIDDLE, LOW), SUPPORTED),
        ((MIDDLE, HIGH, LOW), REFUTED),
        ((HIGH, LOW, MIDDLE), REFUTED),
        ((HIGH, HIGH, LOW), INCONCLUSIVE),
        ((HIGH, MIDDLE, LOW[:2]), INCONCLUSIVE),
    ],
)
def test_ordered(report, scored, order, expected):
    points = [
        (at.copy(), scored(str(i), values))
        for i, (at, values) in enumerate(zip((RNN, GRU, LSTM), order, strict=True))
    ]
    report.study("s", points)
    row = verdict(report, claim("ordered", points=[RNN, GRU, LSTM], of=TEST))
    assert row["verdict"] == expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0.9, None, SUPPORTED), (0.9, 0.97, SUPPORTED), (None, 0.9, REFUTED), (0.957, None, INCONCLUSIVE)],
)
def test_value(report, scored, low, high, expected):
    report.study("s", [({}, scored("a", HIGH))])
    data = claim("value", of=TEST, **{k: v for k, v in (("low", low), ("high", high)) if v is not None})
    assert verdict(report, data)["verdict"] == expected


def test_a_mean_is_decided_just_where_its_interval_is(report, scored):
    rng = np.random.default_rng(0)
    verdicts = set()
    for number in range(40):
        values = np.clip(rng.normal(0.5, 0.1, 4), 0, 1)
        rows = int(rng.choice([50, 10_000]))
        report.study(f"s{number}", [({}, scored(f"a{number}", values, rows=rows))])
        report.studies[:-1] = []
        ours = spread(values, "exact_match", np.full(4, float(rows)))
        row = verdict(report, claim("value", of=TEST, low=0.45, high=0.7))
        inside, outside = 0.45 <= ours.low <= ours.high <= 0.7, ours.high < 0.45 or ours.low > 0.7
        assert row["verdict"] == (SUPPORTED if inside else REFUTED if outside else INCONCLUSIVE)
        assert (row["p"] <= 0.05) == (inside or outside)
        verdicts.add(row["verdict"])
    assert len(verdicts) >= 2


def test_a_parameter_count_needs_no_seeds(report):
    report.study("s", [({}, [Run("a", parameters=17610)])])
    of = {"metric": "parameters"}
    assert verdict(report, claim("value", of=of, low=17610, high=17610))["verdict"] == SUPPORTED
    assert verdict(report, claim("value", of=of, low=17611))["verdict"] == REFUTED


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0, 1.0, 0.9995, 1.0, 1.0], SUPPORTED),
        ([1.0, 1.0, 1.0, 1.0, 0.997], INCONCLUSIVE),  # open by its mean however many follow
        ([1.0, 1.0, 1.0, 1.0, 0.997, 1.0, 1.0, 1.0], SUPPORTED),  # 7 of 8
        ([0.9, 0.8, 0.9, 0.95, 0.5], REFUTED),
        ([1.0, 1.0, 1.0], INCONCLUSIVE),
    ],
)
def test_perfection_is_a_matter_of_runs(report, scored, values, expected):
    report.study("s", [({}, scored("a", values))])
    row = verdict(report, claim("value", of=TEST, low=0.999))
    assert (row["verdict"], "runs are that good" in row["evidence"]) == (expected, True)
    assert row["rule"] == (
        "exact binomial test, one-sided: more than 0.5 of the runs" if len(values) > 3 else ""
    )
    # An upper bound below 1 says something else, and so does a loss.
    assert "that good" not in verdict(report, claim("value", of=TEST, low=0.999, high=0.9995))["evidence"]


def test_a_verdict_names_its_rule_and_shows_its_interval_alone(report, scored):
    report.study("s", [(RNN.copy(), scored("a", HIGH)), (GRU.copy(), scored("b", LOW))])
    row = verdict(report, claim("better_than", a=RNN, b=GRU, of=TEST))
    assert (row["rule"], row["design"], row["stays"]) == ("Welch's t test, two-sided", "fixed", True)
    assert row["p"] == pytest.approx(stats.ttest_ind(HIGH, LOW, equal_var=False).pvalue)
    assert row["evidence"].endswith("probability that the first beats the second 1.")
    row = verdict(report, claim("equivalent", a=RNN, b=GRU, of=TEST, margin=0.3))
    assert (row["verdict"], row["rule"]) == (REFUTED, "two one-sided t tests against the margin")


def test_without_a_mean_the_permutation_test_decides(report):
    fast, slow = solving("a", [100, 150, 150, 200, 250]), solving("b", [700, None, None, 900, None])
    report.study("s", [(RNN.copy(), fast), (GRU.copy(), slow)])
    row = verdict(report, claim("faster_than", a=RNN, b=GRU, of="solved_at"))
    assert row["rule"].startswith("exact permutation test")
    assert row["p"] == pytest.approx(2 / math.comb(10, 5))  # two divisions are as extreme
    assert "(p = 0.0079)" in row["evidence"]


# --- looks ---


def test_a_claim_is_decided_at_the_first_look_that_does(report, scored):
    later = [0.2] * 5  # which would blur the difference
    report.study(
        "s",
        [(RNN.copy(), scored("a", HIGH + later)), (GRU.copy(), scored("b", LOW + later))],
        look_at=[3, 5, 8],
    )
    data = claim("better_than", a=RNN, b=GRU, of=TEST)
    row = verdict(report, data)
    assert (row["verdict"], row["design"]) == (SUPPORTED, "look 1 of 3 (3 seeds)")
    assert "3 seeds" in row["evidence"]
    report.studies[-1]["look_at"] = []
    assert verdict(report, data)["verdict"] == INCONCLUSIVE


def test_looks_use_no_more_seeds_than_they_say(report, scored):
    a, b = [0.95, 0.9, 0.96, 0.2, 0.1], [0.85, 0.8, 0.9, 0.3, 0.2]
    report.study("s", [(RNN.copy(), scored("a", a)), (GRU.copy(), scored("b", b[:4]))], look_at=[3, 5])
    row = verdict(report, claim("better_than", a=RNN, b=GRU, of=TEST))
    assert (row["verdict"], row["design"]) == (INCONCLUSIVE, "look 1 of 2 (3 seeds)")  # one side has but 4
    assert row["p"] == pytest.approx(stats.ttest_ind(a[:3], b[:3], equal_var=False).pvalue)
    report.study("t", [(RNN.copy(), scored("c", a)), (GRU.copy(), scored("d", b))], look_at=[8, 12])
    report.studies.pop(0)
    row = verdict(report, claim("better_than", a=RNN, b=GRU, of=TEST))
    assert (row["reason"], row["detail"]) == (Reason.TOO_FEW_SEEDS, "5 seeds; a verdict needs at least 8")


# --- what may decide ---


def undecided(at, **differs):
    return at | {"_deciding": {"as_published": False, "differs": ["training.steps"]} | differs}


def test_runs_with_other_settings_decide_nothing_but_are_shown(report, scored):
    report.study("s", [(undecided(RNN), scored("a", HIGH)), (undecided(GRU), scored("b", LOW))])
    row = verdict(report, claim("better_than", a=RNN, b=GRU, of=TEST))
    assert row["verdict"] == NOT_TESTED
    assert row["evidence"].startswith("At this scale: ")
    assert "0.958" in row["evidence"]
    assert (row["reason"], "training.steps" in row["detail"]) == (Reason.OTHER_SETTINGS, True)


def test_a_run_that_stopped_once_solved_decides_about_answers_never_about_loss(report, scored):
    stopped = {"_deciding": {"as_published": True, "differs": ["training.stop_when_solved"]}}
    runs = scored("a", HIGH)
    for run in runs:
        run.test[("own", "test", "all", "loss")] = 0.1
    report.study("s", [(dict(stopped), runs)])
    assert verdict(report, claim("value", of=TEST, low=0.9))["verdict"] == SUPPORTED
    assert verdict(report, claim("value", of=TEST | {"metric": "loss"}, low=0.0))["verdict"] == NOT_TESTED


def test_a_point_that_is_not_in_the_plan(report, scored):
    report.study("s", [(RNN.copy(), scored("a", HIGH))])
    row = verdict(report, claim("better_than", a=RNN, b=LSTM, of=TEST))
    assert (row["reason"], row["detail"]) == (Reason.NO_SUCH_RUN, "no run here has cell=lstm")


def test_runs_without_results_are_counted_not_invented(report, scored):
    report.study("s", [(RNN.copy(), scored("a", HIGH)), (GRU.copy(), scored("b", LOW))])
    report.studies[-1]["claims"] = [claim("better_than", a=RNN, b=GRU, of=TEST)]
    results = report.results()
    kept = results.tables["runs"][~results.tables["runs"]["run"].isin(["a-0", "a-1"])]
    results.tables["runs"] = kept
    (row,) = claims.verdicts(results)
    assert (row["verdict"], row["detail"]) == (SUPPORTED, "2 runs are not available")
    results = report.results()
    results.tables["runs"] = kept[~kept["run"].str.startswith("a")]
    (row,) = claims.verdicts(results)
    assert (row["verdict"], row["evidence"]) == (NOT_TESTED, "")


# --- which points a claim speaks of ---


def test_one_factor_at_a_time_means_the_base_of_the_others(report, scored):
    report.study(
        "s",
        [
            ({"training.lr": 0.1}, scored("a", [0.1])),
            ({"training.lr": 0.2}, scored("b", [0.2])),
            ({"training.batch": 8}, scored("c", [0.3], settings={"training": {"batch": 8, "lr": 0.1}})),
        ],
    )
    results = report.results()
    (study,) = results.plan.studies
    assert [point.label for point in results.select(study, {"training.lr": 0.1})] == ["lr=0.1"]
    assert [point.label for point in results.select(study, {"training.batch": 8})] == ["batch=8"]
    assert results.select(study, {"training.lr": 0.3}) == []


def test_a_grid_means_all_its_other_settings(report, scored):
    grid = [(RNN | {"training.lr": lr}, scored(f"a{lr}", [lr])) for lr in (0.1, 0.2)]
    report.study("s", [*grid, (GRU | {"training.lr": 0.1}, scored("b", [0.1]))])
    results = report.results()
    assert len(results.select(results.plan.studies[0], RNN)) == 2


def test_a_setting_that_no_sweep_names_is_read_from_the_run(report, scored):
    runs = scored(
        "a",
        [0.1],
        settings={
            "dataset": {"distribution": {"kind": "uniform_integers", "high": 12345}},
            "training": {"lr": 0.1},
        },
    )
    report.study("s", [({}, runs)])
    results = report.results()
    (study,) = results.plan.studies
    assert results.select(study, {"dataset.distribution.high": 12345, "training.lr": 0.1})
    assert results.select(study, {"dataset": "uniform"})
    assert not results.select(study, {"dataset": "other"})
