"""Rules that decide claims: by hand, and their error rates and power in simulations."""

from itertools import pairwise
from math import comb, e, log, sqrt

import numpy as np
import pytest
from scipy import stats

from carryover.analysis import shares
from carryover.analysis.designs import ALPHA, FIXED, Design, designs, nominal_levels, spending
from carryover.analysis.false_discovery import with_false_discovery
from carryover.analysis.judges import INCONCLUSIVE, REFUTED, SUPPORTED
from carryover.analysis.statistics import p_of_mean, sample, spread, spreads
from carryover.analysis.two_samples import compare, p_within

LOOKS = (3, 5, 8, 12, 20)


def chance(successes: int, runs: int, share: float) -> float:
    """The probability of at least so many successes, by counting."""
    return sum(comb(runs, k) * share**k * (1 - share) ** (runs - k) for k in range(successes, runs + 1))


def at_most(observed: float, rate: float, trials: int) -> bool:
    """Whether a simulated rate is no more than `rate`, but for three deviations of chance."""
    return observed <= rate + 3 * sqrt(rate * (1 - rate) / trials)


# --- shares of runs ---


@pytest.mark.parametrize(
    ("outcomes", "runs", "p"),
    [
        ([1, 1, 1, 1], None, None),  # 1 / 16: no four runs can decide
        ([1, 1, 1, 1, 1], 5, 1 / 32),
        ([1, 1, 1, 1, 0], 5, 6 / 32),
        ([1, 1, 1, 1, 1, 0, 0], 5, 1 / 32),  # six and seven runs are judged by their first five
        ([1, 1, 1, 1, 0, 1, 1, 1], 8, 9 / 256),  # 8 + 1 of 256 divisions
    ],
)
def test_a_share_by_hand(outcomes, runs, p):
    test = shares.above([bool(one) for one in outcomes], 0.5, FIXED)
    if runs is None:
        assert test is None
    else:
        assert test is not None
        assert (test.runs, test.p, test.decided) == (runs, pytest.approx(p), p <= 0.05)


@pytest.mark.parametrize("bound", [0.2, 0.5, 0.8, 0.9])
def test_a_share_at_its_bound_is_decided_in_at_most_5_percent(bound):
    for runs in range(1, 61):
        assert shares.power(bound, runs, bound) <= ALPHA


@pytest.mark.parametrize("bound", [0.2, 0.5, 0.8, 0.9])
def test_more_seeds_never_hurt_a_claim_about_a_share(bound):
    for share in (0.99, 0.95, 0.9, 0.8, 0.75):
        if share >= (1 + bound) / 2:
            powers = [shares.power(share, runs, bound) for runs in range(1, 121)]
            assert all(later >= earlier - 1e-12 for earlier, later in pairwise(powers))
            assert powers[-1] > 0.6
    assert shares.power(0.8, 5, 0.5) == pytest.approx(0.8**5)
    assert shares.power(0.8, 10, 0.5) == pytest.approx(chance(7, 8, 0.8))  # 7 of the first 8


def test_looks_at_a_share_err_in_at_most_5_percent_in_all():
    counts = shares.critical_counts(LOOKS, 0.5)
    assert counts[:3] == (None, None, 8)  # of 3 or 5 runs, not even all would do
    runs = np.random.default_rng(1).random((200_000, LOOKS[-1]))

    def decided(share: float) -> np.ndarray:
        so_far = np.cumsum(runs < share, axis=1)
        looks = [so_far[:, n - 1] >= c for n, c in zip(LOOKS, counts, strict=True) if c is not None]
        return np.logical_or.accumulate(looks).mean(axis=1)

    assert at_most(decided(0.5)[-1], 0.05, 200_000)
    power = decided(0.85)
    assert (np.diff(power) >= 0).all()
    assert power[-1] > 0.9


def test_a_share_is_decided_at_a_look_by_the_runs_of_that_look():
    eight = [True] * 8
    assert shares.above(eight, 0.5, Design(LOOKS, 1)) is None
    found = shares.above(eight, 0.5, Design(LOOKS, 2))
    assert found is not None
    # What the looks at 3 and 5 may have used, and 1 / 256.
    before = 0.05 * log(1 + (e - 1) * 5 / 20)
    assert (found.decided, found.p) == (True, pytest.approx(before + 1 / 256))


# --- group-sequential designs ---


def test_levels_of_equal_looks_are_those_in_print():
    # Five looks, 5% two-sided, the spending function that resembles Pocock's: boundaries of Lan and DeMets' program.
    printed = [2.4380, 2.4268, 2.4101, 2.3966, 2.3859]
    levels = nominal_levels((1, 2, 3, 4, 5), sides=2)
    assert stats.norm.isf(np.array(levels) / 2) == pytest.approx(printed, abs=2e-4)
    assert spending((1, 2))[-1] == pytest.approx(0.05)


