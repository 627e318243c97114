"""A running Slurm, and the tiny workflow on it through profiles/slurm, left alone and disturbed."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster.slurm import GPUS_PER_NODE, NODES, Cluster
from tests.workflow.project import ROOT, Project, kill, text_of, training_process, wait_for

# In one file, which `--dist loadfile` gives to one process, because there is room for one such cluster on a machine.
pytestmark = [pytest.mark.cluster, pytest.mark.workflow]

ON_SLURM = ("--workflow-profile", "profiles/slurm")
OFTEN = {"CARRYOVER_SAVE_SECONDS": "0.1"}


def edit_profile(project: Project, change: dict[str, Any]) -> None:
    """Edit the shipped profile as docs/cluster.md says: a partition, and no account, for this cluster has none."""
    path = project.folder / "profiles/slurm/config.yaml"
    profile = yaml.safe_load(path.read_text())
    del profile["default-resources"]["slurm_account"]
    profile["default-resources"]["slurm_partition"] = "main"
    profile["slurm-no-account"] = True
    profile["slurm-status-command"] = "squeue"  # nor accounting
    profile["slurm-init-seconds-before-status-checks"] = 1  # short jobs
    path.write_text(yaml.safe_dump(profile | change))


def test_two_gpu_jobs_on_one_node_get_a_gpu_each(slurm: Cluster, tmp_path: Path) -> None:
    # Each waits for the other, so that both surely hold their GPU at the same time.
    script = f"touch {tmp_path}/$SLURM_JOB_ID; until [ $(ls {tmp_path} | wc -l) = 2 ]; do sleep 0.1; done"
    common = ["--gpus=1", "--mem=100", "--nodes=1", f"--nodelist={NODES[0]}", "--output=/dev/null"]
    jobs = [
        slurm.run("sbatch", "--parsable", *common, "--wrap", f"srun -n1 sh -c '{script}'").stdout.strip()
        for _ in range(2)
    ]
    end = time.monotonic() + 600
    while not {*jobs} <= {job["JobId"] for job in slurm.completed()}:
        assert time.monotonic() < end, slurm.run("squeue", "-t", "all").stdout
        time.sleep(0.1)
    assert {job["JobState"] for job in slurm.completed() if job["JobId"] in jobs} == {"COMPLETED"}
    assert sorted(gpu for job, _, gpu in slurm.tasks() if job in jobs) == ["0", "1"]


@pytest.fixture(scope="module")
def project(slurm: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The tiny workflow, run on the cluster to its end: train and evaluate of one run in one submission."""
    project = Project(tmp_path_factory.mktemp("slurm") / "project")

    def lengthen(study: dict[str, Any]) -> None:
        study["base"]["training"] = {"steps": 2000, "batch": 50, "order": "shuffled", "validate_every": 500}

    project.edit_study(lengthen)
    # Both trainings on one node, for its GPUs to be told apart.
    on_one_node = {"train": {"gpu": 1, "slurm_extra": f"--nodelist={NODES[0]}"}}
    edit_profile(project, {"groups": {"train": "run", "evaluate": "run"}, "set-resources": on_one_node})
    project.snakemake(*ON_SLURM)
    # What follows runs as the profile is shipped.
    shutil.copy(ROOT / "profiles/slurm/config.yaml", project.folder / "profiles/slurm/config.yaml")
    edit_profile(project, {})
    yield project
    project.kill_all()


@pytest.fixture(scope="module")
def quiet(project: Project) -> dict[str, str]:
    """Digests of the undisturbed workflow."""
    return project.digests()


def attempts(project: Project, run: str) -> list[str]:
    """What each attempt at a training said, in order; there are fewer than ten."""
    return [text_of(path) for path in sorted(project.folder.glob(f"results/logs/train/{run}.log.attempt-?"))]


def test_the_workflow_finishes(slurm: Cluster, project: Project) -> None:
    assert (project.folder / "results/reports/tiny/index.html").stat().st_size > 1000
    jobs = slurm.completed()
    # generate, two runs with their evaluations, aggregate, render
    assert [job["JobState"] for job in jobs if job["WorkDir"] == str(project.folder)] == 5 * ["COMPLETED"]
    assert list((project.folder / "results/logs/slurm").rglob("*.log"))


