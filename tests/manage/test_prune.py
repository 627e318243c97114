"""Prune removes results that nobody asks for, and never anything else."""

from __future__ import annotations

from pathlib import Path

import pytest

from carryover.data.results_folder import MARKER, foreign
from carryover.errors import UserError
from carryover.manage import prune
from carryover.planning.plan import Plan
from tests.manage.conftest import make, write_log


def test_prune_takes_what_no_config_asks_for(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = make(plan, "runs", next(iter(plan.runs)))
    of_another = make(plan, "runs", "tagger-x-0123456789ab")
    orphan = make(plan, "datasets", "sum-y-0123456789ab")
    state = Path(plan.results) / "state" / "tagger-z-0123456789ab"
    state.mkdir(parents=True)
    other = Path(plan.results) / "reports" / "other" / "plan.json"
    run = next(iter(plan.runs.values()))
    plan.model_copy(update={"name": "other", "runs": {of_another.name: run}}).write(other)
    rules = {
        kept: "train",
        of_another: "train",
        orphan: "generate",
        Path("sum-of-failed-0123456789ab"): "generate",
    }
    logs = {
        folder: [write_log(plan, rule, folder.name, "", attempt) for attempt in ("", ".attempt-1")]
        for folder, rule in rules.items()
    }
    write_log(plan, "generate_shard", f"{next(iter(plan.datasets))}/train-0-65536", "")
    of_shards = write_log(plan, "generate_shard", f"{orphan.name}/train-0-65536", "").parent
    assert prune.orphans(plan).folders == (orphan, state, of_shards)
    monkeypatch.setattr("builtins.input", lambda _: "n")
    prune.prune(plan, ask=True)
    assert orphan.exists()
    monkeypatch.setattr("builtins.input", lambda _: "y")
    prune.prune(plan, ask=True)
    assert [path.exists() for path in (orphan, state, kept, of_another)] == [False, False, True, True]
    there = [[log.exists() for log in found] for found in logs.values()]
    assert there == [[True, True], [True, True], [False, False], [False, False]]
    assert prune.orphans(plan) == prune.Orphans((), (), ())


def test_prune_removes_nothing_where_sources_are_missing(plan: Plan) -> None:
    make(plan, "datasets", "sentiment-0123456789ab")
    with pytest.raises(UserError, match=r"nothing removed"):
        prune.prune(plan.model_copy(update={"unavailable": ("no reviews at x",)}), ask=False)
    assert (Path(plan.results) / "datasets" / "sentiment-0123456789ab").is_dir()


def test_what_is_no_result_is_left_and_named(plan: Plan, capsys: pytest.CaptureFixture[str]) -> None:
    results = Path(plan.results)
    others = [
        results / "datasets" / "my-thesis-data" / "a.csv",
        results / "runs" / "marathon-photos" / "1.jpg",
        results / "state" / "ohio" / "notes.txt",
        results / "logs" / "train" / "mymodel.log",
        # The name of a result alone is not enough.
        results / "runs" / "tagger-x-0123456789ab" / "thesis.txt",
        results / "evaluations" / "tagger-x-0123456789ab" / "folder" / "metrics.parquet",
    ]
    for file in others:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x")
    orphan = make(plan, "runs", "tagger-y-0123456789ab")
    (orphan / ".run.json.123.partial").write_text("half")
    prune.prune(plan, ask=False)
    assert not orphan.exists()
    assert all(file.exists() for file in others)
    told = capsys.readouterr().out
    for name in ("my-thesis-data", "marathon-photos", "ohio", "mymodel.log", "tagger-x-0123456789ab"):
        assert f"{name}\n" in told, name
    assert "kept, because it is no result" in told


def test_a_link_goes_and_what_it_leads_to_stays(plan: Plan, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "run.json").write_text("{}")
    link = Path(plan.results) / "runs" / "tagger-y-0123456789ab"
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(elsewhere, target_is_directory=True)
    prune.prune(plan, ask=False)
    assert not link.is_symlink()
    assert (elsewhere / "run.json").exists()


def test_nothing_is_removed_from_a_folder_that_carryover_did_not_make(plan: Plan) -> None:
    orphan = make(plan, "runs", "tagger-y-0123456789ab")
    (Path(plan.results) / MARKER).unlink()
    with pytest.raises(UserError, match="Carryover did not make this folder"):
        prune.prune(plan, ask=False)
    assert orphan.exists()


def test_results_have_a_folder_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    assert foreign(Path()) is not None
    assert foreign(Path("/")) is not None
    assert foreign(Path("~")) is not None
    assert foreign(Path("results")) is None
    (tmp_path / "mine").mkdir()
    assert foreign(tmp_path / "mine") is None
    (tmp_path / "mine" / "runs").mkdir()
    assert foreign(tmp_path / "mine") is None
    (tmp_path / "mine" / "thesis.tex").write_text("x")
    assert "thesis.tex" in str(foreign(tmp_path / "mine"))
