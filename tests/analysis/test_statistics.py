"""Statistics against hand-computed and textbook cases, and their error rates in simulation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from carryover.analysis.statistics import (
    Sample,
    median_steps,
    sample,
    share_interval,
    spread,
    spreads,
)
from carryover.analysis.two_samples import compare
from carryover.metrics import value_range

T_975 = {2: 4.302653, 4: 2.776445}  # from a table of Student's t


def steps(values, censored):
    return Sample(np.array(values, dtype=float), np.array(censored, dtype=bool))


def test_interval_of_a_mean_by_hand():
    found = spread([2.0, 4.0, 6.0], "loss")  # mean 4, sd 2
    half = T_975[2] * 2 / math.sqrt(3)
    assert (found.mean, found.sd, found.seeds) == (4.0, 2.0, 3)
    assert found.high == pytest.approx(4 + half, rel=1e-6)
    assert found.low == pytest.approx(max(0, 4 - half), abs=1e-9)  # a loss is never negative
    assert found.prediction_high == pytest.approx(4 + T_975[2] * 2 * math.sqrt(1 + 1 / 3), rel=1e-6)


def test_intervals_stay_in_the_metrics_range():
    found = spread([0.99, 1.0, 0.97, 1.0, 0.9], "exact_match")
    assert found.high == found.prediction_high == 1.0
    assert 0 < found.prediction_low < found.low < found.mean
    assert spread([-3.0, -1.0, -2.0], "gap").low < -3
    assert value_range("token_accuracy_padded") == value_range("batch_accuracy") == (0, 1)
    assert value_range("solved_at") == value_range("seconds_per_step") == (0, math.inf)


@pytest.mark.parametrize("values", [[0.4], [0.4, 0.6]])
def test_fewer_than_three_seeds_have_a_range_and_no_interval(values):
    found = spread(values, "exact_match")
    assert found.low is found.high is found.prediction_low is found.prediction_high is None
    assert (found.minimum, found.maximum) == (min(values), max(values))


def test_one_seed_has_no_deviation():
    assert spread([0.4], "loss").sd is None


def test_seeds_that_agree_have_an_interval_of_no_width():
    found = spread([0.1] * 5, "loss")
    assert (found.mean, found.low, found.high, found.prediction_low, found.sd) == (0.1, 0.1, 0.1, 0.1, 0.0)


def test_infinite_values_leave_only_the_range():
    found = spread([1.0, 2.0, math.inf, 3.0], "loss")
    assert found.mean is found.low is None
    assert (found.minimum, found.maximum, found.seeds) == (1.0, math.inf, 4)


def test_values_that_are_not_available_do_not_count():
    assert spread([1.0, math.nan, 3.0], "loss").seeds == 2


@given(
    hnp.arrays(float, st.integers(1, 40), elements=st.floats(0, 1, allow_subnormal=False)),
    st.integers(1, 6),
    st.randoms(use_true_random=False),
)
def test_many_groups_at_once_equal_one_at_a_time(values, groups, random):
    group = np.array([random.randrange(groups) for _ in values])
    many = spreads(values, group, groups, np.zeros(groups), np.ones(groups))
    for number in range(groups):
        one = spread(values[group == number], "exact_match")
        assert many.seeds[number] == one.seeds
        for name in ("mean", "low", "high", "prediction_low", "prediction_high", "minimum", "maximum", "sd"):
            alone = getattr(one, name)
            assert getattr(many, name)[number] == pytest.approx(
                math.nan if alone is None else alone, nan_ok=True
            )


@given(hnp.arrays(float, st.integers(3, 12), elements=st.floats(-1e3, 1e3, allow_subnormal=False)))
def test_means_and_deviations_are_numpys(values):
    found = spread(values, "gap")
    assert found.mean == pytest.approx(values.mean(), rel=1e-9, abs=1e-9)
    assert found.sd == pytest.approx(values.std(ddof=1), rel=1e-6, abs=1e-6)
    assert found.minimum <= found.mean + 1e-12
    assert found.mean <= found.maximum + 1e-12


def test_share_interval_by_wilsons_formula():
    z, n, p = 1.959964, 5, 0.8
    centre, half = (
        (p + z**2 / (2 * n)) / (1 + z**2 / n),
        z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)),
    )
    assert share_interval(4, 5) == pytest.approx((centre - half, centre + half), abs=1e-6)
    assert share_interval(5, 5)[1] == 1.0
    assert share_interval(2, 2) is None


def test_median_steps_with_censoring_by_hand():
    # Survival: 2/3 after 100 (3 at risk), then 1/3 after 300: the first to reach one half is 300.
    assert median_steps(*_arrays([100, 300, 500], [0, 0, 1])) == 300
    # Two of four solve: the median lies midway between the second and the third, of which nothing is known.
    assert median_steps(*_arrays([100, 300, 500, 500], [0, 0, 1, 1])) is None
    assert median_steps(*_arrays([875, 1000], [0, 1])) is None
    # Just half by 200, and one more later: midway, as the median of four numbers is.
    assert median_steps(*_arrays([100, 200, 400, 500], [0, 0, 0, 1])) == 300
    assert median_steps(*_arrays([25, 75], [0, 0])) == 50
    # Three of five diverged, which is later than any step: no median, whatever the step at which they ended.
    assert median_steps(*_arrays([300, 325, math.inf, math.inf, math.inf], [0, 0, 1, 1, 1])) is None
    # One censored before: 3 at risk at 200, survival 2/3; 1 at risk at 400, survival 0.
    assert median_steps(*_arrays([200, 300, 400], [0, 1, 0])) == 400
    # Fewer than half solve: no median. Dropping the censored would have said 100.
    assert median_steps(*_arrays([100, 500, 500], [0, 1, 1])) is None
    assert median_steps(*_arrays([500, 500], [1, 1])) is None
    assert median_steps(np.array([]), np.array([], dtype=bool)) is None


def _arrays(values, censored):
    return np.array(values, dtype=float), np.array(censored, dtype=bool)


def test_difference_by_hand():
    # Means 3 and 1, both variances 1, n = 3: standard error sqrt(2/3), 4 degrees of freedom.
    found = compare(sample([2.0, 3.0, 4.0]), sample([0.0, 1.0, 2.0]), higher_is_better=True)
    half = T_975[4] * math.sqrt(2 / 3)
    assert (found.difference, found.method) == (2.0, "Welch")
    assert (found.low, found.high) == pytest.approx((2 - half, 2 + half), rel=1e-5)
    assert found.decided is None  # the interval holds 0
    assert found.probability == pytest.approx(8.5 / 9)  # 2 against 2 is a tie


def test_probability_counts_ties_half_and_follows_the_direction():
    a, b = sample([1.0, 2.0, 3.0]), sample([1.0, 2.0, 4.0])
    assert compare(a, b, higher_is_better=True).probability == pytest.approx((1 + 1 + 2) / 9)
    assert compare(a, b, higher_is_better=False).probability == pytest.approx(5 / 9)
    assert compare(b, a, higher_is_better=True).probability == pytest.approx(5 / 9)


@pytest.mark.parametrize("higher", [True, False])
def test_the_interval_of_the_probability_holds_it_and_stays_in_range(higher):
    rng = np.random.default_rng(0)
    for _ in range(30):
        a, b = (sample(rng.integers(0, 6, rng.integers(3, 8)).astype(float)) for _ in range(2))
        found = compare(a, b, higher)
        assert 0 <= found.probability_low <= found.probability <= found.probability_high <= 1


def test_runs_that_all_agree():
    same = compare(sample([1.0] * 5), sample([1.0] * 5), True)
    assert (same.difference, same.low, same.high, same.decided, same.probability) == (0, 0, 0, None, 0.5)
    apart = compare(sample([1.0] * 5), sample([0.5] * 5), True)
    assert (apart.low, apart.decided, apart.probability) == (0.5, "better", 1.0)
    assert apart.probability_low == pytest.approx(share_interval(5, 5)[0])  # five runs do not make it certain


def test_fewer_than_three_seeds_decide_nothing():
    found = compare(sample([1.0, 1.0]), sample([0.0, 0.0, 0.0]), True)
    assert (found.difference, found.low, found.probability_low, found.decided) == (1.0, None, None, None)
    assert compare(sample([]), sample([1.0]), True).probability is None


def test_paired_values_are_compared_pair_by_pair():
    b = np.array([0.1, 0.5, 0.9, 0.3])
    apart = sample(b + np.array([0.01, 0.012, 0.011, 0.013]))
    assert compare(apart, sample(b), True).decided is None
    found = compare(apart, sample(b), True, paired=True)
    assert (found.decided, found.probability, found.method) == ("better", 1.0, "paired t")


def test_censored_steps_lose_to_those_that_solved():
    fast, never = steps([100, 150, 200, 200, 250], [0] * 5), steps([1000] * 5, [1] * 5)
    found = compare(fast, never, higher_is_better=False)
    assert (found.probability, found.decided, found.difference) == (1.0, "better", None)
    assert compare(never, fast, higher_is_better=False).decided == "worse"
    assert compare(never, never, higher_is_better=False).decided is None


def test_what_censoring_leaves_open_is_a_tie():
    # A never solved within 200 steps; B solved at 300. Which is faster is not known; a run that solved at 100 beats A.
    assert compare(steps([200], [1]), steps([300], [0]), higher_is_better=False).probability == 0.5
    assert compare(steps([200], [1]), steps([100], [0]), higher_is_better=False).probability == 0.0
    assert compare(steps([200], [1]), steps([200], [0]), higher_is_better=False).probability == 0.0


def test_exact_permutation_p_decides_at_its_level():
    # 4 against 4, wholly apart: 2 of the 70 divisions are as extreme, p = 0.029. 3 against 3: 2 of 20, p = 0.1.
    four = steps([1, 2, 3, 4], [0] * 4), steps([9] * 4, [1] * 4)
    assert compare(*four, higher_is_better=False).decided == "better"
    assert compare(*four, higher_is_better=False, level=0.99).decided is None
    three = steps([1, 2, 3], [0] * 3), steps([9] * 3, [1] * 3)
    assert compare(*three, higher_is_better=False).decided is None


def test_infinite_losses_are_the_worst():
    diverged = compare(sample([math.inf] * 5), sample([0.1, 0.2, 0.3, 0.2, 0.1]), higher_is_better=False)
    assert (diverged.decided, diverged.probability, diverged.difference) == ("worse", 0.0, None)


TRIALS = 1500


def _decided(draw, seeds: int, trials: int = TRIALS, **options) -> tuple[float, float]:
    """Shares of simulated studies decided as better and as worse."""
    rng = np.random.default_rng(12345)
    found = [compare(*draw(rng, seeds), **options).decided for _ in range(trials)]
    return found.count("better") / trials, found.count("worse") / trials


def test_a_planted_null_is_found_at_most_at_the_stated_rate():
    def null(rng, n):
        return sample(rng.normal(0.5, 0.1, n)), sample(rng.normal(0.5, 0.1, n))

    better, worse = _decided(null, 5, higher_is_better=True)
    # 5% in all: at 1,500 trials the share lies within 0.05 ± 0.017 in 99.7% of such tests.
    assert 0.015 < better + worse < 0.067


def test_a_planted_effect_is_found():
    def planted(rng, n):
        return sample(rng.normal(0.7, 0.1, n)), sample(rng.normal(0.4, 0.1, n))

    better, worse = _decided(planted, 5, higher_is_better=True, trials=400)
    assert better > 0.9
    assert worse == 0.0


def test_censored_null_and_effect_are_found_at_their_rates():
    def draw(rng, n, slower):
        times = [rng.exponential(scale, n) for scale in (300, 300 * slower)]
        return tuple(steps(np.minimum(one, 1000), one > 1000) for one in times)

    rng = np.random.default_rng(7)
    null = [compare(*draw(rng, 6, 1), higher_is_better=False) for _ in range(400)]
    null = [found.decided for found in null if found.method == "exact permutation test"]
    assert sum(found is not None for found in null) / len(null) < 0.09  # 5%, and three deviations of chance
    effect = [compare(*draw(rng, 8, 40), higher_is_better=False).decided for _ in range(60)]
    assert effect.count("better") / 60 > 0.9


def test_intervals_hold_the_truth_at_the_stated_rate():
    rng = np.random.default_rng(99)
    trials, n = 4000, 5
    values = rng.normal(3.0, 1.0, (trials, n))
    found = spreads(
        values.ravel(),
        np.repeat(np.arange(trials), n),
        trials,
        np.full(trials, -np.inf),
        np.full(trials, np.inf),
    )
    assert np.mean((found.low <= 3) & (found.high >= 3)) == pytest.approx(0.95, abs=0.011)
    further = rng.normal(3.0, 1.0, trials)
    assert np.mean((found.prediction_low <= further) & (further <= found.prediction_high)) == pytest.approx(
        0.95, abs=0.011
    )
