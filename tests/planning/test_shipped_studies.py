"""The shipped studies say what the five reports say: numbers counted and typed here by hand from the documents."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from carryover.analysis.quantities import Results, decides
from carryover.planning.expand import make_plan
from carryover.planning.load import Config, load, read_root
from carryover.planning.plan import Plan

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "config" / "config.yaml"

REPORTS = {"three-number", "expression-seq2seq", "adder-prml", "adder-lengths", "imdb-sweeps"}
# Report imdb-sweeps, Lab 2 (f): layers, hidden, embedding → parameters and accuracy.
COMPOUND = {
    (2, 100, 32): (1350474, 0.880556),
    (1, 100, 128): (4955690, 0.880258),
    (2, 300, 64): (3593946, 0.878571),
    (1, 100, 64): (2498346, 0.878075),
    (2, 200, 64): (2966546, 0.877183),
    (2, 100, 64): (2579146, 0.876885),
    (1, 100, 32): (1269674, 0.876786),
    (1, 200, 128): (5127890, 0.876687),
    (3, 100, 32): (1431274, 0.876687),
    (3, 200, 32): (2046674, 0.876488),
    (2, 200, 32): (1725074, 0.875496),
    (1, 200, 64): (2644946, 0.875198),
    (2, 300, 128): (6102490, 0.874306),
    (1, 300, 32): (1617274, 0.873909),
    (3, 200, 128): (5771090, 0.871329),
    (1, 300, 128): (5380090, 0.870437),
    (3, 100, 64): (2659946, 0.870139),
    (2, 100, 128): (5036490, 0.867262),
    (3, 100, 128): (5117290, 0.864087),
    (2, 200, 128): (5449490, 0.863393),
    (1, 300, 64): (2871546, 0.860714),
    (3, 200, 64): (3288146, 0.855258),
    (2, 300, 32): (2339674, 0.835317),
    (3, 300, 128): (6824890, 0.781845),
    (1, 200, 32): (1403474, 0.580655),
    (3, 300, 64): (4316346, 0.509226),
    (3, 300, 32): (3062074, 0.503869),
}  # fmt: skip

# Report three-number, test_dataset1.py and test_dataset2.py: loss and accuracy.
THREE_NUMBER = {
    "test1": (0.2169385916210711, 0.9879),
    "test2": (2.7033506562650205, 0.1687),
    "test3": (3.948567681292072, 0.122),
    "test4": (19.008160603010655, 0.00328),
    "test5": (0.791578737228252, 0.84567),
    "test6": (5.668467198322639, 0.61516),
}


@cache
def _config(scale: str) -> Config:
    return load(read_root([CONFIG]) | {"scale": scale, "name": scale}, ROOT)


@cache
def _full(folder: Path) -> Plan:
    """The plan at full scale, with a file in place of the review archive, so that no network is asked."""
    reviews = folder / "reviews.csv"
    rows = "good,positive\nbad,negative\n" * 25_000
    reviews.write_text(f"review,sentiment\n{rows}", encoding="utf-8")
    config = _config("full")
    config.datasets["imdb"]["source"] = {"kind": "file", "path": str(reviews)}
    return make_plan(config, ROOT)


@cache
def _quick() -> Plan:
    return make_plan(_config("quick"), ROOT)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return _full(tmp_path_factory.getbasetemp())


def _published(report: str) -> list[tuple[str, Any]]:
    studies = _config("full").studies.values()
    return [(study.study, item) for study in studies if study.report == report for item in study.published]


def test_every_report_has_studies_and_claims() -> None:
    studies = _config("full").studies.values()
    claims: Counter[str | None] = Counter()
    for study in studies:
        claims[study.report] += len(study.claims)
    assert set(claims) >= REPORTS
    assert all(claims[report] >= 20 for report in REPORTS)


def test_published_numbers_are_as_many_as_the_reports_print() -> None:
    three_number = _published("three-number")
    assert len(three_number) == 12  # six tests, each a loss and an accuracy
    expression = _published("expression-seq2seq")
    assert len([1 for _, item in expression if item.metric == "loss"]) == 4
    assert [item.metric for _, item in expression if item.metric != "loss"] == ["token_accuracy"] * 4
    adder = [item for study, item in _published("adder-prml") if study != "adder-padding"]
    # RNN: accuracy, loss, steps; LSTM: accuracy, steps; GRU: accuracy; three of Figure 12.
    assert len(adder) == 9
    assert {item.value for study, item in _published("adder-prml") if study == "adder-padding"} == {0.7635}
    assert len(_published("adder-lengths")) == 2  # accuracy 1, after 200 batches
    # SGD 2 × 2 losses; RMSprop; two parameter counts; width 2; embedding 5; compound 27 × 2; bidirectional 2 × 2.
    assert len(_published("imdb-sweeps")) == 4 + 1 + 2 + 2 + 5 + 54 + 4


def test_three_number_prints_these_losses_and_accuracies() -> None:
    found = {(item.split, item.metric): item.value for _, item in _published("three-number")}
    for split, (loss, accuracy) in THREE_NUMBER.items():
        assert (found[split, "loss"], found[split, "exact_match"]) == (loss, accuracy)


def test_compound_table_is_the_reports() -> None:
    items = [item for study, item in _published("imdb-sweeps") if study == "imdb-sweeps-compound"]
    found = {
        (
            tuple(item.at[f"model.{name}"] for name in ("layers", "hidden", "embedding")),
            item.metric,
        ): item.value
        for item in items
    }
    for sizes, (parameters, accuracy) in COMPOUND.items():
        assert found[sizes, "parameters"] == parameters
        assert found[sizes, "batch_accuracy"] == accuracy
    assert len(found) == 54


def test_compound_table_hangs_together() -> None:
    """Every parameter count follows from one vocabulary; every accuracy is a mean of 105 batch accuracies."""
    for (layers, hidden, embedding), (parameters, accuracy) in COMPOUND.items():
        inputs = [embedding] + [hidden] * (layers - 1)
        recurrent = sum(4 * hidden * (size + hidden + 2) for size in inputs)
        assert parameters == 37_996 * embedding + recurrent + 2 * (hidden + 1)
        # 104 batches of 96 and one of 16: multiples of 1/10,080, printed to six digits.
        assert abs(accuracy * 10_080 - round(accuracy * 10_080)) < 10_080 * 5.1e-7


WRITTEN = {"nine tenths": "0.9"}


def _printed(text: str) -> set[float]:
    """The numbers of a sentence of a report, without what stands in brackets: there we say how we test it."""
    text = re.sub(r"\([^()]*\)", "", text)
    text = re.sub(r"\b1e-(\d)", lambda found: f"{10.0 ** -int(found[1]):.9f}", text)
    text = re.sub(r"(\d+)–(\d+)%", r"\1% \2%", text)
    for word, number in WRITTEN.items():
        text = text.replace(word, number)
    found = re.findall(r"(\d[\d,]*(?:\.\d+)?)(%?)", text)
    return {float(number.rstrip(",").replace(",", "")) / (100 if percent else 1) for number, percent in found}


def test_every_bound_is_printed_or_said_to_be_ours() -> None:
    """A claim that no report puts a number on is held against a number of ours, and has to say so."""
    ours = 0
    for study in _config("full").studies.values():
        for claim in study.claims:
            bounds = {getattr(claim, name, None) for name in ("low", "high", "threshold", "margin")}
            if claim.kind == "solves_within" and claim.steps != study.base.training["steps"]:
                bounds.add(claim.steps)
            # That something is perfect is 0.999 in every study, and what solves a task. No report prints a margin.
            printed = {None, *_printed(claim.text)} - {getattr(claim, "margin", None)} | {None, 0.999}
            assert bool(bounds - printed) == bool(claim.report_says), (
                study.study,
                claim.id,
                bounds - printed,
            )
            ours += bool(claim.report_says)
    assert ours > 50


def test_full_scale_is_as_published(full: Plan) -> None:
    for planned in full.studies:
        for point in planned.settings:
            assert point.as_published, (planned.name, point.label, point.differs)
            assert len(point.runs) == 5


def test_numbers_that_chose_a_reading_are_marked() -> None:
    tuned = {f"{study}: {item.id}" for report in REPORTS for study, item in _published(report) if item.tuned}
    expected = {f"three-number-transfer: test{number}-accuracy" for number in range(1, 7)}
    assert tuned == expected | {"expression-seq2seq-corpora: subset-1-accuracy"}


def test_readings_are_planned_in_full(full: Plan) -> None:
    """What the reports leave open, counted by hand, and the settings that each reading changes."""
    read = {study.name: study.readings for study in full.studies}
    found = {name: [(one.path.rpartition(".")[2], one.value) for one in read[name]] for name in read}
    batch, embedding, optimizer = (
        [("batch", 64), ("batch", 512)],
        [("embedding", 16), ("embedding", 64)],
        [("optimizer", "rmsprop")],
    )
    assert found["adder-cells"] == embedding + optimizer + batch
    assert ("length", None) in found["adder-distribution"]
    assert found["adder-lengths-cells"] == [("optimizer", "rmsprop"), ("optimizer", "adamw")]
    assert ("steps", 31250) in found["three-number-cells"]
    assert ("padding", "masked") in found["three-number-batch"]
    assert ("loss_on_padding", True) in found["expression-seq2seq-cells"]
    assert ("metric", "exact_match") in found["expression-seq2seq-corpora"]
    assert not any(found[name] for name in found if name.startswith("imdb"))  # each seed is another split
    unpadded = next(one for one in read["adder-distribution"] if one.path == "training.length")
    assert [setting.values["dataset"] for setting in unpadded.settings] == ["digits-2", "digits-5"]
    for study in full.studies:
        for reading in study.readings:
            assert all(len(setting.runs) == 5 for setting in reading.settings)
            assert bool(reading.settings) != (reading.path == "metric"), (study.name, reading.path)


def test_every_number_and_claim_speaks_of_one_point(full: Plan) -> None:
    results = Results(full, {})
    for study in full.studies:
        for item in (*study.published, *study.claims):
            for _, at in item.selectors():
                labels = [setting.label for setting in results.select(study, at)]
                assert len(labels) == 1, (study.name, item.id, at, labels)


def test_the_default_config_is_small_and_needs_no_reviews() -> None:
    plan = _quick()
    tasks = Counter(run.settings.dataset.task for run in plan.runs.values())
    assert plan.unavailable == ()
    assert set(tasks) == {"digit_sum", "expression"}
    assert tasks["digit_sum"] <= 75
    assert tasks["expression"] <= 2


def test_the_default_config_trains_published_settings_with_seeds_enough_to_decide_or_says_demonstration() -> (
    None
):
    for planned in _quick().studies:
        for setting in planned.settings:
            assert setting.as_published or planned.demonstration, (planned.name, setting.label)
            assert len(setting.runs) == (1 if planned.demonstration else 5)


def test_every_study_is_in_the_default_report_and_its_settings_are_among_those_of_full(full: Plan) -> None:
    of_full = {study.name: {setting.label for setting in study.settings} for study in full.studies}
    quick = _quick()
    assert {study.name for study in quick.studies} == set(of_full)
    for study in quick.studies:
        assert {setting.label for setting in study.settings} <= of_full[study.name]


def test_the_default_config_shows_three_cells_and_two_digits_carried_to_ten() -> None:
    studies = {planned.name: planned for planned in _quick().studies}
    cells = studies["adder-cells"]
    assert {point.values["model.cell"] for point in cells.settings} == {"rnn", "lstm", "gru"}
    assert all(point.as_published and len(point.runs) == 5 for point in cells.settings)
    short = next(p for p in studies["adder-distribution"].settings if p.values["dataset"] == "digits-2")
    assert short.as_published
    assert len(short.runs) >= 4  # with fewer, no verdict on "does not reach" is possible


def test_the_first_page_of_the_default_report_has_adders_of_2_5_and_10_digits() -> None:
    plan = _quick()
    offered = [plan.runs[run].settings for study in plan.studies for run in study.play]
    assert sorted(run.dataset.length() or 0 for run in offered) == [2, 5, 10]
    assert {(run.model.kind, run.seed) for run in offered} == {("tagger", 0)}


def test_quick_studies_share_their_base_runs() -> None:
    studies = {planned.name: planned for planned in _quick().studies}
    cells = {replicate.run for point in studies["adder-cells"].settings for replicate in point.replicates}
    for name in ("adder-decay", "adder-layers", "adder-learning-rate", "adder-distribution"):
        runs = {replicate.run for point in studies[name].settings for replicate in point.replicates}
        assert runs & cells, name


def test_loss_claims_are_never_left_to_runs_that_stop_early() -> None:
    for planned in _quick().studies:
        for point in planned.settings:
            if "training.stop_when_solved" in point.differs:
                assert not decides(point, "loss"), planned.name
