"""Readings: which claims and numbers they concern, what each says alone, and what all say together."""

import statistics
from collections.abc import Sequence

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from carryover.analysis import claims, published, readings
from carryover.analysis.claims import INCONCLUSIVE, NOT_TESTED, REFUTED, SUPPORTED
from carryover.analysis.judges import NOT_REPRODUCED
from carryover.analysis.published import INSIDE, OUTSIDE, TUNED
from carryover.analysis.readings import NOT_RUN
from carryover.analysis.reference import merge
from tests.analysis.conftest import Report, Run

RNN, GRU = ({"model.cell": cell} for cell in ("rnn", "gru"))
TEST = {"metric": "exact_match", "suite": "own", "split": "test"}
HIGH, LOW, WIDE = [0.95, 0.96, 0.97, 0.96], [0.5, 0.55, 0.45, 0.52], [0.1, 0.9, 0.5, 0.95]
CLAIM = {"id": "one", "text": "a sentence", "kind": "value", "at": RNN, "of": TEST, "low": 0.9}


OURS = {"report_says": "that it is good"}


def other(report, path, base, value, settings: dict[str, list[Run]]):
    """A reading that gives the settings of these labels other runs; a run without results where the list is empty."""
    changed = []
    for label, runs in settings.items():
        report.runs |= {run.address: run for run in runs}
        replicates = [
            {"run": run.address, "evaluation": f"e-{run.address}", "seed": seed}
            for seed, run in enumerate(runs)
        ]
        changed.append({"point": label, "values": {path: value}, "as_published": True, "differs": [],
                        "runs": replicates})  # fmt: skip
    return {"path": path, "base": base, "value": value, "settings": changed}


@pytest.fixture
def study(report, scored):
    """A study whose base has these values on own/test, and one reading of the batch for each entry."""

    def make(ours: Sequence[float], batches: dict[int, Sequence[float]], **more):
        found = [
            other(report, "training.batch", 200, batch,
                  {"cell=rnn": scored(f"b{batch}", values) if len(values) else []})
            for batch, values in batches.items()
        ]  # fmt: skip
        return report.study("s", [(RNN.copy(), scored("ours", ours))], readings=found, **more)

    return make


def judged(report) -> tuple[dict, list[dict]]:
    results = report.results()
    verdicts = claims.verdicts(results)
    rows = readings.of_claims(results, verdicts)
    (claim,) = readings.qualified(verdicts, rows)
    return claim, rows


@pytest.mark.parametrize(
    ("ours", "batches", "verdict", "sentence"),
    [
        (LOW, {64: LOW, 512: LOW}, REFUTED, "refuted under all 3 readings"),
        (LOW, {64: LOW}, REFUTED, "refuted under both readings"),
        (LOW, {64: LOW, 512: []}, REFUTED, "refuted under both readings that were run; not run: batch size 512"),
        (LOW, {64: LOW, 512: HIGH}, NOT_REPRODUCED,
         "refuted as we read it (batch size 200) and under 1 other reading; supported with batch size 512"),
        (LOW, {512: HIGH}, NOT_REPRODUCED, "refuted as we read it (batch size 200); supported with batch size 512"),
        (LOW, {64: WIDE}, NOT_REPRODUCED, "refuted as we read it (batch size 200); inconclusive with batch size 64"),
        (LOW, {64: [], 512: []}, NOT_REPRODUCED,
         "refuted as we read it (batch size 200); not run: batch size 64, batch size 512"),
        (LOW, {}, REFUTED, ""),
        (HIGH, {64: HIGH, 512: HIGH}, SUPPORTED, "supported under all 3 readings"),
        (HIGH, {64: LOW, 512: LOW}, SUPPORTED,
         "supported as we read it (batch size 200); refuted with batch size 64 and with batch size 512"),
        (WIDE, {64: HIGH}, INCONCLUSIVE, "inconclusive as we read it (batch size 200); supported with batch size 64"),
    ],
)  # fmt: skip
def test_a_claim_is_refuted_only_under_every_reading(report, study, ours, batches, verdict, sentence):
    study(ours, batches, claims=[CLAIM])
    claim, rows = judged(report)
    assert (claim["verdict"], claim["readings"]) == (verdict, sentence)
    assert len(rows) == (1 + len(batches) if batches else 0)


def test_the_table_of_readings(report, study):
    study(LOW, {64: HIGH[:3], 512: []}, claims=[CLAIM])
    _, (own, less, more) = judged(report)
    assert (own["reading"], own["instead_of"], own["verdict"]) == ("batch size 200", None, REFUTED)
    assert own["value"] == pytest.approx(sum(LOW) / 4)
    half = stats.t.ppf(0.975, 3) * statistics.stdev(LOW) / 2
    assert own["low"] == pytest.approx(own["value"] - half, abs=0.01)
    assert own["high"] == pytest.approx(own["value"] + half, abs=0.01)
    assert (less["reading"], less["instead_of"], less["verdict"]) == (
        "batch size 64",
        "batch size 200",
        SUPPORTED,
    )
    assert (less["seeds"], less["value"]) == (3, pytest.approx(0.96))
    assert "mean 0.96" in less["evidence"]
    assert (more["reading"], more["verdict"], more["seeds"]) == ("batch size 512", NOT_RUN, 0)


