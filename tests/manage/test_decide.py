"""Which further seeds are worth a given time, and the overlay that asks for them."""

from __future__ import annotations

import copy
import json
import shutil
from contextlib import chdir
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from carryover.analysis import tables
from carryover.analysis.aggregate import analyse
from carryover.analysis.collect import point_rows
from carryover.analysis.evidence import evidence
from carryover.analysis.power import Prospect
from carryover.analysis.reference import merge
from carryover.analysis.schemas import RUNS, SCHEMAS
from carryover.analysis.undecided import Undecided
from carryover.cli import main
from carryover.manage.choice import Candidate, choose
from carryover.planning import measured
from carryover.planning.costs import Cost
from carryover.planning.plan import Plan
from tests.tiny import Tiny

OF = {"metric": "exact_match", "suite": "lengths", "split": "own"}
RNN, GRU, LSTM = ({"model.cell": cell} for cell in ("rnn", "gru", "lstm"))
CLAIMS = [
    {"id": "near", "text": "GRU is better.", "kind": "better_than", "a": GRU, "b": RNN, "of": OF},
    {"id": "clear", "text": "RNN is good.", "kind": "value", "at": RNN, "of": OF, "low": 0.2},
    {"id": "never", "text": "LSTM is good.", "kind": "value", "at": LSTM, "of": OF, "low": 0.5},
    {"id": "timed", "text": "GRU is slow.", "kind": "faster_than", "a": RNN, "b": GRU, "of": "seconds"},
]
VALUES = {"rnn": [0.50, 0.56, 0.44, 0.52, 0.48], "gru": [0.54, 0.53, 0.62, 0.51, 0.60]}


def item(name: str, chance: float = 1.0) -> Undecided:
    return Undecided("s", "claim", name, "", "", "", "", {}, Prospect(3, {5: chance}))


def candidate(name: str, runs: dict[str, float], chance: float = 1.0) -> Candidate:
    return Candidate(
        item(name, chance), {}, {run: Cost(seconds, "estimate") for run, seconds in runs.items()}, chance
    )


def price(taken: tuple[Candidate, ...] | list[Candidate]) -> float:
    return sum({run: cost.seconds for one in taken for run, cost in one.costs.items()}.values())


@pytest.mark.parametrize("seed", range(20))
def test_the_choice_keeps_the_budget_and_leaves_out_nothing_that_fits(seed: int) -> None:
    rng = np.random.default_rng(seed)
    costs = {f"run {number}": float(rng.integers(1, 20)) for number in range(8)}
    candidates = [
        candidate(f"claim {number}", {run: costs[run] for run in rng.choice(list(costs), rng.integers(1, 4))})
        for number in range(7)
    ]
    budget = float(rng.integers(5, 60))
    taken = choose(candidates, budget)
    assert price(taken) <= budget
    for other in candidates:
        assert other in taken or price([*taken, other]) > budget
    best = max(
        (some for size in range(8) for some in combinations(candidates, size) if price(some) <= budget),
        key=len,
    )
    assert len(best) / 2 <= len(taken) <= len(best)


def test_runs_that_claims_share_are_paid_once() -> None:
    shared = [candidate("a", {"x": 10, "y": 1}), candidate("b", {"x": 10, "z": 1}), candidate("c", {"w": 12})]
    assert [one.item.id for one in choose(shared, 12)] == ["a", "b"]
    assert [one.item.id for one in choose(shared[1:], 24)] == ["b", "c"]
    assert choose(shared, 10) == []


def test_what_is_more_probable_comes_first() -> None:
    assert choose([candidate("a", {"x": 1}, 0.8), candidate("b", {"y": 1}, 0.9)], 1)[0].item.id == "b"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    """A study of three cells, of which two have results with five seeds: those of the last report, and a reference."""
    tiny = Tiny(tmp_path_factory.mktemp("template"))
    tiny.study["claims"] = CLAIMS
    tiny.study["seeds"] = 5
    tiny.study["sweep"] = [{"grid": {"model.cell": ["rnn", "gru", "lstm"]}}]
    with chdir(tiny.folder):
        made(tiny, {"cells": {"cell=rnn": 5, "cell=gru": 5}})
    return tiny


