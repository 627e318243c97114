"""The probability that further seeds decide a claim: each rule against its judge, and the figures against others."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestIndPower, TTestPower

from carryover.analysis.decisions import DECIDES
from carryover.analysis.designs import FIXED, Design
from carryover.analysis.draws import BOOTSTRAP, NORMAL, SHARE, Many, Pooled
from carryover.analysis.judges import JUDGES
from carryover.analysis.power import MOST_SEEDS, Prospect, SoFar, least_seeds, prospect
from carryover.analysis.statistics import Sample, sample
from carryover.settings.claims import (
    BetterThan,
    Equivalent,
    Fails,
    FasterThan,
    Ordered,
    Quantity,
    SmootherThan,
    SolvesWithin,
    ValueClaim,
)

LOOKS = (3, 5, 8, 12, 20)
SIDES = [{"model.layers": number} for number in (1, 2, 3)]
A, B = ({"a": SIDES[0], "b": SIDES[1]}, {"id": "c", "text": "It is so."})
LOSS = Quantity(metric="loss")
SHARE_OF = Quantity(metric="exact_match")
CLAIMS: dict[str, Any] = {
    "better": BetterThan(**B, **A, kind="better_than", of=LOSS),
    "better share": BetterThan(**B, **A, kind="better_than", of=SHARE_OF),
    "faster": FasterThan(**B, **A, kind="faster_than", of="solved_at"),
    "smoother": SmootherThan(**B, **A, kind="smoother_than"),
    "equivalent": Equivalent(**B, **A, kind="equivalent", of=LOSS, margin=0.8),
    "ordered": Ordered(**B, kind="ordered", points=tuple(SIDES), of=LOSS),
    "value": ValueClaim(**B, kind="value", at=SIDES[0], of=LOSS, low=9.4, high=12.0),
    "perfect": ValueClaim(**B, kind="value", at=SIDES[0], of=SHARE_OF, low=0.999),
    "solves": SolvesWithin(
        **B, kind="solves_within", at=SIDES[0], metric="loss", threshold=10.2, below=True, steps=1
    ),
    "fails": Fails(**B, kind="fails", at=SIDES[0], of=LOSS, threshold=10.2, share=0.6),
}
OUTCOMES = ("perfect", "solves", "fails")


class Given:
    """Results of runs that are numbers of a list; as much of `Results` as judges ask for."""

    def __init__(self, values: np.ndarray, censored: np.ndarray, examples: np.ndarray | None) -> None:
        self.of = Sample(values, censored, examples)

    def sample(self, quantity: Quantity, runs: list[int]) -> Sample:
        return self.of.only(np.array(runs))

    def steps_to_solve(self, runs: list[int]) -> Sample:
        return self.sample(LOSS, runs)

    def curve(self, run: int, metric: str) -> tuple[np.ndarray, np.ndarray]:
        return np.array([1.0]), self.of.values[[run]]

    def roughness(self, run: int, metric: str) -> float:
        return float(self.of.values[run])

    def status(self, run: int) -> str:
        return "finished"


def drawn(
    name: str, rng: np.random.Generator, count: int, some_never_solve: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Values of a side in one set of runs, near what the claims above tell apart."""
    if "share" in name or name == "perfect":
        mean = rng.choice([0.6, 0.9]) if name != "perfect" else 1.2
        return np.minimum(rng.normal(mean, 0.1, count), 1), np.zeros(count, bool)
    values = rng.normal(10 + rng.choice([0.0, 0.3, 2.0]), 0.5, count).round(1)
    return values, (values > 10.4) & some_never_solve


