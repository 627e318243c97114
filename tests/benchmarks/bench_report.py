"""Figures and page of a report of about 300 runs: time, memory, size.

PYTHONPATH=. python tests/benchmarks/bench_report.py [copies]     (a copy of the made-up report has 139 runs)
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from carryover.report.render import render
from tests.report import synthetic


def main(copies: int = 2, cores: int = 2) -> None:
    with tempfile.TemporaryDirectory() as folder:
        report = synthetic.build(Path(folder), copies)
        runs = len(json.loads((report / "plan.json").read_text())["runs"])
        start = time.perf_counter()
        page = render(report, cores=cores)
        wall = time.perf_counter() - start
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        cpu = sum(one.ru_utime + one.ru_stime for one in used)
        figures = len(list((report / "figures").glob("*.svg")))
        print(f"{runs} runs, {figures} figures, page {page.stat().st_size / 1e6:.1f} MB")
        peak = max(one.ru_maxrss for one in used) / 1e3
        print(f"{wall:.1f} s on {cores} cores ({cpu:.1f} s CPU); peak {peak:.0f} MB a process")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
