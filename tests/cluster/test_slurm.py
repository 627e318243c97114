"""The throw-away Slurm itself: what the tests of the workflow on it build upon."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.cluster.slurm import NODES, Cluster

pytestmark = pytest.mark.cluster


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
