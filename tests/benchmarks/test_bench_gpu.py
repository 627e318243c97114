"""The GPU benchmark on a CPU, with tiny sizes: it measures what it says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from carryover.planning.runs import read_dataset
from carryover.tasks.generate import generate
from tests.benchmarks import bench_gpu


@pytest.mark.parametrize("loop", ["plain", "own"])
@pytest.mark.parametrize("architecture", bench_gpu.ARCHITECTURES)
def test_every_architecture_is_measured_at_its_length(tmp_path: Path, architecture: str, loop: str) -> None:
    dataset = bench_gpu.dataset_settings(architecture, 30, 12, tmp_path)
    generate(read_dataset(dataset), tmp_path)
    case: dict[str, Any] = {
        "architecture": architecture,
        "cell": "gru",
        "length": 30,
        "batch": 4,
        "steps": 3,
        "seconds": 0.0,
        "device": "cpu",
        "dataset": dataset,
        "folder": str(tmp_path),
        "loop": loop,
        "training": {},
    }
    widths: list[int] = []
    hook = torch.nn.modules.module.register_module_forward_pre_hook(
        lambda module, given: widths.append(given[0].shape[1]) if isinstance(module, torch.nn.GRU) else None
    )
    try:
        found = bench_gpu.measure(case)
    finally:
        hook.remove()
    assert found["examples_per_second"] > 0
    assert max(widths) == 30
    # Two turns of three steps to warm up, one that counts; two layers, which plain PyTorch has in one module.
    modules = (1 if loop == "plain" else 2) * (2 if architecture == "seq2seq" else 1)
    assert len(widths) == 9 * modules


def test_several_jobs_are_measured_together(capsys: pytest.CaptureFixture[str]) -> None:
    only = ["--architectures", "tagger", "--cells", "rnn", "--lengths", "3", "--batch", "4"]
    bench_gpu.main(["--device", "cpu", *only, "--jobs", "2", "--seconds", "0.05"])
    plain, own, two = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert [(row["loop"], row["jobs"]) for row in (plain, own, two)] == [("plain", 1), ("own", 1), ("own", 2)]
    for row in (own, two):
        ratio = row["examples_per_second"] / plain["examples_per_second"]
        assert row["against_plain"] == pytest.approx(ratio, abs=1e-2)


def test_a_job_that_fails_does_not_stop_the_others(capfd: pytest.CaptureFixture[str]) -> None:
    assert bench_gpu.side_by_side({"loop": "own"}, 1) == {"failed": True}
    assert "KeyError" in capfd.readouterr().err


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_without_a_gpu_it_says_so_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        bench_gpu.main([])
    assert ended.value.code == 2
    assert capsys.readouterr() == ("", "bench_gpu: PyTorch finds no CUDA device here; nothing measured\n")
