from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from carryover.analysis.schemas import SCHEMAS
from carryover.analysis.surprising import Kind, surprising

Row = dict[str, Any]


def tables(**rows: list[Row]) -> dict[str, pd.DataFrame]:
    """Tables with these rows, and with every column that they have in a report."""
    return {name: pd.DataFrame(part, columns=SCHEMAS[name].names) for name, part in rows.items()}


def number(name: str, published: float | None, **columns: Any) -> Row:
    return {
        "study": "study",
        "id": name,
        "report": "R",
        "place": f"Figure {name}",
        "stratum": "all",
        "metric": "exact_match",
        "published": published,
        "seeds": 5,
        "word": "inside",
    } | columns


def claim(name: str, **columns: Any) -> Row:
    return {
        "study": "study",
        "id": name,
        "report": "R",
        "text": "It works.",
        "verdict": "refuted",
        "evidence": "lr=1: exact match mean 0.25 [0.2, 0.3], 5 seeds, against at least 0.5.",
        "p": 0.01,
        "stays": True,
    } | columns


# A part of 0.6 of the mixed test, of which 0.9 are correct: 0.6 × 0.9 = 0.54.
EASY = number("easy", 0.9, suite="tests", split="easy", mean=0.8)
MIXED = number("mixed", 0.55, suite="tests", split="mixed", mean=0.47)
PARTS = [
    {"suite": "tests", "split": "mixed", "component": "1", "weight": 0.6, "source": "tests/easy"},
    {"suite": "tests", "split": "mixed", "component": "2", "weight": 0.4, "source": None},
]
# One number, two settings that it may stand for, and a reading of the second.
NARROW = number(
    "a", 0.7, place="Table 1", point="cell=rnn", mean=0.4, prediction_low=0.1, prediction_high=0.75
)
WIDE = number(
    "b", 0.7, place="Table 1, padded", point="cell=gru", mean=0.8, prediction_low=0.6, prediction_high=1.0
)
READING = {
    "study": "study",
    "kind": "published",
    "id": "a",
    "point": "cell=rnn",
    "path": "model.embedding",
    "reading": "embedding 16",
    "verdict": "outside",
    "value": 0.05,
    "low": 0.0,
    "high": 0.125,
}


def test_an_accuracy_that_is_a_mixture() -> None:
    (one,) = surprising(tables(published=[EASY, MIXED], mixture=PARTS))
    assert (one.kind, one.report, one.study, one.id) == (Kind.MIXTURE, "R", "study", "mixed")
    assert one.text == (
        "The report R prints an accuracy of 0.9 on tests/easy and of 0.55 on tests/mixed. But a share of 0.6 of the "
        "latter is drawn like the former, and 0.6 × 0.9 = 0.54. So the mixture explains the lower number, if next "
        "to nothing else in it was correct. Ours are 0.8 and 0.47 (5 seeds)."
    )


@pytest.mark.parametrize(
    "change",
    [
        {"published": 0.75},  # more than the part explains
        {"published": 0.89},  # no failure
        {"metric": "loss"},
        {"point": "cell=gru"},  # of another model
        {"report": None},
    ],
)
def test_an_accuracy_that_is_no_mixture(change: Row) -> None:
    assert surprising(tables(published=[EASY, MIXED | change], mixture=PARTS)) == []


def test_ours_are_left_out_of_a_mixture_where_no_run_is_as_published() -> None:
    small = {"word": "not tested"}
    (one,) = surprising(tables(published=[EASY | small, MIXED | small], mixture=PARTS))
    assert "Ours" not in one.text


def test_settings_that_a_report_does_not_tell_apart() -> None:
    (one,) = surprising(tables(published=[NARROW, WIDE], readings=[READING]))
    assert (one.kind, one.id) == (Kind.UNSTATED, "a")
    assert one.text == (
        "The report R prints 0.7 (Table 1). It does not state what decides this number: our mean exact match is 0.05 "
        "with cell=rnn and embedding 16, but 0.8 with cell=gru. One further run would be at most 0.125 with the "
        "former, and at least 0.6 with the latter."
    )


def test_settings_whose_intervals_meet_are_no_surprise() -> None:
    assert surprising(tables(published=[NARROW, WIDE])) == []
    assert surprising(tables(published=[NARROW, WIDE], readings=[READING | {"high": 0.6, "low": 0.1}])) == []


