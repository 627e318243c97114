"""Which evidence a claim or number rests on: own runs where they decide, else the reference under today's rules."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from carryover.analysis.evidence import NOTHING, REFERENCE, THIS_RUN
from carryover.analysis.reference import merge
from carryover.analysis.tables import read
from carryover.data.files import write_json
from carryover.planning.plan import Plan
from tests.analysis.conftest import Report, Run

RNN, LSTM = ({"model.cell": cell} for cell in ("rnn", "lstm"))
TEST = {"metric": "exact_match", "suite": "own", "split": "test"}
HIGH, LOW = [0.95, 0.96, 0.97, 0.96, 0.95], [0.5, 0.55, 0.45, 0.52, 0.49]
CLAIM = {"id": "good", "text": "It is good.", "kind": "value", "at": RNN, "of": TEST, "low": 0.9}
NUMBER = {"id": "number", "place": "Table 1", "at": RNN, "value": 0.96, **TEST}
COMMIT = "a124bc03e9a7dd6df9a7407c07103bba3d3f1aac"

Told = Callable[..., dict[str, dict[str, Any]]]


def _report(
    name: str, values: list[float] | None, claim: dict[str, Any], base: dict[str, Any], **more: Any
) -> Report:
    report = Report()
    runs = [
        Run(f"{name}-{i}", test={("own", "test", "all", "exact_match"): value})
        for i, value in enumerate(values or [])
    ]
    report.study(
        "s",
        [(dict(RNN), runs)] if values is not None else [],
        claims=[claim],
        published=[NUMBER],
        base={"dataset": "uniform", "model": base, "training": {}},
        **more,
    )
    return report


@pytest.fixture
def told(tmp_path: Path) -> Told:
    """The row of a claim and of a number, where own runs and those of the reference have these values."""

    def rows(
        own: list[float] | None,
        theirs: list[float] | None,
        claim: dict[str, Any] = CLAIM,
        base: dict[str, Any] | None = None,
        **more: Any,
    ) -> dict[str, dict[str, Any]]:
        reference = None
        if theirs is not None:
            reference = tmp_path / "reference"
            tables = _report("theirs", theirs, CLAIM, {}).tables(tmp_path / "theirs")
            write_json(tables.parent / "provenance.json", {"git": {"commit": COMMIT}})
            merge(tables, reference)
        tables = _report("own", own, claim, base or {}, **more).tables(tmp_path / "own", reference)
        return {row["kind"]: row for row in read(tables, "evidence").to_pylist()}

    return rows


def test_own_runs_win_where_they_decide(told: Told) -> None:
    rows = told(LOW, HIGH)
    assert (rows["claim"]["word"], rows["claim"]["source"]) == ("refuted", THIS_RUN)
    assert (rows["published"]["word"], rows["published"]["source"]) == ("outside", THIS_RUN)
    assert rows["claim"]["reference_word"] == "supported"


@pytest.mark.parametrize("own", [None, [0.2], [0.2, 0.96]])
def test_the_reference_decides_where_own_runs_do_not(told: Told, own: list[float] | None) -> None:
    rows = told(own, HIGH)
    assert (rows["claim"]["word"], rows["claim"]["source"]) == ("supported", REFERENCE)
    assert (rows["published"]["word"], rows["published"]["source"]) == ("inside", REFERENCE)
    for row in rows.values():
        assert (row["own_seeds"], row["reference_seeds"]) == (len(own or []), 5)
        assert row["reference_commits"] == "a124bc0"
    assert rows["published"]["reference_mean"] == pytest.approx(sum(HIGH) / 5)


def test_what_neither_decides_stays_open_with_the_reason_of_the_side_that_has_more_seeds(told: Told) -> None:
    row = told([0.95], [0.95, 0.96])["claim"]
    assert (row["word"], row["source"], row["reason"]) == ("inconclusive", REFERENCE, "too few seeds")


def test_a_claim_that_is_not_reproduced_is_a_decision_among_those_counted_together(told: Told) -> None:
    not_run = {"point": "cell=rnn", "values": {"training.batch": 64}, "as_published": True, "differs": []}
    reading = {
        "path": "training.batch", "base": 10, "value": 64, "settings": [{**not_run, "runs": []}]
    }  # fmt: skip
    row = told(LOW, None, readings=[reading])["claim"]
    assert (row["word"], row["source"], row["stays"]) == ("not reproduced as we read it", THIS_RUN, True)


def test_without_any_run_there_is_no_evidence(told: Told) -> None:
    row = told(None, None)["claim"]
    assert (row["word"], row["source"], row["reason"]) == (
        "not tested",
        NOTHING,
        "no such run in this report",
    )


def test_the_reference_is_judged_by_the_claim_as_it_reads_today(told: Told) -> None:
    row = told(None, HIGH, claim={**CLAIM, "low": 0.99})["claim"]
    assert (row["word"], row["source"]) == ("refuted", REFERENCE)


def test_a_study_whose_base_has_changed_takes_nothing_from_the_reference(told: Told) -> None:
    row = told(None, HIGH, base={"hidden": 7})["claim"]
    assert (row["source"], row["reference_word"]) == (NOTHING, None)


def test_the_shipped_reference_shows_evidence_for_most_claims() -> None:
    """Whatever the reference holds of the shipped studies, it must still be readable and judged."""
    from carryover.analysis.evidence import Reference, evidence

    reference = Path("results/reference/full")
    plan = Plan.read(reference / "plan.json")
    rows = evidence(plan, {}, Reference(reference, plan))["evidence"].to_pylist()
    assert sum(row["kind"] == "claim" and row["source"] == REFERENCE for row in rows) > 100
    assert all(row["reference_commits"] for row in rows if row["source"] == REFERENCE)
