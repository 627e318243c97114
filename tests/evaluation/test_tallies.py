"""Strata and positions: bounded in number, in natural order, with nothing lost."""

import numpy as np

from carryover.evaluation.tallies import MOST_CROSSED, SINGLE_POSITIONS, Tally, _natural, _Positions
from carryover.tasks import TASKS
from carryover.tasks.encoded import Encoded
from carryover.training.metrics import Scores


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


def test_seen_and_unseen_are_told_apart_within_few_values():
    rng = np.random.default_rng(0)
    rows = 3000
    # Value 7 has most examples, all of them unseen; the values from 100 on have one of either kind.
    values = np.where(np.arange(rows) < 2000, 7, 100 + np.arange(rows) // 2)
    seen = np.where((np.arange(rows) < 2000) | (np.arange(rows) % 2 == 0), "no", "yes")
    targets = rng.integers(0, 10, (rows, 1))
    scores = Scores(
        predictions=targets,
        exact=np.ones(rows, dtype=bool),
        correct=np.ones(rows, dtype=np.int64),
        positions=np.ones(rows, dtype=np.int64),
        correct_with_padding=np.ones(rows, dtype=np.int64),
        loss_sum=np.zeros(rows),
        loss_positions=np.ones(rows, dtype=np.int64),
        first_wrong=np.full(rows, -1),
    )
    encoded = Encoded(np.zeros((rows, 1)), np.ones(rows, dtype=int), targets, np.ones(rows, dtype=int))
    tally = Tally(TASKS["expression"], "class", 10, 100)
    for part in (slice(0, 2501), slice(2501, rows)):  # a value may be in several blocks
        block = Encoded(*(getattr(encoded, name)[part] for name in vars(encoded)))
        of_block = Scores(**{name: array[part] for name, array in vars(scores).items()})
        tally.add(of_block, block, np.ones(len(block.targets)), {"seen": seen[part]}, ("of", values[part]))
    found = [row for row in tally.rows() if "," in row["stratum"]]
    assert len(found) == 2 * MOST_CROSSED
    assert {row["metric"] for row in found} == {"exact_match"}
    assert {row["n"] for row in found} == {1}  # those that have both kinds come first
    assert [row["stratum"] for row in found[:2]] == ["of=1100,seen=no", "of=1100,seen=yes"]
