"""A finished run of each task, some of its results removed: tables and a page are made of what is left."""

from __future__ import annotations

import contextlib
import random
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from carryover.analysis.aggregate import aggregate
from carryover.analysis.reference import merge
from carryover.analysis.schemas import SCHEMAS
from carryover.cli import main
from carryover.evaluation.evaluate import evaluate
from carryover.manage.from_reference import lay_out
from carryover.planning.expand import make_plan
from carryover.planning.load import load, read_root
from carryover.planning.plan import Plan
from carryover.planning.runs import read_run
from carryover.report import figures, parts
from carryover.report.render import render
from carryover.tasks.generate import generate

TINY = Path(__file__).parents[2] / ".test"
NOT_READ = ("model.safetensors", "train.parquet", "validation.parquet", "test.parquet")  # by the report
AT = {"training.lr": 0.02}
PUBLISHED = [
    {
        "id": "p",
        "place": "p. 1",
        "at": AT,
        "metric": "exact_match",
        "suite": "own",
        "split": "test",
        "value": 0.5,
    },
    {"id": "size", "place": "p. 2", "at": AT, "metric": "parameters", "value": 300},
]
CLAIMS = [
    {"id": "fast", "text": "t", "kind": "solves_within", "at": AT, "steps": 4},
    {"id": "less", "text": "t", "kind": "better_than", "a": AT, "b": {"training.lr": 0.01}}
    | {"of": {"metric": "loss", "suite": "own", "split": "test"}},
    {"id": "sooner", "text": "t", "kind": "faster_than", "a": AT, "b": {"training.lr": 0.01}}
    | {"of": "seconds_per_step"},
]


def plan_of(folder: Path) -> Plan:
    return make_plan(load(read_root([folder / "config/config.yaml"]), folder), folder)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose results are all there: the config of .test, with three seeds, a claim of each kind of judge."""
    from carryover.training.loop import train

    folder = tmp_path_factory.mktemp("finished") / "project"
    shutil.copytree(TINY, folder, ignore=shutil.ignore_patterns("results", "data", ".snakemake"))
    file = folder / "config/studies/tiny.yaml"
    study = yaml.safe_load(file.read_text())
    study |= {"seeds": 3, "report": "adder-prml", "published": PUBLISHED, "claims": CLAIMS}
    file.write_text(yaml.safe_dump(study))
    plan = plan_of(folder)
    results = folder / "results"
    with contextlib.chdir(folder):  # where the reviews lie
        for address, dataset in plan.datasets.items():
            generate(dataset.settings, results / "datasets" / address, folder / "data")
    for address, planned in plan.runs.items():
        train(
            read_run(planned.settings.canonical()),
            results / "datasets" / planned.dataset,
            results / "runs" / address,
            results / "state" / address,
            device="cpu",
            log=lambda line: None,
        )
    for address, evaluation in plan.data()["evaluations"].items():
        splits = [
            split | {"dataset_dir": results / "datasets" / split["dataset"]} for split in evaluation["splits"]
        ]
        run = results / "runs" / evaluation["run"]
        trained_on = results / "datasets" / plan.runs[run.name].dataset
        evaluate(run, splits, trained_on, results / "evaluations" / address, device="cpu")
    return folder


def read_files(project: Path) -> list[Path]:
    """Every file that a report reads, below results/."""
    results = project / "results"
    files = [path for kind in ("datasets", "runs", "evaluations") for path in results.glob(f"{kind}/*/*")]
    return sorted(path.relative_to(results) for path in files if path.name not in NOT_READ)


def without(project: Path, removed: Iterable[Path], folder: Path) -> Path:
    """A copy of the project in which these files are missing."""
    shutil.copytree(project, folder, ignore=shutil.ignore_patterns(*NOT_READ, "state"))
    for file in removed:
        (folder / "results" / file).unlink()
    return folder


def missing_of(plan: Plan, removed: set[str]) -> set[tuple[str, str]]:
    """(address, file) of what is missing; what belongs to a run that is missing itself is told with that run."""
    missing = {(key, "dataset.json") for key in plan.datasets if f"datasets/{key}/dataset.json" in removed}
    first = {setting.runs[0] for study in plan.studies for setting in study.settings}
    gone = {key for key in plan.runs if f"runs/{key}/run.json" in removed}
    missing |= {(key, "run.json") for key in gone}
    for key in plan.runs.keys() - gone:
        missing |= {
            (key, file) for file in ("history.parquet", "cost.json") if f"runs/{key}/{file}" in removed
        }
    for key, evaluation in plan.evaluations.items():
        files = ["metrics.parquet", "overlap.parquet", "cost.json"]
        files += ["examples.parquet"] if evaluation.run in first else []
        if evaluation.run not in gone:
            missing |= {(key, file) for file in files if f"evaluations/{key}/{file}" in removed}
    return missing


def check(project: Path, removed: list[Path], folder: Path) -> None:
    """Make tables and page of what is left, and of the reference that these tables make."""
    copy = without(project, removed, folder / "project")
    plan = plan_of(project)
    report = folder / "report"
    plan.write(report / "plan.json")
    told = aggregate(report / "plan.json", copy / "results", report / "tables", partial=True)
    expected = missing_of(plan, set(map(str, removed)))
    assert {(row["address"], row["file"]) for row in told} == expected
    tables = {path.stem: pd.read_parquet(path) for path in (report / "tables").glob("*.parquet")}
    assert tables.keys() == {*SCHEMAS, "runs"}
    assert len(tables["missing"]) == len(expected)
    page = render(report).read_text(encoding="utf-8")
    parts.check(report, "above")  # figures, tables and sections
    for study in plan.studies:
        of_study = (report / f"studies/{study.name}.html").read_text(encoding="utf-8")
        assert f'id="study-{study.name}"' in of_study
    counted = re.search(r"<summary>(\d+) files?</summary>", page)
    assert (int(counted[1]) if counted else 0) == len(expected)
    runs_left = len(tables["runs"])
    assert f"of {len(plan.runs)} runs have results" in without_links(page)
    if not runs_left:
        return
    reference = folder / "reference"
    assert f"{runs_left} in all" in merge(report / "tables", reference)
    again = lay_out(reference, folder / "of-reference/results")
    merged = render(again).read_text(encoding="utf-8")
    parts.check(again, "above")
    assert f">{runs_left}</span> of {runs_left} runs have results" in without_links(merged)


def without_links(page: str) -> str:
    """A page without the links of its terms, which stand within sentences."""
    return re.sub(r"</?a\b[^>]*>", "", page)


@pytest.fixture
def _no_files_of_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw every figure, without writing its files: that takes most of the time, and is tested elsewhere."""

    def entry(drawn: Any, study: str | None, out: Path) -> dict[str, Any]:
        names = ("kind", "title", "caption", "alt", "wide")
        return {name: getattr(drawn, name) for name in names} | {"study": study}

    monkeypatch.setattr(figures, "_write", entry)


