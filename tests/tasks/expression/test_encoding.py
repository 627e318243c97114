"""The two readings of an expression."""

from __future__ import annotations

import numpy as np

from carryover.tasks.codec import END
from carryover.tasks.encoded import OUTSIDE
from carryover.tasks.expression import data as expression
from carryover.tasks.expression.encoding import CHARACTERS
from tests.tasks.expression.corpora import MIXTURE, asked, corpus_grammar, dataset, run, table


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
        source = " " + CHARACTERS
        assert ["".join(source[code] for code in row).strip() for row in encoded.inputs[:, :, 0]] == [
            "30-(48+13)=",
            "7*8=",
        ]
        assert encoded.lengths.tolist() == [11, 4]
        end, digit = END, {sign: code for code, sign in enumerate("0123456789-", start=2)}
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

    def test_an_answer_too_long_for_the_decoder_is_never_correct(self) -> None:
        made = run(dataset(corpus_grammar(0, 9), draw="whole"), "seq2seq")  # at most 3 characters and END
        encoded = expression.encode(asked("9*9*9", "40*40*40", "10*10*10"), made)
        assert encoded.targets.shape == (3, 4)
        assert (encoded.targets == OUTSIDE).tolist() == [
            [False] * 4,
            [False] * 3 + [True],
            [False] * 3 + [True],
        ]
        assert encoded.target_lengths.tolist() == [4, 4, 4]
