"""What distributions are mixtures of, against counts over whole corpora."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from carryover.tasks.expression.parts import parts_of, streams_of
from carryover.tasks.expression.settings import ExpressionDataset
from tests.tasks.expression.corpora import corpus_grammar, dataset, texts, three


def drawn(*components: dict[str, Any], **rest: Any) -> ExpressionDataset:
    if len(components) == 1:
        return dataset({"kind": "grammar", **components[0]}, rows={"train": 10}, **rest)
    return dataset({"kind": "mixture", "components": list(components)}, rows={"train": 10}, **rest)


def test_weights_are_those_worked_out_by_hand() -> None:
    weights = {pattern: round(part.weight, 9) for pattern, part in parts_of(drawn(three(0, 99))).items()}
    assert weights == {
        "2-2-2": 0.729,
        **dict.fromkeys(["1-2-2", "2-1-2", "2-2-1"], 0.081),
        **dict.fromkeys(["1-1-2", "1-2-1", "2-1-1"], 0.009),
        "1-1-1": 0.001,
    }
    halves = parts_of(drawn(three(0, 9), three(10, 99)))
    assert {pattern: part.weight for pattern, part in halves.items()} == {"1-1-1": 0.5, "2-2-2": 0.5}


def test_weights_are_the_shares_of_a_whole_corpus() -> None:
    grammar = corpus_grammar(8, 12, without=[11])
    counts: Counter[str] = Counter()
    for text in texts(dataset(grammar, draw="whole", shares={"train": 1.0})):
        numbers = "".join(sign if sign.isdigit() else " " for sign in text).split()
        counts["-".join(str(len(number)) for number in numbers)] += 1
    weights = {
        pattern: part.weight for pattern, part in parts_of(dataset(grammar, rows={"train": 1})).items()
    }
    assert weights == pytest.approx(
        {pattern: count / counts.total() for pattern, count in counts.items()}, abs=1e-12
    )
    assert list(weights.values()) == sorted(weights.values(), reverse=True)


def test_parts_are_alike_where_the_same_expressions_are_equally_likely() -> None:
    mixed, whole = parts_of(drawn(three(0, 99))), parts_of(drawn(three(10, 99)))
    assert mixed["2-2-2"].drawn_from == whole["2-2-2"].drawn_from
    others = [three(10, 98), {**three(10, 99), "operators": "+*"}]
    assert all(parts_of(drawn(other))["2-2-2"].drawn_from != whole["2-2-2"].drawn_from for other in others)


def test_streams_are_shared_where_a_component_is() -> None:
    mixed = streams_of(drawn(three(0, 9), three(10, 99)))
    assert not mixed.isdisjoint(streams_of(drawn(three(10, 99), seed=3)))
    assert mixed.isdisjoint(streams_of(drawn(three(0, 99))))
