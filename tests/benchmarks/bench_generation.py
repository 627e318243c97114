"""Speed and peak memory of making digit sums: `PYTHONPATH=workflow python tests/benchmarks/bench_generation.py`.

Each dataset is made in a process of its own, so that its peak memory is its own. MB of digits are those of both
operands; the sums come on top. Targets: at least 40 MB/s a core, and under 600 MB at 1,000 and at 5,000 digits.

`--shards` measures large datasets instead, made by one command and in four shards, each by the command that its job of
the workflow runs. Target: putting shards together takes less than drawing them, and no more memory.
"""

from __future__ import annotations

import argparse
import filecmp
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def measure(settings: dict) -> dict:
    """Make one dataset; CPU seconds, MB/s and peak memory in MB."""
    from carryover.tasks.digit_sum.settings import DigitSumDataset
    from carryover.tasks.generate import generate

    dataset = DigitSumDataset.read(settings)
    with tempfile.TemporaryDirectory() as folder:
        wall, start = time.perf_counter(), time.process_time()
        generate(dataset, Path(folder))
        seconds, wall = time.process_time() - start, time.perf_counter() - wall
        size = sum(file.stat().st_size for file in Path(folder).iterdir())
    longest = dataset.distribution.longest_operand()  # type: ignore[union-attr]
    megabytes = 2 * longest * sum(dataset.split_rows().values()) / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "dataset": dataset.slug(),
        "cpu_seconds": round(seconds, 2),
        "seconds": round(wall, 2),
        "megabytes_per_cpu_second": round(megabytes / seconds, 1),
        "peak_memory_mb": round(peak),
        "files_mb": round(size / 1e6),
    }


LARGE = [
    ({"task": "digit_sum", "distribution": {"kind": "uniform_digits", "digits": 3}}, 10_000_000),
    ({"task": "digit_sum", "distribution": {"kind": "uniform_digits", "digits": 1000}}, 300_000),
    (
        {
            "task": "expression",
            "distribution": {
                "kind": "grammar",
                "operators": "+-",
                "operands": [3],
                "numbers": {"smallest": 0, "largest": 99},
            },
        },
        10_000_000,
    ),
]


def measure_command(*arguments: str) -> dict:
    """Run one command; its CPU seconds and peak memory in MB."""
    command = [sys.executable, "-m", "carryover", *arguments]
    process = subprocess.Popen(command, env={**os.environ, "OMP_NUM_THREADS": "1"})
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0
    return {
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 2),
        "peak_memory_mb": round(usage.ru_maxrss / 1024),
    }


def measure_shards(settings: dict, rows: int) -> None:
    """Make one dataset in one go and in four shards, and print what each command took."""
    from carryover.data.shards import shards
    from carryover.planning.runs import read_dataset

    written = json.dumps({**settings, "rows": {"train": rows}})
    dataset, shard_rows = read_dataset(json.loads(written)), rows // 4
    with tempfile.TemporaryDirectory() as folder:
        whole, cut = Path(folder, "whole"), Path(folder, "cut")
        results = {"in one go": measure_command("generate", written, str(whole))}
        for shard in shards(dataset, shard_rows)["train"]:
            results[f"rows {shard.start}-{shard.stop}"] = measure_command(
                "generate-shard", written, str(cut), "train", str(shard.start), str(shard.stop)
            )
        results["put together"] = measure_command(
            "generate", written, str(cut), "--shard-rows", str(shard_rows)
        )
        for (
            file
        ) in whole.iterdir():  # not read whole: the next process would begin with this one's peak memory
            assert filecmp.cmp(file, cut / file.name, shallow=False)
    for what, measured in results.items():
        print(json.dumps({"dataset": dataset.slug(), "rows": rows, "made": what, **measured}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--shards", action="store_true", help="large datasets, in one go and in shards")
    parser.add_argument("--one", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one is not None:
        print(json.dumps(measure(options.one)))
        return
    if options.shards:
        for settings, rows in LARGE:
            measure_shards(settings, rows)
        return
    distributions = [
        {"kind": "uniform_digits", "digits": 11},
        {"kind": "uniform_digits", "digits": 1000},
        {"kind": "uniform_digits", "digits": 5000},
        {"kind": "uniform_integers", "low": "10^999", "high": "10^1000"},
        {"kind": "uniform_length", "longest": 1000},
    ]
    for distribution in distributions:
        for disjoint in (False, True):
            settings = {
                "task": "digit_sum",
                "distribution": distribution,
                "rows": {"train": options.rows},
                "disjoint": disjoint,
            }
            command = [sys.executable, __file__, "--one", json.dumps(settings)]
            environment = {**os.environ, "OMP_NUM_THREADS": "1"}
            print(
                subprocess.run(
                    command, check=True, capture_output=True, text=True, env=environment
                ).stdout.strip()
            )


if __name__ == "__main__":
    main()
