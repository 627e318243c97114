"""Settings of expression datasets: what they count without enumerating, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from carryover.planning.messages import describe
from carryover.tasks.expression.forms import Form
from carryover.tasks.expression.settings import ExpressionDataset, cycle
from tests.tiny import Tiny


def three(smallest: int, largest: int, **rest: Any) -> dict[str, Any]:
    return {"operators": "+-", "operands": [3], "numbers": {"smallest": smallest, "largest": largest}, **rest}


def settings(distribution: dict[str, Any] | None = None, **rest: Any) -> dict[str, Any]:
    distribution = distribution or {"kind": "grammar", **three(0, 9)}
    if rest.get("draw") != "whole":
        rest = {"rows": {"train": 100}, **rest}
    return {"task": "expression", "distribution": distribution, **rest}


def mixture(*components: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "mixture", "components": list(components)}


def read(*args: Any, **rest: Any) -> ExpressionDataset:
    return ExpressionDataset.read(settings(*args, **rest))


def test_three_number_spaces_and_answers() -> None:
    assert (read().space(), read().answer_range()) == (4_000, (-18, 27))
    two_digits = read({"kind": "grammar", **three(10, 99)})
    assert (two_digits.space(), two_digits.answer_range()) == (2_916_000, (-188, 297))
    assert read(mixture(three(0, 9), three(10, 99))).space() == 2_920_000


def test_shared_expressions_count_once() -> None:
    made = read(mixture(three(0, 9), three(10, 99), three(5, 14), three(0, 99)))
    assert made.space() == 4_000_000
    other_operators = {**three(0, 9), "operators": "+*"}
    assert read(mixture(three(0, 9), other_operators)).space() == 2 * 4_000 - 1_000  # both have a+b+c
    evens = three(0, 9)
    evens["numbers"]["without_digits"] = [1, 3, 5, 7, 9]
    assert read(mixture(three(4, 9), evens)).space() == 4 * (6**3 + 5**3 - 3**3)


def test_equal_settings_written_otherwise_are_equal() -> None:
    grammar = {"kind": "grammar", **three(0, 9)}
    assert read({**grammar, "operators": "-+", "operands": [3, 2]}) == read({**grammar, "operands": [2, 3]})


def test_shares_of_a_whole_corpus() -> None:
    made = read(draw="whole", shares={"train": 0.8, "validation": 0.1, "test": 0.1})
    assert made.split_rows() == {"train": 3_200, "validation": 400, "test": 400}
    odd = read({"kind": "grammar", **three(0, 6)}, draw="whole", shares={"train": 0.9, "validation": 0.1})
    assert odd.split_rows() == {"train": 1_235, "validation": 137, "test": 0}


def test_components_have_exact_counts() -> None:
    made = read(
        mixture(three(0, 9, share=50_000), three(10, 99, share=50_000)), rows={"train": 100_000, "test": 7}
    )
    assert made.component_rows("train") == [50_000, 50_000]
    assert sum(made.component_rows("test")) == 7
    assert made.component_labels() == ["0-9", "10-99"]
    assert read(mixture(three(0, 9, share=1), three(10, 99, share=9))).component_rows("train") == [10, 90]


def test_a_cycle_spreads_its_components() -> None:
    assert cycle((1, 1)) == (0, 1)
    assert cycle((1, 3)).count(1) == 3
    assert cycle((2, 2)) in {(0, 1, 0, 1), (0, 1, 1, 0), (1, 0, 1, 0)}


def test_labels_tell_components_apart() -> None:
    made = read(mixture(three(0, 9), {**three(0, 9), "operators": "+*"}))
    assert made.component_labels() == ["0-9 +- 3", "0-9 +* 3"]


def test_forms_evaluate_with_usual_precedence() -> None:
    assert Form("-*").evaluate([2, 3, 4]) == -10
    assert Form("-*", (0, 2)).evaluate([2, 3, 4]) == -4
    assert Form("--", (1, 3)).evaluate([9, 5, 3]) == 7
    assert Form("*-+*").evaluate([2, 3, 4, 5, 6]) == 32


def test_addresses_stay_as_they_are() -> None:
    """What names a dataset's streams and folder: a change here makes every dataset anew."""
    made = read(mixture(three(0, 9), three(10, 99)), rows={"train": 100_000, "validation": 10_000})
    assert made.slug() == "expression-0-9_10-99-as-drawn"
    assert made.canonical() == {
        "task": "expression",
        "distribution": {"kind": "mixture", "components": [three(0, 9), three(10, 99)]},
        "rows": {"train": 100_000, "validation": 10_000},
    }
    numbers = {"smallest": 0, "largest": 9}
    assert made.distribution.components[0].grammar() == {
        "operators": "+-",
        "operands": [3],
        "numbers": numbers,
    }