@pytest.mark.parametrize("design", [FIXED, Design(LOOKS, 2)], ids=str)
@pytest.mark.parametrize("name", CLAIMS)
def test_each_rule_decides_what_its_judge_decides(name: str, design: Design) -> None:
    rng = np.random.default_rng(7)
    claim = CLAIMS[name]
    count = design.look_at[design.look] if design.look_at else 6
    examples = np.full(count, 500.0) if "share" in name else None
    for some_never_solve in (False, True) if name == "faster" and count < 8 else (False,):
        sides = [[drawn(name, rng, count, some_never_solve) for _ in range(30)] for _ in claim.selectors()]
        judged = []
        for number in range(30):
            values, censored = (np.concatenate([side[number][part] for side in sides]) for part in (0, 1))
            behind = None if examples is None else np.tile(examples, len(sides))
            runs = [list(range(start * count, (start + 1) * count)) for start in range(len(sides))]
            finding = JUDGES[type(claim)](Given(values, censored, behind), claim, runs, design)  # type: ignore[arg-type]
            judged.append(finding.decided)
        many = [
            Many(np.array([one[0] for one in side]), np.array([one[1] for one in side]), examples)
            for side in sides
        ]
        if name in OUTCOMES:
            many = [outcomes(name, one) for one in many]
        assert DECIDES[type(claim)](claim, many, design, False).tolist() == judged
        assert len(set(judged)) == 2, "these runs should tell a rule from one that always says the same"


def outcomes(name: str, many: Many) -> Many:
    """Rules of shares get 1 for a run that does what is claimed, and else 0."""
    does = {"perfect": np.greater_equal, "solves": np.less_equal, "fails": np.greater}[name]
    bound = 0.999 if name == "perfect" else 10.2
    return Many(does(many.values, bound).astype(float), many.censored, None)


@pytest.mark.parametrize(("effect", "count"), [(0.0, 5), (1.0, 8), (1.5, 8), (2.0, 5), (1.0, 20)])
def test_a_planted_difference_is_found_as_often_as_statsmodels_says(effect: float, count: int) -> None:
    rng = np.random.default_rng(1)
    none = np.zeros((6000, count), bool)
    a, b = (Many(rng.normal(mean, 1, (6000, count)), none, None) for mean in (effect, 0))
    found = DECIDES[BetterThan](CLAIMS["better"], [a, b], FIXED, False).mean()
    power = TTestIndPower().power(effect, count, 0.05) if effect else 0.05
    assert found == pytest.approx(power, abs=0.025)  # Welch's test finds a little less than Student's
    pairs = Many(a.values + 5 * b.values, none, None), Many(5 * b.values, none, None)
    found = DECIDES[BetterThan](CLAIMS["better"], list(pairs), FIXED, True).mean()
    assert found == pytest.approx(TTestPower().power(effect, count, 0.05) if effect else 0.05, abs=0.02)


def so_far(values: list[float], metric: str = "loss", pooled: Pooled | None = None) -> SoFar:
    return SoFar(sample(values), len(values), metric, pooled)


def expected(name: str, *sides: SoFar, look_at: tuple[int, ...] = (), paired: bool = False) -> Prospect:
    return prospect(CLAIMS[name], look_at, [[one] for one in sides], paired, ("test", name), 2000)


FIVE, OTHER = [10.0, 10.4, 9.9, 10.3, 10.1], [10.3, 10.9, 10.2, 10.1, 10.7]


def test_further_seeds_of_two_settings_as_simulated_otherwise() -> None:
    rng = np.random.default_rng(3)
    sides = []
    for values in (np.array(FIVE), np.array(OTHER)):
        # Student's t: a mean and a deviation that five normal values allow, then seven values
        deviation = values.std(ddof=1) * np.sqrt(4 / stats.chi2.rvs(4, size=20_000, random_state=rng))
        mean = stats.norm.rvs(values.mean(), deviation / math.sqrt(5), random_state=rng)
        further = stats.norm.rvs(mean, deviation, size=(7, 20_000), random_state=rng)
        sides.append(np.concatenate([np.tile(values[:, None], 20_000), further]))
    oracle = (stats.ttest_ind(*sides, equal_var=False).pvalue < 0.05).mean()
    found = expected("better", so_far(FIVE), so_far(OTHER))
    assert found.methods == (NORMAL,)
    assert found.probability[12] == pytest.approx(oracle, abs=0.025)
    assert list(found.probability) == list(range(6, MOST_SEEDS + 1))


