"""A short campaign of kills and damaged files, the same every time; `python tests/campaign.py` makes long ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import campaign

pytestmark = pytest.mark.workflow
SEED = 8  # both kills are of a training that has saved its state


def test_nothing_is_lost_and_every_damage_is_noticed(tmp_path: Path) -> None:
    counts = campaign.run(tmp_path, kills=2, rounds=1, disks=0, seed=SEED, steps=2000)
    assert not campaign.failures(counts), counts
    assert counts["kills"] == 2
    assert counts["resumed trainings"] >= 1
    assert counts["recoveries"] >= 1
    assert counts["damages"] == 2 * len(campaign.KINDS)