def test_two_trainings_on_a_node_get_a_gpu_each_and_nothing_else_gets_one(
    slurm: Cluster, project: Project
) -> None:
    jobs = {job["JobId"] for job in slurm.completed() if job["WorkDir"] == str(project.folder)}
    seen = [(node, gpu) for job, node, gpu in slurm.tasks() if job in jobs and gpu != "none"]
    assert sorted(seen) == [(NODES[0], str(gpu)) for gpu in range(GPUS_PER_NODE)]


def test_a_failing_job_is_reported_with_its_log(project: Project, quiet: dict[str, str]) -> None:
    state = project.folder / "results/state"
    shutil.rmtree(state, ignore_errors=True)
    state.write_text("a file where training needs a folder")
    project.edit_study(lambda study: study.update(sweep=[{"grid": {"training.lr": [0.03]}}]))
    try:
        output = project.snakemake(*ON_SLURM, "--until", "train", "--retries", "0", check=False)
    finally:
        state.unlink()
        project.edit_study(lambda study: study.update(sweep=[{"grid": {"training.lr": [0.01, 0.02]}}]))
    assert "Error in rule train" in output
    assert "results/logs/train/tagger-rnn-" in output
    assert "carryover: results/state" in output  # the log's own text


def test_a_cancelled_job_and_a_dead_node_change_nothing(
    slurm: Cluster, project: Project, quiet: dict[str, str]
) -> None:
    runs = [folder.name for folder in project.results("runs")]
    assert len(runs) == 2
    shutil.rmtree(project.folder / "results/runs")
    states = {run: project.folder / f"results/state/{run}/state.safetensors" for run in runs}
    snakemake = project.start(*ON_SLURM, "--until", "train", **OFTEN)

    # The first that has saved something is cancelled, the other one's node dies.
    first = wait_for(lambda: [run for run, state in states.items() if state.exists()], "a saved state")[0]
    job, _ = wait_for(lambda: slurm.job_of(first), "its job")
    slurm.run("scancel", job)
    (second,) = set(runs) - {first}
    wait_for(states[second].exists, "the other saved state")
    dead_job, node = wait_for(lambda: slurm.job_of(second), "its job")
    slurm.kill_node(node)
    try:
        assert snakemake.wait(600) == 0, text_of(project.folder / "snakemake.log")
    finally:
        slurm.start_node(node)
    ended = {job["JobId"]: job["JobState"] for job in slurm.completed()}
    assert (ended[job], ended[dead_job]) == ("CANCELLED", "NODE_FAIL")
    for run in runs:
        *_, cut_off, continued = attempts(project, run)
        assert "finished after 2000 steps" not in cut_off
        assert "continuing at step" in continued
    assert only_runs(project.digests()) == only_runs(quiet)


def test_a_killed_snakemake_can_be_started_again_without_two_writers(
    slurm: Cluster, project: Project, quiet: dict[str, str]
) -> None:
    run = project.results("runs")[0].name
    shutil.rmtree(project.folder / "results/runs" / run)
    log = project.folder / f"results/logs/train/{run}.log"
    options = (*ON_SLURM, "--until", "train")
    killed = project.start(*options, **OFTEN)
    wait_for((project.folder / f"results/state/{run}/state.safetensors").exists, "a saved state")
    old = wait_for(lambda: training_process(project.folder, run), "the training")
    os.kill(old, signal.SIGSTOP)  # held, so that it lives for as long as this takes
    kill(killed.pid)
    killed.wait()
    assert slurm.job_of(run)
    project.snakemake("--unlock")
    again = project.start(*options, **OFTEN)
    wait_for(
        lambda: f"waiting for process {old} on " in text_of(log), "the new training to wait for the old one"
    )
    os.kill(old, signal.SIGCONT)
    assert again.wait(600) == 0, text_of(project.folder / "snakemake.log")
    assert "the other process finished this run" in text_of(log)
    assert only_runs(project.digests()) == only_runs(quiet)


def only_runs(digests: dict[str, str]) -> dict[str, str]:
    return {path: digest for path, digest in digests.items() if path.startswith("runs/")}
