"""Draws from grammars and mixtures."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import pyarrow.compute as pc
import pytest
from scipy import stats

from carryover.tasks.expression import drawing
from tests.tasks.expression.corpora import MIXTURE, corpus_grammar, dataset, table, texts, three


class TestDraws:
    @pytest.fixture(autouse=True)
    def _small_blocks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(drawing, "BLOCK", 64)

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