def test_a_reading_changes_only_the_sides_that_it_concerns(report, scored):
    """The second side has no other run, so its own runs stay."""
    claim = {"id": "one", "text": "t", "kind": "better_than", "a": RNN, "b": GRU, "of": TEST}
    found = other(report, "training.length", 11, None, {"cell=rnn": scored("c", LOW)})
    report.study(
        "s", [(RNN.copy(), scored("a", HIGH)), (GRU.copy(), scored("b", [0.8, 0.81, 0.82]))],
        readings=[found], claims=[claim],
    )  # fmt: skip
    row, (own, unpadded) = judged(report)
    assert (
        row["readings"]
        == "supported as we read it (padding to 11 digits); refuted with padding to the longest sum"
    )
    assert own["value"] == pytest.approx(0.96 - 0.81)
    assert unpadded["value"] == pytest.approx(0.505 - 0.81)
    welch = stats.ttest_ind(LOW, [0.8, 0.81, 0.82], equal_var=False).confidence_interval()
    assert (unpadded["low"], unpadded["high"]) == pytest.approx((welch.low, welch.high), abs=0.02)


def test_a_reading_that_lacks_the_runs_of_one_side_was_not_run(report, scored):
    claim = {"id": "one", "text": "t", "kind": "better_than", "a": RNN, "b": GRU, "of": TEST}
    found = other(report, "training.batch", 200, 64, {"cell=rnn": scored("c", LOW), "cell=gru": []})
    points = [(RNN.copy(), scored("a", HIGH)), (GRU.copy(), scored("b", [0.8, 0.81, 0.82]))]
    report.study("s", points, readings=[found], claims=[claim])
    assert judged(report)[0]["readings"] == "supported as we read it (batch size 200); not run: batch size 64"


def test_a_reading_says_nothing_about_a_claim_that_names_its_setting(report, study):
    study(LOW, {64: HIGH}, claims=[CLAIM | {"at": {"model.cell": "rnn", "training.batch": 10}}])
    claim, rows = judged(report)
    assert (claim["verdict"], claim["readings"], rows) == (REFUTED, "", [])


def test_runs_that_may_not_decide_have_no_readings(report, scored):
    found = other(report, "training.batch", 200, 64, {"cell=rnn": scored("c", HIGH)})
    differs = {"as_published": False, "differs": ["training.steps"]}
    report.study("s", [(RNN | {"_deciding": differs}, scored("a", LOW))], readings=[found], claims=[CLAIM])
    claim, rows = judged(report)
    assert (claim["verdict"], claim["readings"], rows) == (NOT_TESTED, "", [])


def test_another_metric_is_read_from_the_same_runs(report):
    runs = [
        Run(f"a-{i}", test={("own", "test", "all", "exact_match"): value,
                            ("own", "test", "all", "token_accuracy"): 0.99})
        for i, value in enumerate(LOW)
    ]  # fmt: skip
    metric = {"path": "metric", "base": "exact_match", "value": "token_accuracy", "settings": []}
    loss = CLAIM | {"id": "loss", "of": TEST | {"metric": "loss"}}
    report.study("s", [(RNN.copy(), runs)], readings=[metric], claims=[CLAIM, loss])
    results = report.results()
    verdicts = claims.verdicts(results)
    rows = readings.of_claims(results, verdicts)
    first, second = readings.qualified(verdicts, rows)
    assert first["readings"] == "refuted as we read it (exact match); supported with token accuracy"
    assert second["readings"] == ""
    assert [row["value"] for row in rows] == [pytest.approx(0.505), pytest.approx(0.99)]


@pytest.mark.parametrize(
    ("tuned", "word", "words", "sentence"),
    [
        (False, OUTSIDE, [OUTSIDE, INSIDE, NOT_RUN],
         "outside as we read it (batch size 200); inside with batch size 64; not run: batch size 512"),
        (True, TUNED, [TUNED, TUNED, NOT_RUN], ""),
    ],
)  # fmt: skip
def test_a_published_number_under_every_reading(report, study, tuned, word, words, sentence):
    number = {"id": "n", "place": "p", "at": RNN, **TEST, "value": 0.96, "tuned": tuned}
    study(LOW, {64: HIGH, 512: []}, published=[number])
    results = report.results()
    ours = published.beside_ours(results)
    rows = readings.of_published(results, ours)
    (row,) = readings.told(ours, rows)
    assert (row["word"], row["readings"]) == (word, sentence)
    assert [one["verdict"] for one in rows] == words
    assert [one.get("value") for one in rows] == [pytest.approx(0.505), pytest.approx(0.96), None]


def test_nothing_is_said_where_nothing_was_tested():
    def row(verdict: str, batch: int) -> dict:
        return {"reading": f"batch size {batch}", "instead_of": "batch size 200", "verdict": verdict}

    assert readings.sentence([row(NOT_TESTED, 200), row(NOT_TESTED, 64), row(NOT_RUN, 512)]) == ""
    assert readings.sentence([row(NOT_TESTED, 200), row(SUPPORTED, 64)]) == (
        "not tested as we read it (batch size 200); supported with batch size 64"
    )