def test_further_runs_that_do_something_or_not_as_counted() -> None:
    found = expected("solves", so_far([1, 1, 0, 1, 1]))
    assert found.methods == (SHARE,)
    for seeds in (8, 13, 20):
        first = max(size for size in (5, 8, 11, 13, 16, 18) if size <= seeds)  # so many runs decide
        does = np.arange(first - 5 + 1)
        decides = [
            min(stats.binomtest(int(4 + k), first, 0.5, side).pvalue for side in ("less", "greater")) <= 0.05
            for k in does
        ]
        chance = stats.betabinom.pmf(does, first - 5, 4.5, 1.5) @ decides
        assert found.probability[seeds] == pytest.approx(chance, abs=0.03)


def test_the_seeds_that_are_enough_stay_enough() -> None:
    found = Prospect(3, {6: 0.85, 7: 0.7, 8: 0.8, 9: 0.9})
    assert found.needed == 8
    assert (found.at(5), found.at(7), found.at(40)) == (0.0, 0.85, 0.9)
    assert Prospect(3, {6: 0.9, 7: 0.7}).needed is None


def test_a_sequential_design_keeps_to_its_looks() -> None:
    found = expected("better", so_far(FIVE), so_far(OTHER), look_at=LOOKS)
    assert list(found.probability) == [8, 12, 20]
    assert sorted(found.probability.values()) == list(found.probability.values())
    assert found.probability[20] < expected("better", so_far(FIVE), so_far(OTHER)).probability[20]
    assert least_seeds(CLAIMS["better"], LOOKS) == 3
    assert least_seeds(CLAIMS["solves"], ()) == 5
    assert least_seeds(CLAIMS["solves"], LOOKS) > 5


def test_runs_that_are_all_alike_tell_nothing() -> None:
    found = expected("better share", so_far([1.0] * 5, "exact_match"), so_far([1.0] * 5, "exact_match"))
    assert set(found.probability.values()) == {0.0}
    assert found.needed is None


def test_what_too_few_runs_tell() -> None:
    assert expected("better", so_far([10.0]), so_far(OTHER)).probability == {}
    assert expected("better", so_far([]), so_far(OTHER)).probability == {}
    found = expected("better", so_far([8.0], pooled=Pooled(0.1, 8)), so_far(OTHER))
    assert found.probability[3] > 0.8
    assert min(found.probability) == 2


def test_runs_that_never_solve_are_drawn_from_among_the_runs() -> None:
    never = SoFar(Sample(np.array([300.0, 400.0, 1000.0]), np.array([False, False, True])), 3, "solved_at")
    sides = [[so_far([900.0, 950.0, 980.0], "solved_at")], [never]]
    found = prospect(CLAIMS["faster"], (), sides, False, ("test",), simulations=200)
    assert found.methods == (NORMAL, BOOTSTRAP)
    assert 0 < found.probability[10] < 1


def test_the_same_runs_give_the_same_figures() -> None:
    assert expected("better", so_far(FIVE), so_far(OTHER)) == expected("better", so_far(FIVE), so_far(OTHER))


def test_two_quantities_of_the_same_runs_are_drawn_together() -> None:
    shared = np.array([3.0, 5.0, 8.0, 9.0, 4.0])
    a, b = so_far(list(shared)), so_far(list(shared + np.array([0.4, 0.9, 0.1, 0.6, 0.2])))
    paired = expected("better", a, b, paired=True).probability
    alone = expected("better", a, b).probability
    assert paired[8] > 0.8 > 0.4 > alone[8]


def test_pooled_variance_is_that_of_all_settings() -> None:
    groups = [sample([1.0, 2.0, 4.0]), sample([5.0]), sample([7.0, 7.5])]
    pooled = Pooled.of(groups)
    assert pooled is not None
    residuals = [-4 / 3, -1 / 3, 5 / 3, -0.25, 0.25]
    assert pooled == (pytest.approx(sum(one**2 for one in residuals) / 3), 3)
    assert Pooled.of(groups[1:]) is None
