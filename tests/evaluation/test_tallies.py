"""Strata and positions: bounded in number, in natural order, with nothing lost."""

import numpy as np

from carryover.evaluation.tallies import SINGLE_POSITIONS, _natural, _Positions


def test_labels_are_sorted_as_people_count():
    labels = ["10", "2", "21-50", "101-200", "51-100", "0"]
    assert sorted(labels, key=_natural) == ["0", "2", "10", "21-50", "51-100", "101-200"]
    assert sorted(["2-1-2", "1-10-1", "1-2-1"], key=_natural) == ["1-2-1", "1-10-1", "2-1-2"]
    assert sorted(["+-", "++", "1", "-2", "no", "yes"], key=_natural)[:2] == ["-2", "1"]


def test_5000_positions_are_a_bounded_number_of_strata():
    rng = np.random.default_rng(0)
    hits, tries = rng.integers(0, 5, 5001).astype(float), np.full(5001, 5.0)
    positions = _Positions()
    positions.add(hits[:2000], tries[:2000])  # a block may be shorter than a later one
    positions.add(
        np.concatenate([np.zeros(2000), hits[2000:]]), np.concatenate([np.zeros(2000), tries[2000:]])
    )
    found = list(positions.strata())
    assert len(found) == SINGLE_POSITIONS + 8
    assert [label for label, _, _ in found][30:35] == ["31", "32", "33-64", "65-128", "129-256"]
    assert found[-1][0] == "4097-5001"
    assert sum(n for _, _, n in found) == 5 * 5001
    label, value, n = found[33]
    assert (label, n) == ("65-128", 64 * 5)
    assert value == hits[64:128].sum() / (64 * 5)