def numbers_case(**numbers: Any) -> dict[str, Any]:
    return settings({"kind": "grammar", **three(0, 9), "numbers": numbers})


def grammar_case(**rest: Any) -> dict[str, Any]:
    return settings({"kind": "grammar", **three(0, 9), **rest})


CASES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "more rows than there are": (
        settings(draw="without_replacement", rows={"train": 3_500, "test": 501}),
        ["4,001 different expressions", "has 4,000", "ask for fewer"],
    ),
    "more rows than a component has": (
        settings(mixture(three(0, 9), three(10, 99)), draw="without_replacement", rows={"train": 10_000}),
        ["5,000 different expressions", "0-9 +- 3", "has 4,000"],
    ),
    "an empty component": (
        settings(mixture(three(0, 9), three(10, 99)), rows={"train": 100, "validation": 1}),
        ["component 10-99 +- 3 is empty", "validation", "at least 2"],
    ),
    "a share of nothing": (
        settings(mixture(three(0, 9), three(10, 99, share=0))),
        ["share", "greater than or equal to 1"],
    ),
    "a mixture of one": (settings(mixture(three(0, 9))), ["components", "at least 2"]),
    "the same component twice": (
        settings(mixture(three(0, 9), three(0, 9))),
        ["both 0-9 +- 3", "add their shares"],
    ),
    "a filter that leaves nothing": (
        numbers_case(smallest=10, largest=19, without_digits=[1]),
        ["distribution.numbers", "no number from 10 to 19 without the digits 1 is left"],
    ),
    "numbers that leave nothing": (
        numbers_case(smallest=1, largest=2, without=[1, 2]),
        ["no number from 1 to 2 without 1, 2 is left"],
    ),
    "smallest above largest": (
        numbers_case(smallest=9, largest=0),
        ["smallest 9 is above largest 0", "swap"],
    ),
    "negative numbers": (
        numbers_case(smallest=-1, largest=9),
        ["numbers.smallest", "greater than or equal to 0"],
    ),
    "huge numbers": (numbers_case(smallest=0, largest=10**6), ["numbers.largest", "999999"]),
    "division": (
        grammar_case(operators="+/"),
        ["distribution.operators", "division has no whole answers", "'+', '-' and '*'"],
    ),
    "an unknown operator": (grammar_case(operators="+^"), ["operators", "'+^'", "'+', '-' and '*'"]),
    "no operator": (grammar_case(operators=""), ["operators", "'+', '-' and '*'"]),
    "an operator twice": (grammar_case(operators="++"), ["each once"]),
    "one operand": (grammar_case(operands=[1]), ["operands.0", "greater than or equal to 2"]),
    "operands twice": (grammar_case(operands=[3, 3]), ["twice"]),
    "parentheses round everything": (
        grammar_case(operands=[2], parentheses="everywhere"),
        ["3 operands or more"],
    ),
    "one operator cannot differ": (
        grammar_case(operators="+", parentheses="where_operators_differ"),
        ["one operator +", "parentheses: none"],
    ),
    "no numbers": (
        settings({"kind": "grammar", "operators": "+", "operands": [2]}),
        ["exactly one of numbers"],
    ),
    "positions that do not fit": (
        settings(
            {
                "kind": "grammar",
                "operators": "+",
                "operands": [3],
                "numbers_by_position": [{"smallest": 0, "largest": 9}] * 2,
            }
        ),
        ["2 entries", "[2], not [3]"],
    ),
    "answers beyond 64 bits": (
        settings(
            {
                "kind": "grammar",
                "operators": "*",
                "operands": [5],
                "numbers": {"smallest": 0, "largest": 999_999},
            }
        ),
        ["64 bits"],
    ),
    "overlapping splits declared disjoint": (
        settings(mixture(three(0, 9), three(0, 99)), disjoint=True),
        ["0-9 +- 3 and 0-99 +- 3 share expressions", "cannot be disjoint"],
    ),
    "overlapping components without replacement": (
        settings(mixture(three(0, 9), three(0, 99)), draw="without_replacement"),
        ["share expressions", "with_replacement"],
    ),
    "too little to part": (
        settings(
            {"kind": "grammar", "operators": "+", "operands": [2], "numbers": {"smallest": 0, "largest": 2}},
            disjoint=True,
        ),
        ["has 9 expressions", "too few"],
    ),
    "whole with rows": (settings(draw="whole", rows={"train": 5}), ["give shares", "no rows"]),
    "whole of a mixture": (
        settings(mixture(three(0, 9), three(10, 99)), draw="whole", shares={"train": 1.0}),
        ["one grammar"],
    ),
    "no rows": (settings(rows={}), ["rows", "at least one"]),
    "shares with a draw": (settings(shares={"train": 1.0}), ["takes rows", "no shares"]),
    "shares that do not add up": (settings(draw="whole", shares={"train": 0.9}), ["add up to 0.9"]),
    "unknown kind": (settings({"kind": "gramar"}), ["distribution", "'gramar'", "did you mean 'grammar'"]),
    "unknown key": (grammar_case(opertors="+"), ["distribution.opertors", "did you mean 'operators'"]),
    "true for a number": (numbers_case(smallest=True, largest=9), ["numbers.smallest", "not true"]),
}


