"""Expressions as people ask them."""

from __future__ import annotations

import pytest

from carryover.errors import UserError
from carryover.tasks.expression import data as expression
from tests.tasks.expression.corpora import MIXTURE, corpus_grammar, dataset, run


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
    def test_correct_answers(self, question: str, value: int) -> None:
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
