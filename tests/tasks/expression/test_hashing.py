"""Which expressions are the same."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from carryover.tasks.expression import data as expression
from tests.tasks.expression.corpora import asked, dataset, table, three


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
