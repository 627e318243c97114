"""Kills, damaged files and a full disk, at random: `PYTHONPATH=.:workflow python tests/campaign.py --kills 100`.

A small study is made once without disturbance. Then parts of it are made again, by single jobs and by Snakemake, and
what works is killed at a random moment: a job, Snakemake, the command of a job, the fork that does the job's work, or
the warm parent that forks (`tests/kills.py`). The results must be those of the undisturbed run, byte for byte.

Then files of the finished results are damaged, one at a time: a bit is flipped, or the end is cut off. Whoever reads
the file next must say so, or come to the same results.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from carryover.errors import UserError
from carryover.planning.plan import Plan
from tests.kills import OPTIONS, Kills
from tests.workflow.project import Project, text_of

# The kinds of file, and what reads each of them next.
KINDS = {
    "datasets/*/train.parquet": "train",
    "datasets/*/validation.parquet": "train",
    "datasets/*/dataset.json": "train",
    "datasets/*/test.parquet": "evaluate",
    "runs/*/model.safetensors": "evaluate",
    "runs/*/run.json": "evaluate",
    "runs/*/history.parquet": "aggregate",
    "evaluations/*/metrics.parquet": "aggregate",
    "evaluations/*/examples.parquet": "aggregate",
    "evaluations/*/overlap.parquet": "aggregate",
    "runs/*/cost.json": "aggregate",
    "reports/*/plan.json": "aggregate",
    "reports/*/tables/summary.parquet": "compare",
}


class Campaign:
    """An undisturbed project, and what is done to copies of it; `counts` says what was done and what came of it."""

    def __init__(self, folder: Path, seed: int, steps: int) -> None:
        self.random = random.Random(seed)
        self.counts: Counter[str] = Counter()
        self.folder = folder
        self.quiet = Project(folder / "quiet")

        def lengthen(study: dict[str, Any]) -> None:
            training = study["base"]["training"]
            training |= {"steps": steps, "order": "shuffled", "validate_every": steps // 4}

        self.quiet.edit_study(lengthen)
        start = time.monotonic()
        self.quiet.snakemake(*OPTIONS)
        self.kills = Kills(self.quiet, folder, time.monotonic() - start, self.random, self.counts)

    # --- damage ---

    def damage(self, rounds: int) -> None:
        """Damage a file of each kind so many times, by a flipped bit and by a cut end in turn."""
        results = self.quiet.folder / "results"
        for _ in range(rounds):
            for pattern, reader in KINDS.items():
                for damaged in (self._flip, self._truncate):
                    file = self.random.choice(sorted(results.glob(pattern)))
                    content = file.read_bytes()
                    file.write_bytes(damaged(content))
                    try:
                        outcome = self._read(reader, file)
                    finally:
                        file.write_bytes(content)
                    self.counts["damages"] += 1
                    self.counts[outcome] += 1
                    if outcome in ("not noticed", "traceback"):
                        print(f"{outcome}: {damaged.__name__[1:]} {file.relative_to(results)}", flush=True)

    def _flip(self, content: bytes) -> bytes:
        changed = bytearray(content)
        changed[self.random.randrange(len(changed))] ^= 1 << self.random.randrange(8)
        return bytes(changed)

    def _truncate(self, content: bytes) -> bytes:
        return content[: self.random.randrange(len(content))]

    def _read(self, reader: str, file: Path) -> str:
        """What comes of reading a damaged file; an error may also name what it led to instead."""
        results, here = self.quiet.folder / "results", Path.cwd()
        out = self.folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        os.chdir(self.quiet.folder)
        try:
            return READERS[reader](results, file, out)
        except UserError as error:
            return (
                "noticed"
                if file.parent.name in str(error) or file.name in str(error)
                else "noticed by what it led to"
            )
        except Exception as error:
            print(f"{type(error).__name__}: {error}", flush=True)
            return "traceback"
        finally:
            os.chdir(here)

    # --- a full disk ---

    def fill_disk(self, kilobytes: int) -> None:
        """Let Snakemake run into a full disk, then give it room. Needs root, and a system that lets it mount."""
        results = self.kills.whole.folder / "results"
        shutil.rmtree(results, ignore_errors=True)
        results.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(results)]
        if os.getuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
            self.counts["full disks left out"] += 1
            return
        try:
            self.counts["full disks"] += 1
            said = self.kills.whole.snakemake(*OPTIONS, check=False)
            self.counts["full disks that were named"] += "No space left" in said
            subprocess.run(["mount", "-o", "remount,size=200m", str(results)], check=True)
            assert self.kills.comes_to_its_end(), text_of(self.kills.whole.folder / "snakemake.log")
            self.counts["full disks with equal results"] += self.kills.whole.digests() == self.kills.expected
        finally:
            self.kills.whole.kill_all()
            subprocess.run(["umount", "-l", str(results)], check=True)


def _train(results: Path, file: Path, out: Path) -> str:
    from carryover.training.loop import train

    plan = Plan.read(results / "reports/tiny/plan.json")
    key, planned = next((key, run) for key, run in plan.runs.items() if run.dataset == file.parent.name)
    train(planned.settings, file.parent, out, out / "state", "cpu", log=lambda line: None)
    return _same(results / "runs" / key, out)


def _evaluate(results: Path, file: Path, out: Path) -> str:
    from carryover.evaluation.evaluate import evaluate

    plan = Plan.read(results / "reports/tiny/plan.json")
    name = file.parent.name
    key, planned = next(
        (key, evaluation)
        for key, evaluation in plan.evaluations.items()
        if name in (evaluation.run, plan.runs[evaluation.run].dataset)
    )
    folders = results / "datasets"
    splits = [split.model_dump() | {"dataset_dir": folders / split.dataset} for split in planned.splits]
    evaluate(
        results / "runs" / planned.run, splits, folders / plan.runs[planned.run].dataset, out, device="cpu"
    )
    return _same(results / "evaluations" / key, out)


def _aggregate(results: Path, file: Path, out: Path) -> str:
    from carryover.analysis.aggregate import aggregate

    aggregate(results / "reports/tiny/plan.json", results, out, partial=False)
    return _same(results / "reports/tiny/tables", out)


def _compare(results: Path, file: Path, out: Path) -> str:
    from carryover.analysis.compare import compare

    shutil.copytree(file.parent, out)
    text = compare(file.parent, out)
    return "without effect" if "othing" in text else "not noticed"


READERS: dict[str, Callable[[Path, Path, Path], str]] = {
    "train": _train,
    "evaluate": _evaluate,
    "aggregate": _aggregate,
    "compare": _compare,
}


def _same(expected: Path, made: Path) -> str:
    def digests(folder: Path) -> dict[str, str]:
        return {
            file.name: hashlib.sha256(file.read_bytes()).hexdigest()
            for file in folder.iterdir()
            if file.is_file() and not file.name.startswith(("cost", "."))
        }

    return "without effect" if digests(expected) == digests(made) else "not noticed"


def run(folder: Path, kills: int, rounds: int, disks: int, seed: int, steps: int) -> Counter[str]:
    """One campaign, or what there is of it at Ctrl-C; returns its counts."""
    campaign = Campaign(folder, seed, steps)
    try:
        campaign.kills.kill(kills)
        campaign.damage(rounds)
        for _ in range(disks):
            campaign.fill_disk(campaign.random.choice((60, 120, 240)))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
    finally:
        campaign.kills.close()
    return campaign.counts


def failures(counts: Counter[str]) -> dict[str, int]:
    """What should not have happened, with how often it did."""
    bad = (
        "recoveries with other results",
        "recoveries that failed",
        "half-written files",
        "not noticed",
        "traceback",
    )
    return {name: counts[name] for name in bad if counts[name]}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument(
        "--rounds", type=int, default=5, help="damages of each kind of file, each by two means"
    )
    parser.add_argument("--disks", type=int, default=3, help="full disks")
    parser.add_argument("--steps", type=int, default=3000, help="of each training")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        counts = run(Path(folder), options.kills, options.rounds, options.disks, options.seed, options.steps)
    print(json.dumps(dict(sorted(counts.items())), indent=1))
    sys.exit(bool(failures(counts)))


if __name__ == "__main__":
    main()