def _ever_decided(difference: float, levels: list[float], trials: int = 20_000) -> float:
    """How often a Welch test at any look decides; normal values with deviation 1."""
    rng = np.random.default_rng(3)
    a, b = rng.normal(difference, 1, (trials, LOOKS[-1])), rng.normal(0, 1, (trials, LOOKS[-1]))
    decided = np.zeros(trials, dtype=bool)
    for seeds, level in zip(LOOKS, levels, strict=True):
        decided |= stats.ttest_ind(a[:, :seeds], b[:, :seeds], axis=1, equal_var=False).pvalue <= level
    return float(decided.mean())


def test_looks_at_a_difference_err_in_at_most_5_percent_in_all():
    levels = [Design(LOOKS, look).level(sides=2) for look in range(len(LOOKS))]
    assert at_most(_ever_decided(0, levels), 0.05, 20_000)
    assert _ever_decided(0, [0.05] * len(LOOKS)) > 0.12  # looking at 5% each time
    assert _ever_decided(1.1, levels) > 0.85
    assert Design().level(1) == Design().level(2) == 0.05


def test_one_sided_looks_err_in_at_most_5_percent_in_all():
    rng = np.random.default_rng(4)
    paths = np.cumsum(rng.normal(size=(100_000, LOOKS[-1])), axis=1)
    z = [paths[:, seeds - 1] / sqrt(seeds) for seeds in LOOKS]
    decided = [one >= stats.norm.isf(level) for one, level in zip(z, nominal_levels(LOOKS, 1), strict=True)]
    assert np.logical_or.reduce(decided).mean() == pytest.approx(0.05, abs=0.0021)


def test_looks_that_so_many_seeds_allow():
    assert designs((), 7) == [FIXED]
    assert [str(one) for one in designs(LOOKS, 9)] == [
        "look 1 of 5 (3 seeds)",
        "look 2 of 5 (5 seeds)",
        "look 3 of 5 (8 seeds)",
    ]
    assert designs(LOOKS, 2) == []
    # A decision at the first look has used what was spent there at most.
    assert Design(LOOKS, 0).overall(0.001, True) == 0.001
    assert Design(LOOKS, 1).overall(0.009, True) == pytest.approx(spending(LOOKS)[1])


# --- equivalence ---


def test_equivalence_by_hand():
    # Means 3 and 3.1, variances 1, n = 3: error sqrt(2/3), 4 degrees of freedom; the margin 2 is 1.9 away.
    found = compare(sample([2.0, 3.0, 4.0]), sample([2.1, 3.1, 4.1]), higher_is_better=True, level=0.9)
    within, beyond = p_within(found, 2.0)
    t = 1.9 / sqrt(2 / 3)
    # Student's t with 4 degrees of freedom has the distribution function 1/2 + 3/8 (s - s³/12 · …) in closed form.
    s = t / sqrt(1 + t**2 / 4)
    assert within == pytest.approx(1 - (0.5 + 3 / 8 * s * (1 - s**2 / 12)), abs=1e-9)
    assert beyond == pytest.approx(1 - within)
    # 90%: 2.131847 errors to each side (table of Student's t); inside the margin just where p is at most 5%.
    assert found.high == pytest.approx(-0.1 + 2.131847 * sqrt(2 / 3), abs=1e-5)
    assert p_within(found, -found.low)[0] == pytest.approx(0.05, abs=1e-6)


def _equivalent(difference: float, seeds: int, trials: int = 1000) -> tuple[float, float]:
    """How often normal values with deviation 0.3 are found to differ by less than 1, and by more."""
    rng = np.random.default_rng(5)
    within, beyond = [], []
    for _ in range(trials):
        a, b = rng.normal(difference, 0.3, seeds), rng.normal(0, 0.3, seeds)
        found = p_within(compare(sample(a), sample(b), True), 1.0)
        within.append(found[0] <= 0.05)
        beyond.append(found[1] <= 0.05)
    return float(np.mean(within)), float(np.mean(beyond))


def test_equivalence_errs_in_at_most_5_percent():
    shares = [sample([0.5, 0.6, 0.4], [40] * 3), sample([0.3, 0.4, 0.45], [40] * 3)]
    assert min(p_within(compare(*shares, higher_is_better=True), 0.1)) > 0.05  # neither, not both
    within, beyond = _equivalent(1.0, 4)
    assert at_most(within, 0.05, 1000)
    assert at_most(beyond, 0.05, 1000)
    assert _equivalent(0.0, 5, 300)[0] > 0.95
    assert _equivalent(2.0, 5, 300)[1] > 0.95


# --- shares of examples ---


