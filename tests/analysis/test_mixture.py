"""The mixture account, on accuracies that are given."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from carryover.analysis import mixture as account
from carryover.analysis.schemas import SCHEMAS
from carryover.planning.plan import EvaluatedSplit, Plan
from tests import plans

COLUMNS = SCHEMAS["mixture"].names


def dataset(*ranges: tuple[int, int], operators: str = "+-", seed: int = 0) -> dict[str, Any]:
    components = [
        {"operators": operators, "operands": [3], "numbers": {"smallest": low, "largest": high}}
        for low, high in ranges
    ]
    one = {"kind": "grammar", **components[0]}
    return {
        "task": "expression",
        "seed": seed,
        "distribution": one if len(ranges) == 1 else {"kind": "mixture", "components": components},
        "rows": {"train": 100, "validation": 100, "test": 100},
    }


DATASETS = {
    "dataset2": dataset((10, 99)),
    "one-digit": dataset((0, 9)),
    "two-digit": dataset((10, 99), seed=7),
    "mixed": dataset((0, 99)),
    "mixed-again": dataset((0, 99)),  # the same draw: only its rows differ
    "mixed-seed-1": dataset((0, 99), seed=1),
    "products": dataset((10, 99), operators="+*"),
}


def plan(splits: dict[str, tuple[str, str]]) -> Plan:
    """One run, trained on dataset2 and evaluated on splits: name → dataset and its split."""
    return plans.plan(
        datasets=DATASETS,
        runs={"run": {"dataset": "dataset2"}},
        evaluations={
            "evaluation": {
                "run": "run",
                "splits": [
                    {"suite": "tests", "split": name, "dataset": place[0], "dataset_split": place[1]}
                    for name, place in splits.items()
                ],
            }
        },
    )


def mixture(plan: Plan, metrics: pd.DataFrame) -> pd.DataFrame:
    """The account as a frame with the table's columns."""
    return pd.DataFrame(account.mixture(plan, metrics), columns=COLUMNS)


def metrics(values: dict[tuple[str, str], tuple[float, int]]) -> pd.DataFrame:
    """(split, stratum) → exact match and rows; a loss beside each, which must not be read."""
    rows = [
        {
            "run": "run",
            "suite": "tests",
            "split": split,
            "stratum": stratum,
            "metric": metric,
            "value": number,
            "n": n,
        }
        for (split, stratum), (value, n) in values.items()
        for metric, number in (("exact_match", value), ("loss", 9.9))
    ]
    return pd.DataFrame(rows)


SPLITS = {
    "test4": ("one-digit", "test"),
    "test5": ("two-digit", "test"),
    "test6": ("mixed", "test"),
    "independent": ("mixed", "validation"),
}
PATTERNS = ["1-1-2", "1-2-1", "2-1-1", "1-2-2", "2-1-2", "2-2-1"]
MEASURED = {
    ("test4", "all"): (0.00328, 100_000),
    ("test5", "all"): (0.84567, 100_000),
    ("test6", "all"): (0.61516, 100_000),
    ("independent", "all"): (0.62, 20_000),
    ("independent", "digits=1-1-1"): (1.0, 20),
    ("independent", "digits=2-2-2"): (0.9, 14_580),
    ("test6", "digits=2-2-2"): (0.1, 72_900),
    **{("independent", f"digits={pattern}"): (0.01, 500) for pattern in PATTERNS},
    **{("test6", f"digits={pattern}"): (0.7, 2_000) for pattern in PATTERNS},
}


def test_test6_is_predicted_from_other_splits() -> None:
    found = mixture(plan(SPLITS), metrics(MEASURED))
    assert list(found.columns) == list(COLUMNS)
    test6 = found[found["split"] == "test6"].set_index("component")
    assert len(test6) == 8
    assert test6["weight"].sum() == pytest.approx(1)
    assert test6.loc["2-2-2", ["accuracy", "rows", "source"]].tolist() == [0.84567, 100_000, "tests/test5"]
    assert test6.loc["1-1-1", ["accuracy", "rows", "source"]].tolist() == [0.00328, 100_000, "tests/test4"]
    assert set(test6.loc[PATTERNS, "source"]) == {"tests/independent"}
    predicted = 0.729 * 0.84567 + 0.001 * 0.00328 + 0.27 * 0.01
    assert test6["predicted"].tolist() == pytest.approx([predicted] * 8)
    assert test6["measured"].tolist() == [0.61516] * 8
    assert test6["explained"].all()


def test_the_independent_draw_is_a_mixture_too() -> None:
    found = mixture(plan(SPLITS), metrics(MEASURED))
    assert set(found["split"]) == {"test6", "independent"}
    independent = found[found["split"] == "independent"].set_index("component")
    assert independent.loc["1-2-2", "source"] == "tests/test6"


def test_what_does_not_add_up_is_not_explained() -> None:
    found = mixture(plan(SPLITS), metrics({**MEASURED, ("test6", "all"): (0.70, 100_000)}))
    assert not found[found["split"] == "test6"]["explained"].any()


