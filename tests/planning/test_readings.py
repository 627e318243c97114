"""Readings: which runs the other values of unstated settings ask for, and when none."""

from __future__ import annotations

import copy

import pytest

from carryover.planning.plan import Plan, Reading
from tests.tiny import Tiny


@pytest.fixture
def full(tiny: Tiny) -> Tiny:
    tiny.files["config/config.yaml"]["scale"] = "full"
    tiny.study["unstated"] = {"training.batch": [100, 50], "model.embedding": [4, 8, 2]}
    return tiny


def readings(plan: Plan) -> dict[tuple[str, object], Reading]:
    return {(reading.path, reading.value): reading for reading in plan.studies[0].readings}


def test_each_other_value_is_planned_alone_around_the_base(full: Tiny) -> None:
    """Against studies that write each reading out as their base."""
    plan = full.plan()
    assert list(readings(plan)) == [
        ("training.batch", 50), ("model.embedding", 8), ("model.embedding", 2)
    ]  # fmt: skip
    assert len(plan.runs) == 4 * (1 + 3)
    written = set(plan.studies[0].runs)
    for (path, value), reading in readings(plan).items():
        part, key = path.split(".")
        other = Tiny(full.folder / f"{key}-{value}")
        other.files["config/config.yaml"]["scale"] = "full"
        other.study["base"][part][key] = value
        (study,) = other.plan().studies
        assert [setting.runs for setting in reading.settings] == [setting.runs for setting in study.settings]
        assert [setting.label for setting in reading.settings] == [one.label for one in study.settings]
        written |= set(study.runs)
    assert set(plan.runs) == written


def test_the_settings_of_the_study_stay_as_they_are(full: Tiny) -> None:
    with_readings = full.plan().studies[0].settings
    full.study["unstated"] = ["training.batch", "model.embedding"]
    plan = full.plan()
    assert plan.studies[0].settings == with_readings
    assert plan.studies[0].readings == ()
    assert plan.studies[0].unstated == ("training.batch", "model.embedding")


@pytest.mark.parametrize("change", [{"scale": "quick"}, {"readings": False}])
def test_without_runs_the_readings_are_listed_all_the_same(full: Tiny, change: dict[str, object]) -> None:
    full.files["config/config.yaml"] |= change
    plan = full.plan()
    assert len(plan.runs) == 4
    listed = readings(plan)
    assert len(listed) == 3
    for reading in listed.values():
        assert [(setting.label, setting.runs) for setting in reading.settings] == [
            ("cell=rnn", ()),
            ("cell=gru", ()),
        ]


def test_a_reading_and_another_study_share_their_runs(full: Tiny) -> None:
    other = copy.deepcopy(full.study)
    other |= {"study": "half", "unstated": {"training.batch": [50, 100]}}
    other["base"]["training"]["batch"] = 50
    full.files["config/studies/half.yaml"] = other
    plan = full.plan()
    assert len(plan.runs) == 4 * (1 + 3)
    first, second = plan.studies
    assert set(first.runs) == set(second.runs_of_readings)
    assert set(second.runs) <= set(first.runs_of_readings)


def test_only_settings_with_the_first_value_are_changed(full: Tiny) -> None:
    full.study["sweep"] = [{"points": [{}, {"training.batch": 20}, {"training.length": 5}]}]
    full.study["unstated"] = {"training.batch": [100, 50], "training.length": [5, None]}
    found = {path: reading.settings for (path, _), reading in readings(full.plan()).items()}
    assert [setting.values for setting in found["training.batch"]] == [
        {"training.batch": 50},
        {"training.length": 5, "training.batch": 50},
    ]
    assert [setting.values for setting in found["training.length"]] == [{"training.length": None}]


def test_settings_that_are_not_as_published_have_no_other_readings(full: Tiny) -> None:
    full.study["scales"] = {"full": {"set": {"training.steps": 2}}}
    assert [reading.settings for reading in full.plan().studies[0].readings] == [(), (), ()]


def test_a_larger_batch_of_a_fresh_order_gets_more_rows(full: Tiny) -> None:
    full.study["unstated"] = {"training.batch": [100, 300]}
    plan = full.plan()
    (reading,) = plan.studies[0].readings
    for setting in reading.settings:
        for run in setting.runs:
            assert plan.runs[run].settings.dataset.split_rows()["train"] == 4 * 300
    assert all(plan.runs[run].settings.dataset.split_rows()["train"] == 400 for run in plan.studies[0].runs)


def test_an_unstated_setting_with_values_is_compared_and_one_without_is_not(full: Tiny) -> None:
    def as_published() -> set[bool]:
        return {setting.as_published for setting in full.plan().studies[0].settings}

    full.study["scales"] = {"full": {"set": {"training.batch": 50}}}
    assert as_published() == {False}
    full.study["unstated"] = {"training.batch": None}
    assert as_published() == {True}
    assert full.plan().studies[0].unstated == ("training.batch",)
