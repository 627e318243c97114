"""Expressions: the corpora, the draws, the two readings, and the questions of people.

Oracles: expressions built by nested loops over strings, and answers by Python's own parser.
"""

from __future__ import annotations

import ast
import itertools
import operator
from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from carryover.errors import UserError
from carryover.planning.runs import RunSettings
from carryover.tasks.encoded import OUTSIDE
from carryover.tasks.expression import data as expression
from carryover.tasks.expression.settings import ExpressionDataset

OPERATIONS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul}


def evaluated(text: str) -> int:
    """The value of an expression by Python's own grammar, without `eval`."""

    def value(node: ast.expr) -> int:
        if isinstance(node, ast.Constant):
            return node.value
        assert isinstance(node, ast.BinOp)
        return OPERATIONS[type(node.op)](value(node.left), value(node.right))

    return value(ast.parse(text, mode="eval").body)


def numbers(smallest: int, largest: int, **filters: Any) -> dict[str, Any]:
    return {"smallest": smallest, "largest": largest, **filters}


def corpus_grammar(smallest: int, largest: int, **filters: Any) -> dict[str, Any]:
    """The grammar of expression-seq2seq."""
    return {
        "kind": "grammar",
        "operators": "+-*",
        "operands": [2, 3],
        "parentheses": "where_operators_differ",
        "numbers": numbers(smallest, largest, **filters),
    }


def three(smallest: int, largest: int) -> dict[str, Any]:
    """The grammar of three-number, without its kind."""
    return {"operators": "+-", "operands": [3], "numbers": numbers(smallest, largest)}


def dataset(distribution: dict[str, Any], **rest: Any) -> ExpressionDataset:
    if rest.get("draw") == "whole":
        rest.setdefault("shares", {"train": 0.9, "validation": 0.1})
    return ExpressionDataset.read({"task": "expression", "distribution": distribution, **rest})


MIXTURE = {"kind": "mixture", "components": [three(0, 9), three(10, 99)]}


def table(made: ExpressionDataset, split: str = "train") -> pa.Table:
    return pa.Table.from_batches(expression.batches(made, split), schema=expression.columns())


def texts(made: ExpressionDataset, split: str = "train") -> list[str]:
    return table(made, split)["expression"].to_pylist()


def whole(distribution: dict[str, Any]) -> pa.Table:
    made = dataset(distribution, draw="whole")
    return pa.concat_tables([table(made, split) for split in ("train", "validation", "test")])


@pytest.fixture(scope="module")
def full_corpus() -> pa.Table:
    return whole(corpus_grammar(0, 49))


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