def test_what_readings_are_called():
    assert readings.label("training.batch", 1024) == "batch size 1,024"
    assert readings.label("training.loss_on_padding", True) == "padding in the loss"
    assert readings.label("training.loss_on_padding", False) == "no padding in the loss"
    assert readings.label("training.lr", 0.01) == "learning rate 0.01"
    assert readings.label("dataset", "subset-1") == "dataset subset-1"


VERDICTS = st.sampled_from([SUPPORTED, REFUTED, INCONCLUSIVE, NOT_RUN])


@given(st.sampled_from([SUPPORTED, REFUTED, INCONCLUSIVE]), st.lists(VERDICTS, max_size=5))
def test_every_reading_is_told_once(own, others):
    """Each reading is named, or counted among those that say the same as ours."""
    fixed = {"kind": "claim", "study": "s", "id": "i", "timed": False}
    rows = [
        fixed | {"reading": f"batch <{i}>", "instead_of": None if i == 0 else "batch <0>", "verdict": verdict}
        for i, verdict in enumerate([own, *others])
    ]
    (row,) = readings.qualified([{"study": "s", "id": "i", "verdict": own}], rows if others else [])
    text = row["readings"]
    assert bool(text) == bool(others)
    idle = others.count(NOT_RUN)
    assert (f"{idle} other readings were not run" in text) == (idle > 3)
    for i, verdict in enumerate(others, start=1):
        assert text.count(f"<{i}>") == (verdict != own and not (verdict == NOT_RUN and idle > 3))
    run = [verdict for verdict in others if verdict != NOT_RUN]
    everywhere = own == REFUTED and (not others or set(run) == {REFUTED})
    assert (row["verdict"] == REFUTED) == everywhere
    if own != REFUTED:
        assert row["verdict"] == own


# --- in reference results ---


@pytest.fixture
def tables(tmp_path):
    """Tables of a report with these values of the study's own reading and of one with batch size 64."""

    def make(name: str, ours: Sequence[float], less: Sequence[float], seed: int = 0, lr: float = 0.1):
        report = Report()

        def runs(batch: int, values: Sequence[float]) -> list[Run]:
            settings = {"model": {"cell": "rnn"}, "training": {"lr": lr, "batch": batch}}
            return [
                Run(f"b{batch}-lr{lr}-s{i}", test={("own", "test", "all", "exact_match"): value},
                    settings=settings | {"seed": i})
                for i, value in enumerate(values, seed)
            ]  # fmt: skip

        found = other(report, "training.batch", 200, 64, {"cell=rnn": runs(64, less)})
        study = report.study("s", [(RNN.copy(), runs(200, ours))], readings=[found], claims=[CLAIM])
        for setting in (*study["points"], *found["settings"]):
            for number, replicate in enumerate(setting["runs"], seed):
                replicate["seed"] = number
        return report.tables(tmp_path / name)

    return make


def test_runs_of_readings_are_evidence_in_a_reference(tables, tmp_path):
    reference = tmp_path / "reference"

    def told() -> list[str]:
        return pq.read_table(reference / "claims.parquet")["readings"].to_pylist()

    merge(tables("a", LOW[:3], HIGH[:2]), reference)
    assert told() == ["refuted as we read it (batch size 200); inconclusive with batch size 64"]
    merge(tables("b", LOW[3:], HIGH[2:], seed=3), reference)
    assert told() == ["refuted as we read it (batch size 200); supported with batch size 64"]
    merge(tables("c", LOW[:1], [], seed=5), reference)  # a report without readings takes none away
    assert told() == ["refuted as we read it (batch size 200); supported with batch size 64"]
    assert pq.read_table(reference / "readings.parquet")["seeds"].to_pylist() == [5, 4]
    merge(tables("d", HIGH, [], lr=0.5), reference)  # the runs with batch size 64 belong to another rate
    assert told() == ["supported as we read it (batch size 200); not run: batch size 64"]


def test_a_claim_against_a_bound_of_ours_is_never_refuted(report, scored) -> None:
    """Another bound might not refute it, however far the runs are from ours."""
    report.study("s", [(RNN.copy(), scored("ours", LOW))], claims=[CLAIM | OURS, CLAIM | {"id": "two"}])
    rows = {row["id"]: row for row in readings.judged(report.results())["claims"]}
    assert (rows["one"]["verdict"], rows["two"]["verdict"]) == (NOT_REPRODUCED, REFUTED)
    said = "We set the bound 0.9; the report says only that it is good."
    assert rows["one"]["evidence"].endswith(f", against at least 0.9. {said}")
    assert said not in rows["two"]["evidence"]


def test_a_claim_against_a_bound_of_ours_can_be_supported(report, scored) -> None:
    report.study("s", [(RNN.copy(), scored("ours", HIGH))], claims=[CLAIM | OURS])
    (row,) = readings.judged(report.results())["claims"]
    assert row["verdict"] == SUPPORTED
    assert row["evidence"].endswith("that it is good.")
