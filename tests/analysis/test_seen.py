"""Seen against unseen examples, like with like, against plain loops over runs and strata."""

from __future__ import annotations

import random
from collections.abc import Iterable
from statistics import median
from typing import Any

import pandas as pd
import pytest
from scipy import stats

from carryover.analysis.horizon import horizon
from carryover.analysis.seen import seen
from tests import plans

Strata = dict[tuple[int, str], tuple[float, int]]  # (length, `yes` or `no`) → value, examples
COLUMNS = ["run", "suite", "split", "stratum", "metric", "value", "n"]


def table(runs: dict[str, Strata], crossed: bool = True) -> list[dict[str, Any]]:
    """The table `seen` of runs of one setting."""
    rows = []
    for run, strata in runs.items():
        rows += [(run, "own", "test", "all", "exact_match", 0.5, 100)]
        for kind in ("yes", "no"):
            mine = [one for (_, other), one in strata.items() if other == kind]
            total = sum(n for _, n in mine)
            if total:
                mean = sum(value * n for value, n in mine) / total
                rows += [(run, "own", "test", f"seen={kind}", "exact_match", mean, total)]
        if crossed:
            rows += [
                (run, "own", "test", f"operands={length}+1,seen={kind}", "exact_match", value, n)
                for (length, kind), (value, n) in strata.items()
            ]
    points = pd.DataFrame({"study": "s", "point": "p", "run": list(runs)})
    plan = plans.plan(studies=[{"name": "s", "suites": ["own"]}])
    return seen(plan, points, pd.DataFrame(rows, columns=COLUMNS))


def by_hand(strata: Strata) -> float:
    above = below = 0.0
    for length in {length for length, _ in strata}:
        if (length, "yes") in strata and (length, "no") in strata:
            (yes, n_yes), (no, n_no) = strata[length, "yes"], strata[length, "no"]
            above += n_yes * n_no / (n_yes + n_no) * (yes - no)
            below += n_yes * n_no / (n_yes + n_no)
    return above / below


@pytest.mark.parametrize("seed", range(5))
def test_the_difference_is_that_of_a_loop_over_strata(seed: int) -> None:
    drawn = random.Random(seed)

    def strata() -> Strata:
        some: Strata = {(1, "yes"): (0.5, 10**7), (1, "no"): (0.4, 10**8)}
        for length in range(2, 9):
            for kind in drawn.sample(("yes", "no"), drawn.choice((0, 1, 1, 2))):
                some[length, kind] = (drawn.random(), drawn.randint(1, 10**9))
        return some

    runs = {f"r{number}": strata() for number in range(4)}
    (row,) = table(runs)
    differences = [by_hand(one) for one in runs.values()]
    interval = stats.ttest_1samp(differences, 0).confidence_interval()
    assert row["difference"] == pytest.approx(sum(differences) / 4)
    assert row["low"] == pytest.approx(max(-1, interval.low), rel=1e-3)
    assert row["high"] == pytest.approx(min(1, interval.high), rel=1e-3)
    assert (row["seeds"], row["within"]) == (4, "operands")

    def counted(kind: str, compared: bool) -> int:
        return round(
            median(
                sum(
                    n
                    for (length, other), (_, n) in strata.items()
                    if other == kind and (not compared or {(length, "yes"), (length, "no")} <= strata.keys())
                )
                for strata in runs.values()
            )
        )

    for kind, name in (("yes", "seen"), ("no", "unseen")):
        assert row[f"{name}_rows"] == counted(kind, compared=False)
        assert row[f"{name}_compared"] == counted(kind, compared=True)


def alike(values: Iterable[float]) -> dict[str, Strata]:
    """Runs that know short examples, and seen ones no better than unseen ones of the same length."""
    return {
        f"r{number}": {
            (1, "yes"): (1.0, 900), (2, "yes"): (value, 100), (2, "no"): (value, 900), (3, "no"): (0.0, 100),
        }
        for number, value in enumerate(values)
    }  # fmt: skip


def test_what_length_alone_explains_is_no_difference() -> None:
    (row,) = table(alike((0.5, 0.6, 0.55)))
    assert row["crude"] > 0.4
    assert row["difference"] == pytest.approx(0)
    assert row["low"] < 0 < row["high"]
    assert row["decided"] is None
    assert (row["values"], row["seen_compared"], row["unseen_compared"]) == (1, 100, 900)


def test_memory_is_found() -> None:
    runs = alike((0.5, 0.6, 0.55))
    for strata in runs.values():
        strata[2, "yes"] = (1.0, 100)
    (row,) = table(runs)
    assert row["decided"] == "better"
    assert row["low"] > 0


def test_few_examples_widen_the_interval() -> None:
    """Equal runs have no spread over seeds, but one hundred seen examples each leave much open."""
    (row,) = table(alike([0.5] * 3))
    share = (0.5 * 300 + 2) / 304
    wanted = 1.96 * (share * (1 - share) / 304 + 0.5 * 0.5 / 2704) ** 0.5
    assert row["high"] == pytest.approx(wanted, rel=1e-3)


def test_kinds_that_share_no_length_cannot_be_told_apart() -> None:
    (row,) = table({f"r{number}": {(1, "yes"): (1.0, 50), (2, "no"): (0.2, 70)} for number in range(3)})
    assert (row["values"], row["seen_rows"], row["seen_compared"]) == (0, 50, 0)
    assert row["crude"] == pytest.approx(0.8)
    assert row["difference"] is row["low"] is row["decided"] is None


def test_tests_without_both_kinds_and_older_tables_have_no_row() -> None:
    assert table({"r": {(1, "no"): (0.2, 70)}}) == []
    assert table(alike((0.5, 0.6)), crossed=False) == []


def test_lengths_of_the_horizon_are_those_of_all_examples() -> None:
    rows = [
        ("r", "own", "test", stratum, "exact_match", 1.0, 100) for stratum in ("digits=2", "digits=2,seen=no")
    ]
    dataset = {
        "task": "digit_sum",
        "distribution": {"kind": "uniform_length", "longest": 2},
        "rows": {"test": 9},
    }
    plan = plans.plan(
        datasets={"d": dataset},
        runs={"r": {"settings": {"dataset": dataset}}},
        evaluations={"e": {"run": "r", "splits": [
            {"suite": "own", "split": "test", "dataset": "d", "dataset_split": "test"}]}},
        studies=[{"name": "s", "suites": ["own"]}],
    )  # fmt: skip
    points = pd.DataFrame({"study": ["s"], "point": "p", "run": "r"})
    metrics = pd.DataFrame(
        [*rows, ("r", "own", "test", "digits=1,seen=no", "exact_match", 0.0, 100)], columns=COLUMNS
    )
    assert [row["lengths"] for row in horizon(plan, points, metrics)] == [1]