def random_choice(files: list[Path], seed: int) -> list[Path]:
    """Single files, or whole folders, each with the same probability."""
    generator = random.Random(seed)
    share = generator.choice([0.05, 0.2, 0.5, 0.8, 0.95])
    if seed % 2:
        return [file for file in files if generator.random() < share]
    folders = {folder for folder in sorted({file.parent for file in files}) if generator.random() < share}
    return [file for file in files if file.parent in folders]


CHOICES = {
    "none": lambda files: [],
    "one": lambda files: [random.Random(1).choice(files)],
    "all but one run": lambda files: [file for file in files if file.parent != files[-1].parent],
    "all": lambda files: files,
    "without histories": lambda files: [file for file in files if file.name == "history.parquet"],
    "without times": lambda files: [file for file in files if file.name == "cost.json"],
    "without tests": lambda files: [file for file in files if file.parts[0] == "evaluations"],
    "adders alone": lambda files: [file for file in files if re.match(r"runs/(seq|cl)", str(file))],
    "expressions alone": lambda files: [file for file in files if re.match(r"runs/(tag|cl)", str(file))],
    "reviews alone": lambda files: [file for file in files if re.match(r"runs/(tag|seq)", str(file))],
    **{f"random {seed}": lambda files, seed=seed: random_choice(files, seed) for seed in range(15)},
}


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.usefixtures("_no_files_of_figures")
def test_a_page_and_tables_are_made_of_what_is_left(finished: Path, tmp_path: Path, choice: str) -> None:
    check(finished, CHOICES[choice](read_files(finished)), tmp_path)


def command(folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.chdir(folder)
    with pytest.raises(SystemExit) as ended:
        main(["report", "--partial"])
    return int(ended.value.code or 0)


def test_the_command_says_how_much_is_missing(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [file for file in read_files(finished) if file.name in ("history.parquet", "overlap.parquet")]
    copy = without(finished, files, tmp_path / "project")
    assert command(copy, monkeypatch) == 0
    printed = capsys.readouterr()
    assert printed.out == "results/reports/tiny/index.html\n"
    assert printed.err == f"carryover: {len(files)} files are missing or damaged; the page lists them\n"
    assert list(copy.glob("results/reports/tiny/figures/*.svg"))


def test_with_nothing_the_command_says_what_to_do(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = without(finished, read_files(finished), tmp_path / "project")
    assert command(copy, monkeypatch) == 0
    printed = capsys.readouterr()
    assert printed.err == (
        "carryover: no run has results, so the page shows what is planned; run the workflow (`make report`) first\n"
    )
    assert (copy / printed.out.strip()).is_file()