class TestDraws:
    @pytest.fixture(autouse=True)
    def _small_blocks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(expression, "BLOCK", 64)

    @pytest.mark.parametrize("split", ["train", "validation", "test"])
    @pytest.mark.parametrize("extra", [{}, {"disjoint": True}, {"draw": "without_replacement"}], ids=str)
    @pytest.mark.parametrize(
        "distribution", [{"kind": "grammar", **three(0, 99)}, MIXTURE], ids=["one", "two"]
    )
    def test_a_larger_draw_starts_with_the_smaller(
        self, distribution: dict[str, Any], extra: dict[str, Any], split: str
    ) -> None:
        small, large = (dataset(distribution, rows={split: rows}, **extra) for rows in (150, 1_000))
        assert table(large, split).slice(0, 150).equals(table(small, split))

    def test_rows_do_not_depend_on_the_other_splits(self) -> None:
        alone = dataset(MIXTURE, rows={"train": 100})
        beside = dataset(MIXTURE, rows={"train": 100, "validation": 60, "test": 70})
        assert table(alone).equals(table(beside))

    def test_splits_and_seeds_are_different_draws(self) -> None:
        distribution = {"kind": "grammar", **three(10, 99)}
        made = [dataset(distribution, rows={"train": 200, "test": 200}, seed=seed) for seed in (0, 1)]
        draws = [texts(one, split) for one in made for split in ("train", "test")]
        for a, b in itertools.combinations(draws, 2):
            assert len(set(a) & set(b)) < 5

    def test_mixture_has_exact_counts_and_the_rows_of_its_components(self) -> None:
        made = dataset(MIXTURE, rows={"train": 600, "test": 6})
        rows = table(made)
        assert Counter(rows["component"].to_pylist()) == {"0-9": 300, "10-99": 300}
        for (low, high), label in (((0, 9), "0-9"), ((10, 99), "10-99")):
            mine = rows.filter(pc.equal(rows["component"], label))["expression"].to_pylist()
            assert mine == texts(dataset({"kind": "grammar", **three(low, high)}, rows={"train": 300}))

    def test_unequal_shares(self) -> None:
        components = [{**three(0, 9), "share": 30}, {**three(10, 99), "share": 70}]
        made = dataset({"kind": "mixture", "components": components}, rows={"train": 1_000})
        labels = table(made)["component"].to_pylist()
        assert Counter(labels) == {"0-9": 300, "10-99": 700}
        assert Counter(labels[:100]) == {"0-9": 30, "10-99": 70}

    def test_without_replacement_never_repeats(self) -> None:
        rows = {"train": 2_000, "validation": 1_000, "test": 1_000}
        made = dataset({"kind": "grammar", **three(0, 9)}, draw="without_replacement", rows=rows)
        found = [texts(made, split) for split in rows]
        assert [len(one) for one in found] == list(rows.values())
        assert len(set(itertools.chain(*found))) == 4_000

    def test_declared_disjoint_splits_share_nothing(self) -> None:
        rows = {"train": 8_000, "validation": 2_000, "test": 2_000}
        made = dataset({"kind": "grammar", **three(0, 9)}, disjoint=True, rows=rows)
        train, validation, test = (set(texts(made, split)) for split in rows)
        assert len(train | validation | test) == len(train) + len(validation) + len(test)
        assert 2_900 < len(train) <= 3_200
        assert len(validation) <= 400 >= len(test)

    def test_seeds_permute_differently(self) -> None:
        orders = [texts(dataset(corpus_grammar(0, 2), draw="whole", seed=seed)) for seed in range(2)]
        assert orders[0] != orders[1]


def test_every_expression_is_equally_likely() -> None:
    made = dataset({"kind": "grammar", **three(0, 9)}, rows={"train": 200_000})
    counts = Counter(texts(made))
    assert len(counts) == 4_000
    assert stats.chisquare(list(counts.values())).pvalue > 1e-4


def run(made: ExpressionDataset, kind: str) -> RunSettings:
    return RunSettings.read({"dataset": made.complete(), "model": {"kind": kind}, "training": {"epochs": 1}})


def asked(*lines: str) -> pa.Table:
    answers = [evaluated(line) for line in lines]
    columns = [range(len(lines)), list(lines), answers, [""] * len(lines)]
    return pa.table([pa.array(column) for column in columns], names=expression.columns().names)


class TestClassifierReading:
    def test_one_class_for_each_answer_in_the_range_of_the_settings(self) -> None:
        made = run(dataset(MIXTURE, rows={"train": 10}), "classifier")
        assert expression.sizes(made).classes == 297 + 188 + 1  # 10-99-99 … 99+99+99
        encoded = expression.encode(asked("10-99-99", "99+99+99", "0+0+0"), made)
        assert encoded.targets.tolist() == [[0], [485], [188]]
        assert expression.decode(encoded.targets, asked("1+1", "1+1", "1+1"), made) == ["-188", "297", "0"]

    def test_answers_out_of_range_have_no_class(self) -> None:
        made = run(dataset(MIXTURE, rows={"train": 10}), "classifier")
        encoded = expression.encode(asked("0-99-99", "99+99+99", "99+99+99+1"), made)
        assert encoded.targets[:, 0].tolist() == [OUTSIDE, 485, OUTSIDE]

    def test_inputs_are_as_long_as_the_training_distribution_makes_them(self) -> None:
        made = run(dataset(MIXTURE, rows={"train": 10}), "classifier")
        encoded = expression.encode(asked("1+2-3"), made, for_training=False)
        assert encoded.inputs.shape == (1, 8, 1)
        assert encoded.inputs.dtype.kind == "u"
        assert encoded.lengths.tolist() == [5]
        assert encoded.inputs[0, :, 0].tolist() == [2, 11, 3, 12, 4, 0, 0, 0]
        assert expression.encode(asked("123+456-789"), made).inputs.shape == (1, 11, 1)

    def test_no_rows(self) -> None:
        made = run(dataset(MIXTURE, rows={"train": 10}), "classifier")
        encoded = expression.encode(expression.columns().empty_table(), made)
        assert encoded.inputs.shape == (0, 8, 1)
        assert encoded.targets.shape == (0, 1)


