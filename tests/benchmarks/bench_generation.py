"""Speed and peak memory of making digit sums: `PYTHONPATH=workflow python tests/benchmarks/bench_generation.py`.

Each dataset is made in a process of its own, so that its peak memory is its own. MB of digits are those of both
operands; the sums come on top. Targets: at least 40 MB/s a core, and under 600 MB at 1,000 and at 5,000 digits.
"""

from __future__ import annotations

import argparse
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
    from carryover import tasks
    from carryover.config.digit_sum import DigitSumDataset

    dataset = DigitSumDataset.read(settings)
    with tempfile.TemporaryDirectory() as folder:
        wall, start = time.perf_counter(), time.process_time()
        tasks.generate(dataset, Path(folder))
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--one", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one is not None:
        print(json.dumps(measure(options.one)))
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