@pytest.mark.parametrize(("data", "says"), CASES.values(), ids=CASES)
def test_a_mistake_is_named(data: dict[str, Any], says: list[str]) -> None:
    with pytest.raises(ValidationError) as caught:
        ExpressionDataset.read(data)
    lines = describe(caught.value, ExpressionDataset)
    assert any(all(part in line for part in says) for line in lines), lines
    assert all("\n" not in line for line in lines)


@pytest.fixture
def expressions(tiny: Tiny) -> Tiny:
    """The tiny config, with a classifier of expressions in place of adders."""
    for name in ("three", "five"):
        tiny.datasets[name] = settings(rows={"train": 300, "validation": 20, "test": 20})
    tiny.files["config/suites/all.yaml"]["suites"]["lengths"]["task"] = "expression"
    tiny.study["task"] = "expression"
    tiny.study["report"] = "three-number"
    tiny.study["base"] = {
        "dataset": "three",
        "model": {"kind": "classifier", "hidden": 8, "embedding": 4},
        "training": {"epochs": 1, "batch": 100},
    }
    return tiny


def test_a_mistake_in_a_dataset_file_is_named_before_any_job(
    expressions: Tiny, mistakes: Callable[[], str]
) -> None:
    expressions.datasets["five"]["draw"] = "without_replacement"
    expressions.datasets["five"]["rows"] = {"test": 4_001}
    line = mistakes()
    assert "config/datasets/all.yaml: datasets.five" in line
    assert "which has 4,000" in line


def test_a_classifier_of_millions_of_classes_is_refused(
    expressions: Tiny, mistakes: Callable[[], str]
) -> None:
    expressions.datasets["three"]["distribution"] = {
        **three(0, 999),
        "kind": "grammar",
        "operators": "*",
    }
    line = mistakes()
    assert "model.kind" in line
    assert "997,002,999" in line
    assert "seq2seq" in line


def test_both_readings_make_a_plan(expressions: Tiny) -> None:
    expressions.study["sweep"] = [
        {
            "points": [
                {"model": {"kind": "seq2seq", "hidden": 8}},
                {"dataset.distribution.numbers.largest": 19},
            ]
        }
    ]
    plan = expressions.plan()
    assert {run.settings.model.kind for run in plan.runs.values()} == {"classifier", "seq2seq"}
    assert {
        dataset.settings.distribution.components[0].numbers.largest for dataset in plan.datasets.values()
    } == {
        9,
        19,
    }
