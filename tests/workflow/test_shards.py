"""A large dataset is drawn by several jobs, and is the same, byte for byte, as one that a single job draws."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.workflow.project import Project, jobs_of

pytestmark = pytest.mark.workflow

ROWS = {"train": 200_000, "validation": 100_000, "test": 500}
TRAINED = ("--cores", "2", "--until", "train")


def project_in(folder: Path) -> Project:
    """A project whose one dataset has 200,000 training rows, and whose study is one short run."""
    project = Project(folder)
    datasets = project.folder / "config/datasets/tiny.yaml"
    content = yaml.safe_load(datasets.read_text())
    content["datasets"]["two-digits"]["rows"] = ROWS
    datasets.write_text(yaml.safe_dump(content))
    project.edit_study(lambda study: study.update(sweep=[]))
    return project


@pytest.fixture(scope="module")
def sharded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Project, str]]:
    project = project_in(tmp_path_factory.mktemp("shards") / "sharded")
    # 70,000 rows are rounded up to two blocks, 131,072: train has two shards, validation none.
    yield project, project.snakemake(*TRAINED, "--config", "shard_rows=70000")
    project.kill_all()


@pytest.fixture(scope="module")
def in_one(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, str]:
    """The same dataset, drawn by one job. Do not change it."""
    project = project_in(tmp_path_factory.mktemp("shards") / "whole")
    return project, project.snakemake("--cores", "1", "--until", "generate")


@pytest.fixture
def whole(in_one: tuple[Project, str], tmp_path: Path) -> Project:
    """A copy of it, which a test may change."""
    copy = Project(tmp_path / "project")
    shutil.copytree(
        in_one[0].folder, copy.folder, dirs_exist_ok=True
    )  # with times of change, which Snakemake goes by
    return copy


def test_each_shard_is_a_job_and_the_dataset_is_that_of_one_job(
    sharded: tuple[Project, str], in_one: tuple[Project, str]
) -> None:
    project, output = sharded
    whole, output_of_one = in_one
    assert jobs_of(output) == {"generate_shard": 2, "generate": 1, "train": 1}
    assert jobs_of(output_of_one) == {"generate": 1}
    files = {
        one.folder: {
            file.name: file.read_bytes() for folder in one.results("datasets") for file in folder.iterdir()
        }
        for one in (project, whole)
    }
    assert set(files[project.folder]) == {  # the shards are gone
        "train.parquet", "validation.parquet", "test.parquet", "dataset.json",
    }  # fmt: skip
    assert files[project.folder] == files[whole.folder]
    assert [folder.name for folder in project.results("datasets")] == [
        folder.name for folder in whole.results("datasets")
    ]


def test_another_limit_makes_nothing_again(sharded: tuple[Project, str]) -> None:
    project, _ = sharded
    for limit in (65_536, 1_000_000):
        planned = project.snakemake("--dry-run", "--config", f"shard_rows={limit}")
        assert jobs_of(planned) == {"evaluate": 1, "aggregate": 1, "render": 1}, limit
    # What a task keeps in dataset.json, such as a vocabulary, is read by both that come after.
    files = project.results("datasets")[0].relative_to(project.folder)
    inputs = [line for line in planned.splitlines() if line.startswith("    input: ")]
    (evaluated,) = (line for line in inputs if "model.safetensors" in line and "test.parquet" in line)
    assert f" {files}/dataset.json" in evaluated


def test_a_dataset_that_one_job_made_is_not_made_again_in_shards(whole: Project) -> None:
    planned = whole.snakemake("--dry-run", "--until", "generate", "--config", "shard_rows=70000")
    assert jobs_of(planned) == {}
    # What is made again, since it was removed or its code was edited, is made as the limit says.
    task = whole.folder / "workflow/carryover/tasks/digit_sum/data.py"
    written = task.read_text()
    task.write_text(written + "\nEDITED = 1\n")
    again = ("--dry-run", "--until", "generate", "--config", "shard_rows=65536")
    assert jobs_of(whole.snakemake(*again)) == {"generate_shard": 6, "generate": 1}
    task.write_text(written)
    assert jobs_of(whole.snakemake(*again)) == {}
    (whole.results("datasets")[0] / "test.parquet").unlink()
    assert jobs_of(whole.snakemake(*again)) == {"generate_shard": 6, "generate": 1}