def test_a_number_far_outside() -> None:
    outside = {"word": "outside", "mean": 300.0, "prediction_low": 200.0, "prediction_high": 400.0}
    far = number("far", None, metric="solved_at", published_high=100.0, **outside)
    (one,) = surprising(tables(published=[far]))
    assert one.kind == Kind.OUTSIDE
    assert one.text == (
        "The report R prints at most 100 (Figure far), but our mean steps to solve is 300 over 5 seeds, and one "
        "further run would lie between 200 and 400."
    )
    near = far | {"published_high": 101.0}
    assert surprising(tables(published=[near])) == []
    assert surprising(tables(published=[far | {"metric": "parameters"}])) == []


def test_a_claim_that_the_runs_decide_against() -> None:
    (one,) = surprising(tables(claims=[claim("c")]))
    assert one.kind == Kind.AGAINST
    assert one.text == (
        "The report R says: “It works.” This is refuted: lr=1: exact match mean 0.25 [0.2, 0.3], 5 seeds, "
        "against at least 0.5."
    )
    for change in ({"verdict": "supported"}, {"verdict": "inconclusive"}, {"stays": False}, {"stays": None}):
        assert surprising(tables(claims=[claim("c", **change)])) == []


def test_the_difference_stands_for_the_probability() -> None:
    of_order = "probability that the first beats the second 0.05"
    evidence = f"a: loss 2; b: loss 1; difference +1 [+0.5, +1.5]; {of_order}; margin 0.1."
    (one,) = surprising(tables(claims=[claim("c", evidence=evidence)]))
    assert one.text.endswith("refuted: a: loss 2; b: loss 1; difference +1 [+0.5, +1.5]; margin 0.1.")


def test_one_finding_of_each_report_the_strongest_first() -> None:
    others = [claim("late", report=name, p=p) for name, p in (("x", 0.02), ("y", 0.03), ("z", 0.02))]
    made = tables(published=[EASY, MIXED], mixture=PARTS, claims=[claim("c"), *others])
    assert [one.report for one in surprising(made, 9)] == ["R", "x", "z", "y"]
    assert [one.report for one in surprising(made)] == ["R", "x", "z"]
    assert [one.report for one in surprising(made, 1)] == ["R"]


def test_rows_in_another_order_say_the_same() -> None:
    made = tables(
        published=[EASY, MIXED, NARROW, WIDE], mixture=PARTS, readings=[READING], claims=[claim("c")]
    )
    turned = {name: frame[::-1] for name, frame in made.items()}
    assert surprising(made, 9) == surprising(turned, 9)


def test_tables_without_rows_have_no_findings() -> None:
    assert surprising({}) == []
    assert surprising({name: pd.DataFrame(columns=schema.names) for name, schema in SCHEMAS.items()}) == []


def test_the_evidence_of_a_report_says_which_runs_decide() -> None:
    row = {"study": "study", "kind": "claim", "id": "c", "p": 0.01, "stays": True, "source": "reference"}
    ours = {"own_evidence": "own.", "reference_evidence": "theirs."}
    undecided = [claim("c", verdict="not tested", stays=None, evidence="")]
    (one,) = surprising(tables(claims=undecided, evidence=[row | ours | {"word": "refuted"}]))
    assert one.text.endswith("This is refuted: theirs.")
    (one,) = surprising(
        tables(claims=undecided, evidence=[row | ours | {"word": "refuted", "source": "this run"}])
    )
    assert one.text.endswith("This is refuted: own.")
    assert surprising(tables(claims=[claim("c")], evidence=[row | ours | {"word": "supported"}])) == []


def test_numbers_of_the_reference_count_in_a_report_without_such_runs() -> None:
    side = {
        "reference_mean": 0.2,
        "reference_prediction_low": 0.1,
        "reference_prediction_high": 0.3,
        "reference_seeds": 4,
    }
    row = {
        "study": "study",
        "kind": "published",
        "id": "n",
        "point": "cell=rnn",
        "word": "outside",
        "source": "reference",
    }
    (one,) = surprising(tables(published=[number("n", 0.9, word="not tested")], evidence=[row | side]))
    assert one.text.endswith("is 0.2 over 4 seeds, and one further run would lie between 0.1 and 0.3.")


def test_measured_times_are_no_findings() -> None:
    """They differ between any two calls, and a sentence must not."""
    made = tables(claims=[claim("c")])
    made["claims"]["_table"] = "claims_timed"
    assert surprising(made) == []
