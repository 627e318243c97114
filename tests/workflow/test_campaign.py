"""A short campaign of kills and damaged files, the same every time; `python tests/campaign.py` makes long ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import campaign

pytestmark = pytest.mark.workflow
SEED = 3


def test_nothing_is_lost_and_every_damage_is_noticed(tmp_path: Path) -> None:
    counts = campaign.run(tmp_path, kills=3, rounds=1, disks=0, seed=SEED, steps=600)
    assert not campaign.failures(counts), counts
    assert counts["kills"] == 3
    assert counts["resumed trainings"] >= 1
    assert counts["recoveries"] >= 1
    assert counts["damages"] == 2 * len(campaign.KINDS)