def test_the_same_draw_is_no_source() -> None:
    splits = {**SPLITS, "independent": ("mixed-again", "test")}
    test6 = mixture(plan(splits), metrics(MEASURED)).set_index(["split", "component"]).loc["test6"]
    assert test6.loc[PATTERNS, "source"].isna().all()
    assert test6["predicted"].isna().all()
    assert test6["explained"].isna().all()
    other_seed = {**SPLITS, "independent": ("mixed-seed-1", "test")}
    test6 = mixture(plan(other_seed), metrics(MEASURED)).set_index(["split", "component"]).loc["test6"]
    assert test6["predicted"].notna().all()


def test_other_expressions_of_the_same_digits_are_no_source() -> None:
    splits = {**SPLITS, "test5": ("products", "test")}
    test6 = mixture(plan(splits), metrics(MEASURED)).set_index(["split", "component"]).loc["test6"]
    assert test6.loc["2-2-2", "source"] == "tests/independent"


def test_what_the_model_was_trained_on_is_no_source() -> None:
    splits = {**SPLITS, "test5": ("dataset2", "train")}
    test6 = mixture(plan(splits), metrics(MEASURED)).set_index(["split", "component"]).loc["test6"]
    assert test6.loc["2-2-2", "source"] == "tests/independent"


def test_the_own_suite_goes_before_more_rows_elsewhere() -> None:
    planned = plan({**SPLITS, "larger": ("two-digit", "validation")})
    (evaluation,) = planned.evaluations.values()
    others = evaluation.splits[-1].model_copy(update={"suite": "others"})

    def evaluated(splits: Iterable[EvaluatedSplit]) -> Plan:
        changed = evaluation.model_copy(update={"splits": tuple(splits)})
        return planned.model_copy(update={"evaluations": {"evaluation": changed}})

    elsewhere = metrics({("larger", "all"): (0.8, 1_000_000)}).assign(suite="others")
    measured = pd.concat([metrics(MEASURED), elsewhere])
    splits = [*evaluation.splits[:-1], others]
    test6 = mixture(evaluated(splits), measured).set_index(["split", "component"]).loc["test6"]
    assert test6.loc["2-2-2", "source"] == "tests/test5"
    without = evaluated(split for split in splits if split.split != "test5")
    test6 = mixture(without, measured).set_index(["split", "component"]).loc["test6"]
    assert test6.loc["2-2-2", "source"] == "others/larger"


def test_a_split_without_any_source_is_left_out() -> None:
    splits = {"test6": SPLITS["test6"], "test4": ("products", "test")}
    assert mixture(plan(splits), metrics(MEASURED)).empty


def test_runs_whose_results_are_missing_are_left_out() -> None:
    none = mixture(plan(SPLITS), metrics(MEASURED).iloc[:0])
    assert none.empty
    assert list(none.columns) == list(COLUMNS)
    assert mixture(plans.plan(), metrics(MEASURED)).empty


def test_the_interval_holds_what_it_says() -> None:
    """Splits drawn anew: the measured accuracy falls into the interval about 95 times in 100."""
    rng = np.random.default_rng(5)
    weights = {"2-2-2": 0.729, "1-1-1": 0.001, **dict.fromkeys(["1-2-2", "2-1-2", "2-2-1"], 0.081)}
    weights |= dict.fromkeys(["1-1-2", "1-2-1", "2-1-1"], 0.009)
    truth = {pattern: 0.8 if pattern == "2-2-2" else 0.05 for pattern in weights}
    inside = []
    for _ in range(300):
        drawn = dict(zip(weights, rng.multinomial(2_000, list(weights.values())), strict=True))
        right = {pattern: rng.binomial(n, truth[pattern]) for pattern, n in drawn.items()}
        test6 = (
            rng.binomial(2_000, math.fsum(weights[pattern] * truth[pattern] for pattern in weights)) / 2_000
        )
        values = {
            ("test4", "all"): (rng.binomial(1_000, truth["1-1-1"]) / 1_000, 1_000),
            ("test5", "all"): (rng.binomial(1_000, truth["2-2-2"]) / 1_000, 1_000),
            ("test6", "all"): (test6, 2_000),
            ("independent", "all"): (0.5, 2_000),
            **{("independent", f"digits={one}"): (right[one] / n, int(n)) for one, n in drawn.items() if n},
        }
        found = mixture(plan(SPLITS), metrics(values))
        row = found[found["split"] == "test6"].iloc[0]
        if not pd.isna(row["predicted"]):
            inside.append(row["predicted_low"] <= row["measured"] <= row["predicted_high"])
    assert len(inside) > 250
    assert 0.91 < np.mean(inside) < 0.99


def test_nothing_is_predicted_from_few_rows_of_a_component_that_matters() -> None:
    few = MEASURED | {("independent", "digits=1-2-2"): (0.01, 99)}  # 9% of the mixture
    assert mixture(plan(SPLITS), metrics(few)).query("split == 'test6'")["predicted"].isna().all()
    rare = MEASURED | {("independent", "digits=1-1-2"): (0.01, 99)}  # 0.9%
    assert mixture(plan(SPLITS), metrics(rare)).query("split == 'test6'")["predicted"].notna().all()


def test_a_mixture_that_is_nearly_all_one_component_has_no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    found = mixture(plan(SPLITS), metrics(MEASURED))
    assert found["weight"].max() == pytest.approx(0.729)
    monkeypatch.setattr(account, "LARGEST", 0.72)
    assert mixture(plan(SPLITS), metrics(MEASURED)).query("split == 'test6'").empty