class TestSeq2seqReading:
    def test_layout(self) -> None:
        made = run(dataset(corpus_grammar(0, 49), draw="whole"), "seq2seq")
        rows = asked("30-(48+13)", "7*8")
        encoded = expression.encode(rows, made)
        assert expression.sizes(made).target_length == len("117649") + 1
        assert encoded.inputs.shape == (2, 11, 1)
        source = " " + expression.SOURCE
        assert ["".join(source[code] for code in row).strip() for row in encoded.inputs[:, :, 0]] == [
            "30-(48+13)=",
            "7*8=",
        ]
        assert encoded.lengths.tolist() == [11, 4]
        end, digit = expression.END, {sign: code for code, sign in enumerate(expression.TARGET, start=2)}
        assert encoded.targets.tolist() == [
            [digit["-"], digit["3"], digit["1"], end, 0, 0, 0],
            [digit["5"], digit["6"], end, 0, 0, 0, 0],
        ]
        assert encoded.target_lengths.tolist() == [4, 3]
        assert encoded.targets.max() < expression.sizes(made).classes

    def test_what_is_written_is_read_back(self) -> None:
        made = dataset(corpus_grammar(0, 49), draw="without_replacement", rows={"train": 3_000})
        rows = table(made)
        encoded = expression.encode(rows, run(made, "seq2seq"))
        assert expression.decode(encoded.targets, rows, run(made, "seq2seq")) == expression.answer(rows)

    def test_what_comes_after_end_does_not_count(self) -> None:
        made = run(dataset(corpus_grammar(0, 9), draw="whole"), "seq2seq")
        predicted = np.array([[3, 0, 4, 1, 5], [1, 3, 4, 5, 6], [3, 4, 5, 6, 7]])
        assert expression.decode(predicted, asked("1+1", "1+1", "1+1"), made) == ["12", "", "12345"]

    def test_an_answer_too_long_for_the_decoder_is_never_right(self) -> None:
        made = run(dataset(corpus_grammar(0, 9), draw="whole"), "seq2seq")  # at most 3 characters and END
        encoded = expression.encode(asked("9*9*9", "40*40*40", "10*10*10"), made)
        assert encoded.targets.shape == (3, 4)
        assert (encoded.targets == OUTSIDE).tolist() == [
            [False] * 4,
            [False] * 3 + [True],
            [False] * 3 + [True],
        ]
        assert encoded.target_lengths.tolist() == [4, 4, 4]


