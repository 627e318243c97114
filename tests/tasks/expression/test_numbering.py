"""Whole grammars, against expressions built by nested loops over strings."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tasks.expression.corpora import corpus_grammar, dataset, evaluated, numbers, table, texts, whole


def subset_1_by_hand() -> set[str]:
    digits = "0123456789"
    made = {f"{a}{x}{b}" for a, x, b in itertools.product(digits, "+-*", digits)}
    for a, x, b, y, c in itertools.product(digits, "+-*", digits, "+-*", digits):
        made.add(f"{a}{x}{b}{y}{c}")
        if x != y:
            made |= {f"({a}{x}{b}){y}{c}", f"{a}{x}({b}{y}{c})"}
    return made


class TestCorpora:
    def test_full_corpus(self, full_corpus: pa.Table) -> None:
        assert full_corpus.num_rows == len(pc.unique(full_corpus["expression"])) == 2_632_500
        answers = full_corpus["answer"].to_numpy()
        assert (answers.min(), answers.max()) == (-2_401, 117_649)
        assert len(np.unique(answers)) == 11_206
        assert round((answers < 0).mean(), 4) == 0.2585
        length = pc.utf8_length(full_corpus["expression"]).to_numpy()
        target = np.array([len(str(answer)) for answer in range(answers.min(), answers.max() + 1)])
        assert (length + 1 + target[answers - answers.min()]).max() == 16  # the source ends in "="
        assert set("".join(full_corpus["expression"].slice(0, 20_000).to_pylist())) == set("0123456789+-*()")

    def test_full_corpus_is_split_as_the_assignment_split_it(self) -> None:
        made = dataset(corpus_grammar(0, 49), draw="whole")
        assert made.split_rows() == {"train": 2_369_250, "validation": 263_250, "test": 0}

    def test_subset_1_is_every_form_by_hand(self) -> None:
        made = whole(corpus_grammar(0, 9))
        found = made["expression"].to_pylist()
        assert len(found) == 21_300
        assert set(found) == subset_1_by_hand()
        assert made["answer"].to_pylist() == [evaluated(text) for text in found]

    @pytest.mark.parametrize(
        ("grammar", "pattern", "count"),
        [
            (corpus_grammar(0, 9), r"^\D*\d(\D+\d)*\D*$", 21_300),
            (corpus_grammar(10, 49), r"^\D*\d\d(\D+\d\d)*\D*$", 1_348_800),
            (corpus_grammar(0, 49, without_digits=[1]), "^[^1]*$", 983_664),
        ],
        ids=["subset 1", "subset 2", "subset 3"],
    )
    def test_subsets_are_what_a_search_of_the_full_corpus_finds(
        self, full_corpus: pa.Table, grammar: dict[str, Any], pattern: str, count: int
    ) -> None:
        searched = full_corpus.filter(pc.match_substring_regex(full_corpus["expression"], pattern))
        made = whole(grammar)
        assert made.num_rows == searched.num_rows == count
        assert pc.all(pc.is_in(made["expression"], searched["expression"].combine_chunks())).as_py()
        assert len(pc.unique(made["expression"])) == count

    def test_answers_of_a_sample(self, full_corpus: pa.Table) -> None:
        sample = full_corpus.take(np.random.default_rng(0).integers(full_corpus.num_rows, size=4_000))
        assert sample["answer"].to_pylist() == [evaluated(text) for text in sample["expression"].to_pylist()]

    def test_samples_as_the_report_drew_them(self) -> None:
        rows = {"train": 18_967, "validation": 2_108}
        made = dataset(corpus_grammar(10, 49), draw="without_replacement", rows=rows)
        train, validation = texts(made), texts(made, "validation")
        assert (len(train), len(validation)) == (18_967, 2_108)
        assert len({*train, *validation}) == 21_075


def written(one: dict[str, Any]) -> list[str]:
    """The numbers of an operand, by hand."""
    return [
        str(value)
        for value in range(one["smallest"], one["largest"] + 1)
        if value not in one.get("without", ())
        and not any(str(digit) in str(value) for digit in one.get("without_digits", ()))
    ]


small_numbers = st.builds(
    lambda low, span, filters: numbers(low, low + span, **filters),
    st.integers(0, 12),
    st.integers(0, 3),
    st.sampled_from([{}, {}, {"without": [1, 5]}, {"without_digits": [1]}]),
).filter(lambda one: bool(written(one)))


@st.composite
def small_grammars(draw: st.DrawFn) -> dict[str, Any]:
    operators = "".join(sorted(draw(st.sets(st.sampled_from("+-*"), min_size=1))))
    operands = sorted(draw(st.sets(st.integers(2, 4), min_size=1, max_size=2)))
    choices = ["none"]
    if max(operands) > 2:
        choices += ["everywhere"] + (["where_operators_differ"] if len(operators) > 1 else [])
    grammar = {"operators": operators, "operands": operands, "parentheses": draw(st.sampled_from(choices))}
    if len(operands) == 1 and draw(st.booleans()):
        return {**grammar, "numbers_by_position": [draw(small_numbers) for _ in range(operands[0])]}
    return {**grammar, "numbers": draw(small_numbers)}


def by_hand(grammar: dict[str, Any]) -> set[str]:
    """Every expression of a small grammar, by loops over strings."""
    made = set()
    for count in grammar["operands"]:
        positions = [
            written(one) for one in grammar.get("numbers_by_position", [grammar.get("numbers")] * count)
        ]
        for signs in itertools.product(grammar["operators"], repeat=count - 1):
            groups: list[tuple[int, int]] = [(-1, -1)]
            everywhere = grammar["parentheses"] == "everywhere"
            if everywhere or (grammar["parentheses"] != "none" and len(set(signs)) > 1):
                groups += [(i, j) for i in range(count) for j in range(i + 1, count) if j - i + 1 < count]
            for (first, last), chosen in itertools.product(groups, itertools.product(*positions)):
                text = ""
                for place, value in enumerate(chosen):
                    text += "(" * (place == first) + value + ")" * (place == last)
                    text += signs[place] if place < count - 1 else ""
                made.add(text)
    return made


@settings(max_examples=40, deadline=None)
@given(small_grammars(), st.integers(0, 3))
def test_any_grammar_is_what_loops_make_of_it(grammar: dict[str, Any], seed: int) -> None:
    expected = by_hand(grammar)
    made = dataset({"kind": "grammar", **grammar}, draw="whole", seed=seed, shares={"test": 1.0})
    rows = table(made, "test")
    found = rows["expression"].to_pylist()
    assert len(found) == made.space() == len(expected)
    assert set(found) == expected
    answers = rows["answer"].to_pylist()
    assert answers[:300] == [evaluated(text) for text in found[:300]]
    assert made.answer_range() == (min(answers), max(answers))
    assert made.longest() == max(map(len, found))
    assert made.characters() == set("".join(found))