@pytest.fixture
def tiny(template: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tiny:
    """A copy of it."""
    shutil.copytree(template.folder, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(measured, "ROOT", tmp_path)  # the shipped reference has other costs
    tiny = Tiny(tmp_path)
    tiny.files = copy.deepcopy(template.files)
    return tiny


def made(tiny: Tiny, seeds: dict[str, Any]) -> None:
    """Results with these seeds, as the last report and merged into the reference."""
    tiny.files["config/config.yaml"]["seeds"] = seeds
    plan = tiny.plan()
    del tiny.files["config/config.yaml"]["seeds"]
    tiny.write()
    folder = Path("results/reports/tiny")
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    Path("results/.carryover").touch()
    rows: dict[str, list[dict[str, Any]]] = {"runs": [], "metrics": [], "costs": []}
    for key, planned in plan.runs.items():
        cell, seed = planned.settings.model.cell, planned.seed
        fixed = dict.fromkeys(RUNS.names) | {"run": key, "task": "digit_sum", "dataset": planned.dataset}
        rows["runs"].append(fixed | {"seed": seed, "status": "finished", "steps": 4, "parameters": 9})
        about = {"run": key, "suite": "lengths", "split": "own", "stratum": "all", "metric": "exact_match"}
        rows["metrics"].append(about | {"value": VALUES[cell][seed % 5], "n": 10**8})
        cost = {
            "run": key,
            "device": "cpu",
            "alone": False,
            "host": "here",
            "seconds": 60.0,
            "cpu_seconds": 60.0,
        }
        rows["costs"] += [cost | {"stage": "train"}, cost | {"stage": "evaluate"}]
    given = {name: tables.as_table(name, rows.get(name, [])) for name in SCHEMAS if name in READ_FROM}
    settings = [planned.settings.identity() for planned in plan.runs.values()]
    given["runs"] = tables.runs_table(rows["runs"], settings)
    given["points"] = tables.as_table("points", point_rows(plan))
    all_made = analyse(plan, given)
    tables.write({**all_made, **evidence(plan, all_made, None)}, folder / "tables")
    plan.write(folder / "plan.json")
    merge(folder / "tables", Path("results/reference/mine"))


READ_FROM = ("metrics", "history", "costs", "overlap", "examples", "datasets")


def decide(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["decide", *arguments])
    return int(ended.value.code or 0)


def test_what_is_open_and_what_would_decide_it(tiny: Tiny, capsys: pytest.CaptureFixture[str]) -> None:
    assert decide("--from", "results/reference/mine", "--json") == 0
    told = {one["id"]: one for one in json.loads(capsys.readouterr().out)["undecided"]}
    assert set(told) == {"near", "never", "timed"}
    near = told["near"]
    assert (near["reason"], near["seeds"]) == ("too close to call", {"cell=gru": 5, "cell=rnn": 5})
    assert near["enough"] == near["target"] > 5
    assert near["runs"] == 2 * (near["target"] - 5)
    assert near["core_seconds"] == pytest.approx(120 * near["runs"])  # a minute to train, and one to evaluate
    assert near["known_from"] == "committed reference"
    assert (told["never"]["seeds"], told["never"]["target"], told["never"]["runs"]) == (
        {"cell=lstm": 0},
        3,
        3,
    )
    assert "alone on one machine" in told["timed"]["no_use"]
    assert told["timed"]["command"] is None
    assert decide("--configfile", "config/config.yaml") == 0
    text = capsys.readouterr().out
    assert "not tested yet: 3 seeds would be the least; cost 3 runs" in text
    assert "carryover decide --configfile config/config.yaml --claim cells/near" in text


@pytest.mark.parametrize("source", ["report", "reference"])
def test_an_overlay_that_can_be_planned(tiny: Tiny, source: str, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--from", "results/reference/mine"] if source == "reference" else []
    assert decide(*options, "--claim", "cells/near", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    then = next(one["target"] for one in found["undecided"] if one["id"] == "near")
    overlay = yaml.safe_load(Path("decide.yaml").read_text())
    assert overlay["name"] == "decide"
    wanted = then if source == "report" else list(range(5, then))  # a reference has the others already
    assert overlay["seeds"] == {"cells": {"cell=rnn": wanted, "cell=gru": wanted}}
    with pytest.raises(SystemExit) as ended:
        main(["plan", "--configfile", "decide.yaml", "--json"])
    assert not ended.value.code
    planned = json.loads(capsys.readouterr().out)
    assert planned["name"] == "decide"
    assert {run["settings"]["model"].get("cell", "rnn") for run in planned["runs"].values()} == {"rnn", "gru"}
    assert len(planned["runs"]) == 2 * (then if source == "report" else then - 5)


def test_a_setting_with_enough_seeds_is_in_the_report_all_the_same(tiny: Tiny) -> None:
    made(tiny, {"cells": {"cell=rnn": 5, "cell=gru": [2]}})
    assert decide("--claim", "cells/near") == 0
    seeds = yaml.safe_load(Path("decide.yaml").read_text())["seeds"]["cells"]
    assert seeds["cell=rnn"] == 5
    assert seeds["cell=gru"] == list(range(2, 2 + len(seeds["cell=gru"])))


def test_runs_of_another_study_are_united_with_one_of_its_own(
    tiny: Tiny, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny.files["config/studies/again.yaml"] = tiny.study | {"study": "again"}
    made(tiny, {"cells": {"cell=rnn": 5, "cell=gru": 5}, "again": {"cell=gru": [0]}})
    assert decide("--from", "results/reference/mine", "--claim", "again/clear", "--json") == 0
    told = json.loads(capsys.readouterr().out)["undecided"]
    clear = next(one for one in told if (one["study"], one["id"]) == ("again", "clear"))
    assert (clear["seeds"], clear["runs"]) == ({"cell=rnn": 5}, 1)
    assert "runs of other studies decide it" in clear["detail"]
    assert yaml.safe_load(Path("decide.yaml").read_text())["seeds"] == {"again": {"cell=rnn": [5]}}


def test_a_budget_is_kept_and_told(tiny: Tiny, capsys: pytest.CaptureFixture[str]) -> None:
    assert decide("--from", "results/reference/mine", "--budget", "7m", "--json") == 0
    proposal = json.loads(capsys.readouterr().out)["proposal"]
    assert proposal["overlay"]["seeds"] == {"cells": {"cell=lstm": 3}}
    assert 0 < proposal["core_seconds"] <= 420
    assert [one["id"] for one in proposal["expected"]] == ["never"]
    assert decide("--from", "results/reference/mine", "--budget", "9h", "--force") == 0
    text = capsys.readouterr().out
    assert "cells/near:" in text
    assert "carryover reference results/reports/decide/tables results/reference/mine" in text


def test_a_sequential_study_keeps_to_its_looks(tiny: Tiny, capsys: pytest.CaptureFixture[str]) -> None:
    tiny.study["seeds"] = {"look_at": [3, 5, 9, 30]}
    tiny.write()
    assert decide("--from", "results/reference/mine", "--json") == 0
    near = next(one for one in json.loads(capsys.readouterr().out)["undecided"] if one["id"] == "near")
    assert set(near["probability"]) == {"9", "30"}
    assert near["target"] in (9, 30)


def test_a_run_of_another_study_counts_where_the_reference_is_merged(tiny: Tiny) -> None:
    """A study that asks for one seed of a shared setting gets all that the reference has."""
    second = tiny.study | {"study": "again", "sweep": [], "claims": []}
    tiny.files["config/studies/again.yaml"] = second
    made(tiny, {"again": [3], "cells": {"cell=rnn": 5}})
    merged = {study.name: study for study in Plan.read(Path("results/reference/mine/plan.json")).studies}
    assert [one.seed for one in merged["again"].settings[0].replicates] == [0, 1, 2, 3, 4]


def test_settings_that_are_left_out_keep_their_other_readings_in_the_reference(tiny: Tiny) -> None:
    tiny.study["unstated"] = {"model.hidden": [8, 16]}
    tiny.files["config/config.yaml"]["scale"] = "full"
    made(tiny, {"cells": {"cell=rnn": 3, "cell=gru": 3}})
    tiny.files["config/config.yaml"]["readings"] = False
    made(tiny, {"cells": {"cell=gru": [7]}})
    (study,) = Plan.read(Path("results/reference/mine/plan.json")).studies
    (reading,) = study.readings
    for settings, gru in ((study.settings, [0, 1, 2, 3, 4, 7]), (reading.settings, [0, 1, 2])):
        seeds = {setting.label: [one.seed for one in setting.replicates] for setting in settings}
        assert seeds["cell=gru"] == gru
        assert seeds["cell=rnn"][:3] == [0, 1, 2]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--budget", "soon"], "'soon' is no time; write 6h, 90m or 1h30m"),
        (["--budget", "0h"], "'0h' is no time"),
        (["--budget", "1m"], "--budget: too little to decide anything; the cheapest claim takes"),
        (["--from", "nowhere"], "--from nowhere: no reference results here (no plan.json)"),
        (["--claim", "cells/clear"], "--claim cells/clear: nothing of this name is open"),
        (["--claim", "cells/timed"], "--claim cells/timed: times count only where all runs were made alone"),
        (["--claim", "cells/near", "--out", "config"], "--out config: is a folder"),
        (["--claim", "cells/near", "--out", "config/config.yaml"], "the file is there already; give --force"),
        (["--config", "name=other"], "results/reports/other: no report here; make one"),
        (["--budget", "1h", "--claim", "cells/near"], "not allowed with argument"),
    ],
)
def test_a_mistake_is_one_line(
    tiny: Tiny, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert decide(*arguments) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert "Traceback" not in told.err
    assert not Path("decide.yaml").exists()