class TestParse:
    @pytest.mark.parametrize(
        ("question", "value"),
        [
            ("12+34-5", 41),
            (" 12 + 34 - 5 = ", 41),
            ("(1+2)*3=", 9),
            ("2*(3-(4-5))", 8),
            ("0-0*7", 0),
            ("100*100", 10_000),
        ],
    )
    def test_right_answers(self, question: str, value: int) -> None:
        made = run(dataset(corpus_grammar(0, 9), draw="whole"), "seq2seq")
        assert expression.parse(question, made)["answer"].to_pylist() == [value]

    @pytest.mark.parametrize(
        ("question", "says"),
        [
            ("12/3+1", ["division", "+ and -"]),
            ("12÷3+1", ["division"]),
            ("12*3+1", ["never seen '*'", "0123456789+-"]),
            ("(1+2)-3", ["never seen '(', ')'"]),
            ("a+b", ["never seen 'a', 'b'"]),
            ("1+٣", ["never seen '٣'"]),
            ("", ["not an expression such as 12+34-5"]),
            ("7", ["not an expression"]),
            ("-7", ["not an expression"]),
            ("1+", ["not an expression"]),
            ("1++2", ["not an expression"]),
            ("01+2", ["leading zeros"]),
            ("1+2=3", ["never seen '='"]),
            ("9" * 150 + "+1", ["64 bits"]),
            ("1+" * 200 + "1", ["401 characters", "at most 200"]),
        ],
    )
    def test_what_is_no_question_of_the_run(self, question: str, says: list[str]) -> None:
        made = run(dataset(MIXTURE, rows={"train": 10}), "classifier")
        with pytest.raises(UserError) as caught:
            expression.parse(question, made)
        assert all(part in str(caught.value) for part in says)
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize("question", ["(1+2", "1+2)", "()", "(1)(2)", "((((", "1(+)2"])
    def test_parentheses_that_do_not_fit(self, question: str) -> None:
        made = run(dataset(corpus_grammar(0, 9), draw="whole"), "seq2seq")
        with pytest.raises(UserError, match="parentheses closed"):
            expression.parse(question, made)

    def test_a_parsed_question_can_be_encoded(self) -> None:
        made = run(dataset(MIXTURE, rows={"train": 10}), "classifier")
        assert expression.encode(expression.parse("12+34-5", made), made).targets.tolist() == [[41 + 188]]


def keys(*lines: str, commuted: bool) -> list[tuple[int, int]]:
    return [tuple(key) for key in expression.seen_key(asked(*lines), commuted).tolist()]


class TestSeenKey:
    def test_exact_keys_tell_all_expressions_apart(self, full_corpus: pa.Table) -> None:
        found = expression.seen_key(full_corpus.slice(0, 500_000))
        assert found.shape == (500_000, 2)
        assert len(np.unique(found.view("u8,u8"))) == 500_000

    def test_exact_keys_do_not_depend_on_the_other_rows(self) -> None:
        alone = keys("1+2", commuted=False)
        assert alone == keys("1+2", "123+456-(789*100)", commuted=False)[:1]
        assert keys("1+2", commuted=True) == keys("1+2", "123+456-(789*100)", commuted=True)[:1]

    @pytest.mark.parametrize(
        ("a", "b"),
        [
            ("1+2-3", "2+1-3"),
            ("1-3+2", "2-3+1"),
            ("1-3+2", "1+2-3"),
            ("5-1-2", "5-2-1"),
            ("3*4+5", "5+4*3"),
            ("2*3*4", "4*2*3"),
            ("(1+2)*3", "3*(2+1)"),
            ("7-(1*2)", "7-(2*1)"),
        ],
    )
    def test_commuted_operands_are_the_same(self, a: str, b: str) -> None:
        assert len(set(keys(a, b, commuted=True))) == 1
        assert len(set(keys(a, b, commuted=False))) == 2

    @pytest.mark.parametrize(
        ("a", "b"),
        [
            ("1-2", "2-1"),
            ("1+2-3", "1-2+3"),
            ("1-2*3", "2-1*3"),
            ("1+2", "1*2"),
            ("7-(1-2)", "7-(2-1)"),
            ("(1+2)*3", "1+2*3"),
            ("(1+2)*3", "(1+3)*2"),
            ("12+3", "1+23"),
            ("(4+1)-2", "4+1-2"),
        ],
    )
    def test_others_are_not(self, a: str, b: str) -> None:
        assert len(set(keys(a, b, commuted=True))) == 2

    def test_the_number_of_classes_is_that_of_sorted_terms(self) -> None:
        """Of a±b±c with digits: the signed terms behind the first in any order, a first plus in any place."""
        made = dataset({"kind": "grammar", **three(0, 4)}, draw="whole", shares={"train": 1.0})
        rows = table(made)
        expected = set()
        for text in rows["expression"].to_pylist():
            terms = [("+", text[0]), (text[1], text[2]), (text[3], text[4])]
            expected.add(tuple(sorted(terms)))
        assert len(np.unique(expression.seen_key(rows, True).view("u8,u8"))) == len(expected)

    def test_no_rows(self) -> None:
        for commuted in (False, True):
            assert expression.seen_key(expression.columns().empty_table(), commuted).shape == (0, 2)
