"""Strips of readings: what each dot, sign and sentence says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from carryover.report import style
from carryover.report.figures import readings
from carryover.report.figures.strips import strip
from carryover.report.sections import claims
from carryover.report.view import Report

SVG = "{http://www.w3.org/2000/svg}"
NOT_KNOWN: dict[str, Any] = {"value": None, "low": None, "high": None, "instead_of": None}


def row(reading: str, verdict: str, **more: Any) -> dict[str, Any]:
    return {**NOT_KNOWN, "reading": reading, "verdict": verdict, "seeds": 5, **more}


ROWS = [
    row("cell rnn", "supported", value=0.5, low=0.25, high=0.75),
    row("cell <gru>", "refuted", value=-0.25, low=-0.5, high=-0.125, instead_of="cell rnn"),
    row("cell lstm", "inconclusive", value=0.0, instead_of="cell rnn"),
]


def parsed(rows: list[dict[str, Any]]) -> ElementTree.Element:
    return ElementTree.fromstring(
        str(strip(rows)).replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    )


def test_a_dot_stands_at_its_estimate_and_a_bar_at_its_interval() -> None:
    root = parsed(ROWS)
    # The scale goes from the lowest end of an interval (-0.5) to the highest (0.75), over 140 pixels from 24 on.
    at = [float(circle.get("cx", "nan")) for circle in root.iter(f"{SVG}circle")]
    assert at == pytest.approx([24 + 140 * (value + 0.5) / 1.25 for value in (0.5, -0.25, 0.0)], abs=0.1)
    bars = [re.findall(r"[\d.]+", path.get("d", "")) for path in root.iter(f"{SVG}path")][1:]
    ends = [(float(bar[0]), float(bar[2])) for bar in bars]
    assert ends[0] == pytest.approx((24 + 140 * 0.75 / 1.25, 164), abs=0.1)
    assert ends[1] == pytest.approx((24, 24 + 140 * 0.375 / 1.25), abs=0.1)
    zero = float(re.findall(r"[\d.]+", next(root.iter(f"{SVG}path")).get("d", ""))[0])
    assert zero == pytest.approx(24 + 140 * 0.5 / 1.25, abs=0.1)


def test_a_verdict_has_its_sign_and_its_colour() -> None:
    groups = list(parsed(ROWS).iter(f"{SVG}g"))
    assert [group.get("class") for group in groups] == ["good", "bad", "open"]
    assert [group.findtext(f"{SVG}text") for group in groups] == ["✓", "✗", "?"]
    titles = [group.findtext(f"{SVG}title") for group in groups]
    assert titles[0] == "as we read it: supported, 0.5 [0.25, 0.75], 5 seeds"
    assert titles[1] == "cell <gru>: refuted, -0.25 [-0.5, -0.125], 5 seeds"
    assert (
        parsed(ROWS).get("aria-label")
        == "as we read it: supported; cell <gru>: refuted; cell lstm: inconclusive"
    )


def test_readings_without_estimates_have_signs_alone() -> None:
    root = parsed([row("a", "supported"), row("b", "supported", instead_of="a")])
    assert not list(root.iter(f"{SVG}circle"))
    assert len(list(root.iter(f"{SVG}g"))) == 2


def test_one_reading_needs_no_strip() -> None:
    assert strip([]) == strip(ROWS[:1]) == ""


def test_equal_estimates_stand_in_the_middle() -> None:
    root = parsed([row("a", "inside", value=1.0), row("b", "outside", value=1.0, instead_of="a")])
    assert {circle.get("cx") for circle in root.iter(f"{SVG}circle")} == {"94.0"}


@pytest.fixture
def report(made: Path) -> Report:
    style.use()
    report = Report.read(made)
    study = report.by_name["adder-cells"]
    claim = study.planned.claims[0].id
    report.readings = {("adder-cells", "claim", claim): ROWS}
    return report


def test_a_claim_shows_its_readings_beside_the_runs_that_made_them(report: Report) -> None:
    first = report.by_name["adder-cells"].planned.claims[0].id
    shown = {claim.id: claim for claim in claims.of_study(report.by_name["adder-cells"])}
    strips = {key: [bool(side.readings) for side in claim.sides] for key, claim in shown.items()}
    assert strips.pop(first) == [True, False]
    assert not any(one for of_claim in strips.values() for one in of_claim)


def test_the_figure_of_readings_says_which_verdicts_hang_on_them(report: Report) -> None:
    study = report.by_name["adder-cells"]
    (drawn,) = readings.draw(study)
    assert drawn.caption.startswith("The verdict hangs on the reading in 1 of 1 claim. ")
    ax = drawn.figure.axes[0]
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert [float(line.get_xdata()[0]) for line in dots] == [0.5, -0.25, 0.0]  # type: ignore[index]
    assert [text.get_text() for text in ax.texts] == ["✓", "✗", "?"]
    assert readings.draw(report.by_name["adder-lr"]) == []
