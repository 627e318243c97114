"""The tiny workflow from end to end: what runs, what does not run again, and that it always gives the same."""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workflow.project import ALL_TASKS, Project, jobs_of

pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, str]:
    project = Project(tmp_path_factory.mktemp("workflow") / "first", ALL_TASKS)
    return project, project.snakemake("--cores", "2")


@pytest.fixture
def finished(first: tuple[Project, str]) -> Iterator[Project]:
    """The finished project; a test may edit its config or delete results, which come back afterwards."""
    project, _ = first
    kept = project.folder.parent / "kept"
    shutil.copytree(project.folder, kept, symlinks=True)  # with times of change, which Snakemake goes by
    yield project
    shutil.rmtree(project.folder)
    kept.rename(project.folder)


def test_first_run_takes_every_rule_and_ends_in_a_report(first: tuple[Project, str]) -> None:
    project, output = first
    assert jobs_of(output) == {"generate": 3, "train": 4, "evaluate": 4, "aggregate": 1, "render": 1}
    assert (project.folder / "results/reports/tiny/index.html").stat().st_size > 1000
    assert not list((project.folder / "results/state").glob("*"))


def test_second_run_does_nothing(finished: Project) -> None:
    before = finished.digests()
    assert jobs_of(finished.snakemake("--cores", "2")) == {}
    assert finished.digests() == before


def test_snakemakes_own_report_has_figures_and_tables_with_captions(finished: Project) -> None:
    finished.snakemake("--report", "report.zip")
    with zipfile.ZipFile(finished.folder / "report.zip") as archive:
        names = [Path(name).name for name in archive.namelist()]
        texts = b"".join(archive.read(name) for name in archive.namelist() if name.endswith((".html", ".js")))
    assert "tiny-curves.svg" in names
    assert {"summary.csv", "claims.csv"} <= set(names)
    for shown in (b"Figures", b"Tables", b"own report of config", b"One row a case"):  # categories, captions
        assert shown in texts, shown


def test_a_part_that_fails_leaves_the_page_and_fails_the_workflow(finished: Project) -> None:
    report = finished.folder / "results/reports/tiny"
    for file, name in (("figures/curves.py", "draw"), ("sections/costs.py", "section")):
        path = finished.folder / "workflow/carryover/report" / file
        path.write_text(path.read_text() + f"\n\ndef {name}(_):\n    raise ValueError('broken on purpose')\n")
    for rules in ({"aggregate", "render", "check"}, {"check"}):  # called again, it fails again
        (finished.folder / "snakemake.log").unlink(missing_ok=True)
        assert finished.start("--cores", "2").wait() == 1
        output = (finished.folder / "snakemake.log").read_text()
        assert set(re.findall(r"^(?:local)?rule (\w+):$", output, flags=re.MULTILINE)) == rules
        (said,) = (line for line in output.splitlines() if "could not be made" in line)
        assert said.startswith("carryover: results/reports/tiny/index.html: ")
        assert "figure tiny-curves (ValueError: broken on purpose); " in said
        assert "section costs (ValueError: broken on purpose); " in said
        assert said.endswith("; the tracebacks are in results/logs/render/tiny.log")
        for page, place in (("studies/tiny.html", "figure tiny-curves"), ("index.html", "section costs")):
            assert f"Not available: the {place} could not be made" in (report / page).read_text()
    assert (report / "figures/tiny-settings.svg").is_file()
    log = (finished.folder / "results/logs/render/tiny.log").read_text()
    assert "figure tiny-curves:\nTraceback" in log
    assert "section costs:\nTraceback" in log


def test_how_jobs_are_placed_remakes_nothing(finished: Project) -> None:
    output = finished.snakemake("--dry-run", "--config", "jobs_per_gpu=3", "device=auto")
    assert jobs_of(output) == {}


def test_a_changed_learning_rate_trains_what_changed_alone(finished: Project) -> None:
    def change(study):
        study["sweep"] = [{"grid": {"training.lr": [0.01, 0.04]}}]

    finished.edit_study(change)
    assert finished.left_to_do() == {"train": 1, "evaluate": 1, "aggregate": 1, "render": 1}


def test_an_added_seed_trains_that_seed_alone(finished: Project) -> None:
    finished.edit_study(lambda study: study.update(seeds=2))
    assert finished.left_to_do() == {"train": 2, "evaluate": 2, "aggregate": 1, "render": 1}
    # … and the seed that was there is what it was: no file of it is to be made again.
    planned = finished.snakemake("--dry-run")
    assert not any(
        run.name in line
        for run in finished.results("runs")
        for line in planned.splitlines()
        if "output:" in line
    )


def test_a_deleted_checkpoint_is_remade_with_what_hangs_on_it(finished: Project) -> None:
    before = finished.digests()
    (finished.results("runs")[0] / "model.safetensors").unlink()
    output = finished.snakemake("--cores", "2")
    assert jobs_of(output) == {"train": 1, "evaluate": 1, "aggregate": 1, "render": 1}
    assert finished.digests() == before


def test_results_that_were_copied_are_not_made_again_but_for_other_code(finished: Project) -> None:
    results, away = finished.folder / "results", finished.folder / "away"
    for kind in ("datasets", "runs", "evaluations"):
        (results / kind).rename(away)
        shutil.copytree(away, results / kind, copy_function=shutil.copyfile)  # with new times of change
        shutil.rmtree(away)
    # Snakemake compares the content of files below this size, so only small ones: large Parquet must not be among them.
    limit = 10_000
    sizes = {path.name: path.stat().st_size for path in results.glob("datasets/sum-*/*")}
    assert sizes["dataset.json"] < limit < sizes["train.parquet"]
    again = ("--dry-run", "--max-checksum-file-size", str(limit))
    assert jobs_of(finished.snakemake(*again)) == {}
    code = finished.folder / "workflow/carryover/tasks/digit_sum/data.py"
    code.write_text(code.read_text() + "\nEDITED = 1\n")
    assert jobs_of(finished.snakemake(*again)) == {
        "generate": 1, "train": 2, "evaluate": 2, "aggregate": 1, "render": 1,
    }  # fmt: skip


def test_one_core_gives_the_same_digests_as_two(first: tuple[Project, str], tmp_path: Path) -> None:
    alone = Project(tmp_path / "alone", ALL_TASKS)
    alone.snakemake("--cores", "1", "--until", "aggregate")  # a page is no part of the digests
    digests = alone.digests()
    assert len(digests) > 20
    assert digests == first[0].digests()


def test_a_file_where_results_should_land_is_one_line(tmp_path: Path) -> None:
    project = Project(tmp_path / "blocked")
    (project.folder / "results").write_text("a file")
    for options in (("--cores", "1"), ("--dry-run",)):
        assert project.start(*options).wait() == 2
    said = (project.folder / "snakemake.log").read_text().splitlines()
    mine = [line for line in said if "profile" not in line]  # Snakemake names the profile that it found
    line = (
        "config/config.yaml: results: results is no folder; name a folder of its own that can be written to"
    )
    assert mine == [line, line]
