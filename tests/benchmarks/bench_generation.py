"""Making datasets against writing them: `PYTHONPATH=. python tests/benchmarks/bench_generation.py`.

Each dataset is made by the command that its job runs, without the start of Python. The other side writes the same rows,
which are in memory already, to Parquet by the same compression: what making them could not be faster than.

A large dataset is also made in four shards, each by the command that its job of the workflow runs, start of Python
included; what joining them takes is compared with drawing it in one job.
"""

from __future__ import annotations

import filecmp
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks import cases, sides
from tests.benchmarks.table import Row, main

TURNS = 3
LARGE = 10_000_000  # rows of the dataset that is also made in shards
GRAMMAR = {"kind": "grammar", "operators": "+-", "operands": [3]}
DATASETS: dict[str, dict[str, Any]] = {
    "500,000 sums of 10 digits": {
        "task": "digit_sum",
        "distribution": {"kind": "uniform_digits", "digits": 10},
        "rows": {"train": 500_000},
    },
    "20,000 sums of 1,000 digits": {
        "task": "digit_sum",
        "distribution": {"kind": "uniform_digits", "digits": 1000},
        "rows": {"train": 20_000},
    },
    "1,000,000 expressions of three-number": {
        "task": "expression",
        "distribution": GRAMMAR | {"numbers": {"smallest": 10, "largest": 99}},
        "rows": {"train": 1_000_000},
    },
    "the 2,632,500 expressions of expression-seq2seq": {
        "task": "expression",
        "distribution": {
            **GRAMMAR,
            "operators": "+-*",
            "operands": [2, 3],
            "parentheses": "where_operators_differ",
            "numbers": {"smallest": 0, "largest": 49},
        },
        "draw": "whole",
        "shares": {"train": 0.9, "validation": 0.1},
    },
    "5,000 reviews": {"task": "sentiment", "rows": {"train": 3500, "validation": 500, "test": 1000}},
}


def rows() -> Iterator[Row]:
    """A row for each dataset, and one for shards."""
    for name, settings in DATASETS.items():
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            if settings["task"] == "sentiment":
                settings = settings | {"source": {"kind": "file", "path": cases.reviews(folder, 5000)}}
            given = json.dumps(settings)
            commands = {side: [__file__, "--side", side, given, str(folder)] for side in SIDES}
            spent = sides.take_turns(commands, TURNS)
            count, megabytes = content(folder / "made")
        seconds = {side: median(turns) for side, turns in spent.items()}
        yield Row(
            f"making {name}, share of its time that writing them takes alone",
            1 / sides.ratio(spent["make"], spent["write"]),
            "×",
            f"{count / seconds['make']:,.0f} rows and {megabytes / seconds['make']:,.0f} MB of content a CPU second; "
            f"writing alone {megabytes / seconds['write']:,.0f} MB",
        )
    yield shards_row()


def content(folder: Path) -> tuple[int, float]:
    """How many rows there are, and how many MB they are in memory."""
    import pyarrow.parquet as pq

    tables = [pq.read_table(path) for path in folder.glob("*.parquet")]
    return sum(table.num_rows for table in tables), sum(table.nbytes for table in tables) / 1e6


def make(settings: str, folder: Path) -> Callable[[], object]:
    from carryover.planning.runs import read_dataset
    from carryover.tasks.generate import generate

    dataset = read_dataset(json.loads(settings))
    return lambda: generate(dataset, folder / "made")


def write(settings: str, folder: Path) -> Callable[[], object]:
    import pyarrow.parquet as pq

    tables: dict[str, Any] = {}

    def turn() -> None:
        if not tables:  # the first turn, which does not count: the other side has made the rows
            tables.update({path.name: pq.read_table(path) for path in (folder / "made").glob("*.parquet")})
        (folder / "written").mkdir(exist_ok=True)
        for name, table in tables.items():
            path = folder / "written" / name
            pq.write_table(table, path, compression="zstd", compression_level=1, use_dictionary=False)

    return turn


SIDES: dict[str, Callable[[str, Path], Callable[[], object]]] = {"make": make, "write": write}


def shards_row() -> Row:
    """A large dataset in one job and in four shards, whose files must be the same."""
    from carryover.data.shards import shards
    from carryover.planning.runs import read_dataset

    settings = {"task": "digit_sum", "distribution": {"kind": "uniform_digits", "digits": 3}}
    settings |= {"rows": {"train": LARGE}}
    shard_rows = LARGE // 4
    with tempfile.TemporaryDirectory() as folder:
        whole, cut, file = (Path(folder, name) for name in ("whole", "cut", "settings.json"))
        file.write_text(json.dumps(settings))
        given = str(file)
        once, once_mb = command("generate", given, str(whole))
        each = [
            command("generate-shard", given, str(cut), "train", str(shard.start), str(shard.stop))
            for shard in shards(read_dataset(settings), shard_rows)["train"]
        ]
        joined, joined_mb = command("generate", given, str(cut), "--shard-rows", str(shard_rows))
        for file in whole.iterdir():  # by parts: the next process would begin with this one's peak memory
            if not filecmp.cmp(file, cut / file.name, shallow=False):
                raise RuntimeError(f"{file.name} is another file when it is made in shards")
    slowest, most = max(seconds for seconds, _ in each), max(megabytes for _, megabytes in each)
    return Row(
        f"joining {len(each)} shards of {LARGE:,} sums of 3 digits, time against drawing all in one job",
        joined / once,
        "×",
        f"joining {joined:.1f} CPU-s, {joined_mb} MB of memory; one job {once:.1f} CPU-s, {once_mb} MB; "
        f"a shard {slowest:.1f} CPU-s, {most} MB",
        1.0,
        more=False,
    )


def command(*arguments: str) -> tuple[float, int]:
    """Run one of the workflow's commands; its CPU seconds and peak memory in MB."""
    started = [sys.executable, "-m", "carryover", *arguments]
    process = subprocess.Popen(started, env=os.environ | sides.ENVIRONMENT)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"`carryover {arguments[0]}` failed")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024


if __name__ == "__main__":
    if "--side" in sys.argv:
        side, settings, folder = sys.argv[sys.argv.index("--side") + 1 :]
        sides.serve(SIDES[side](settings, Path(folder)))
    else:
        main(rows)
