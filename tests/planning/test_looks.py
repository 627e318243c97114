"""Group-sequential seeds: what the plan has at each look, and mistakes in them."""

from __future__ import annotations

import pytest

from carryover.errors import UserErrors
from tests.tiny import Tiny

LOOKS = {"look_at": [3, 5, 8]}


def test_the_plan_has_the_seeds_of_the_first_look(tiny: Tiny) -> None:
    tiny.study["seeds"] = LOOKS
    (study,) = tiny.plan().studies
    assert study.look_at == (3, 5, 8)
    assert [one.seed for one in study.settings[0].replicates] == [0, 1, 2]


def test_more_seeds_in_the_config_lead_to_later_looks(tiny: Tiny) -> None:
    tiny.study["seeds"] = LOOKS
    tiny.files["config/config.yaml"]["seeds"] = 5
    (study,) = tiny.plan().studies
    assert study.look_at == (3, 5, 8)
    assert [one.seed for one in study.settings[0].replicates] == [0, 1, 2, 3, 4]


def test_a_fixed_number_of_seeds_at_a_scale_has_no_looks(tiny: Tiny) -> None:
    tiny.study["seeds"] = LOOKS
    scale = tiny.plan().scale
    tiny.study.setdefault("scales", {}).setdefault(scale, {})["seeds"] = 4
    (study,) = tiny.plan().studies
    assert study.look_at == ()
    assert len(study.settings[0].replicates) == 4


@pytest.mark.parametrize("looks", [[3], [5, 3], [3, 3, 5], [2, 5], [3, 2000], [3.5, 5]])
def test_looks_rise_from_three(tiny: Tiny, looks: list[float]) -> None:
    tiny.study["seeds"] = {"look_at": looks}
    with pytest.raises(UserErrors, match="seeds"):
        tiny.plan()