def test_five_perfect_runs_are_not_certain_to_be_perfect():
    found = spread(np.ones(5), "exact_match", np.full(5, 2000.0))
    # 10,002 of 10,004 with two right and two wrong ones added
    share = 10_002 / 10_004
    assert found.low == pytest.approx(1 - 1.959964 * sqrt(share * (1 - share) / 10_004), abs=1e-9)
    assert (found.mean, found.high, found.sd) == (1.0, 1.0, 0.0)
    # a run of 2,000 more: their variance is five times that of all, and that of all comes on top
    assert found.prediction_low == pytest.approx(
        1 - 1.959964 * sqrt(6 * share * (1 - share) / 10_004), abs=1e-9
    )
    assert spread(np.ones(5), "exact_match").low == 1.0  # unless nobody knows of how many examples


@pytest.mark.parametrize("share", [0.5, 0.99, 0.9995])
def test_intervals_of_shares_hold_the_truth_at_the_stated_rate(share):
    rng, trials, seeds, examples = np.random.default_rng(6), 4000, 5, 2000
    values = rng.binomial(examples, share, (trials, seeds)) / examples
    group = np.repeat(np.arange(trials), seeds)
    zeros, ones = np.zeros(trials), np.ones(trials)
    found = spreads(values.ravel(), group, trials, zeros, ones, np.full(values.size, float(examples)))
    assert np.mean((found.low <= share) & (share <= found.high)) >= 0.94
    further = rng.binomial(examples, share, trials) / examples
    assert np.mean((found.prediction_low <= further) & (further <= found.prediction_high)) >= 0.94


def test_no_two_shares_are_further_apart_than_1():
    a, b = sample([1.0, 1.0, 0.2], [50, 50, 50]), sample([0.0, 0.1, 0.0], [50, 50, 50])
    found = compare(a, b, higher_is_better=True)
    assert -1 <= found.low <= found.high == 1
    assert compare(sample(a.values), sample(b.values), higher_is_better=True).high > 1


def test_perfect_runs_against_nearly_perfect_ones():
    # One wrong answer of 2,000 in each run is no difference that three runs could show.
    perfect, nearly = sample([1.0] * 3, [2000] * 3), sample([0.9995] * 3, [2000] * 3)
    assert compare(perfect, nearly, True).decided is None
    assert compare(sample([1.0] * 3), sample([0.9995] * 3), True).decided == "better"
    assert compare(perfect, sample([0.9] * 3, [2000] * 3), True).decided == "better"
    assert compare(perfect, nearly, True, paired=True).decided is None


def test_a_difference_of_shares_errs_in_at_most_5_percent():
    rng, trials = np.random.default_rng(8), 1000
    decided = 0
    for _ in range(trials):
        a, b = rng.binomial(1000, 0.998, (2, 4)) / 1000
        decided += compare(sample(a, [1000] * 4), sample(b, [1000] * 4), True).decided is not None
    assert at_most(decided / trials, 0.05, trials)


def test_a_mean_against_a_bound_is_the_t_test():
    values = np.array([0.2, 0.4, 0.9, 0.3])
    above = stats.ttest_1samp(values, 0.3, alternative="greater").pvalue
    assert p_of_mean(sample(values), 0.3, above=True) == pytest.approx(above)
    assert p_of_mean(sample(values), 0.3, above=False) == pytest.approx(1 - above)
    assert p_of_mean(sample(values), float("inf"), above=False) == 0
    assert [p_of_mean(sample([0.5] * 3), 0.5, above=one) for one in (True, False)] == [0, 0]


# --- all claims together ---


def _rows(*p, verdict=SUPPORTED):
    return [
        {"p": one, "verdict": verdict if one is not None and one <= 0.05 else INCONCLUSIVE, "timed": False}
        for one in p
    ]


def test_false_discovery_by_hand():
    # Sorted: 0.01, 0.02, 0.04, 0.5. Limits: 0.0125, 0.025, 0.0375, 0.05. So the first two stay.
    assert [row["stays"] for row in with_false_discovery(_rows(0.04, 0.01, 0.5, 0.02))] == [
        False,
        True,
        None,
        True,
    ]
    assert [row["stays"] for row in with_false_discovery(_rows(0.04, None, 0.01))] == [True, None, True]
    counted = {"p": None, "verdict": REFUTED, "timed": False}  # nothing is random in it
    assert with_false_discovery([counted, *_rows(0.5)])[0]["stays"] is True
    assert with_false_discovery([]) == []


def test_false_discoveries_are_at_most_5_percent_of_what_stays():
    rng, shares_false = np.random.default_rng(9), []
    for _ in range(400):
        null = np.arange(40) < 25
        p = 2 * stats.norm.sf(np.abs(rng.normal(np.where(null, 0, 3), 1)))
        stays = np.array([row["stays"] is True for row in with_false_discovery(_rows(*p))])
        shares_false.append((stays & null).sum() / max(1, stays.sum()))
    assert np.mean(shares_false) <= 0.05
