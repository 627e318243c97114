"""The commands of the workflow: one command for each rule.

Modules are imported inside the commands. PyTorch takes seconds to import, and some commands do not need it.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from carryover.cli import garbage
from carryover.cli.arguments import content, json_value, positive, seconds


def _rule(commands: Any, name: str, does: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=f"{does} (a rule of the workflow)")
    parser.add_argument("--log", type=Path, help="file for all that the job prints (default: the terminal)")
    return parser


def _generate(commands: Any) -> None:
    parser = _rule(commands, "generate", "make one dataset")
    parser.add_argument(
        "settings", type=Path, help="JSON file of the dataset's settings, or - for standard input"
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--data", type=Path, default=Path("data"), help="where fetched sources are kept")
    parser.add_argument(
        "--places", type=json_value, default={}, help="where the files that it reads lie, as JSON"
    )
    parser.add_argument(
        "--shard-rows",
        type=positive,
        help="put splits with more rows together from shards of so many rows (rounded up to a multiple of 65,536), "
        "which generate-shard left in the folder",
    )

    def command(options: argparse.Namespace) -> None:
        from carryover.planning.runs import read_dataset
        from carryover.planning.sources import placed
        from carryover.tasks.generate import generate

        dataset = read_dataset(placed(content(options.settings), options.places))
        generate(dataset, options.folder, options.data, options.shard_rows)

    parser.set_defaults(command=command)


def _generate_shard(commands: Any) -> None:
    parser = _rule(commands, "generate-shard", "make some rows of a dataset's split")
    parser.add_argument(
        "settings", type=Path, help="JSON file of the dataset's settings, or - for standard input"
    )
    parser.add_argument("folder", type=Path, help="folder of the dataset")
    parser.add_argument("split", choices=("train", "validation", "test"))
    parser.add_argument("start", type=int, help="the first row, from 0")
    parser.add_argument("stop", type=int, help="the row after the last one")

    def command(options: argparse.Namespace) -> None:
        from carryover.planning.runs import read_dataset
        from carryover.tasks.generate import generate_shard

        rows = range(options.start, options.stop)
        generate_shard(read_dataset(content(options.settings)), options.folder, options.split, rows)

    parser.set_defaults(command=command)


def _train_run(commands: Any) -> None:
    parser = _rule(commands, "train-run", "train one run")
    parser.add_argument(
        "settings", type=Path, help="JSON file of the run's settings, or - for standard input"
    )
    parser.add_argument("dataset", type=Path, help="folder of the dataset")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--state", type=Path, required=True, help="where an interrupted training is kept")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--jobs-per-gpu", type=positive, default=1)
    parser.add_argument(
        "--code", default="", help="fingerprint of the code; saved state of other code is discarded"
    )
    parser.add_argument(
        "--save-seconds",
        type=seconds,
        default=os.environ.get("CARRYOVER_SAVE_SECONDS", "30"),
        help="how often an unfinished training is saved (default: $CARRYOVER_SAVE_SECONDS, or 30)",
    )

    def command(options: argparse.Namespace) -> None:
        from carryover.planning.runs import read_run
        from carryover.training.device import claim

        run = read_run(content(options.settings))
        with claim(options.device, options.jobs_per_gpu) as device:  # before PyTorch is imported
            from carryover.training.loop import train

            train(
                run,
                options.dataset,
                options.folder,
                options.state,
                device=device,
                fingerprint=options.code,
                save_seconds=options.save_seconds,
            )

    parser.set_defaults(command=command)


def _evaluate(commands: Any) -> None:
    parser = _rule(commands, "evaluate", "evaluate one run on its suites")
    parser.add_argument("run", type=Path, help="folder of the run")
    parser.add_argument(
        "splits",
        type=Path,
        help="JSON file of the splits (suite, split, dataset, dataset_split), or - for standard input",
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--datasets", type=Path, required=True, help="folder of all datasets")
    parser.add_argument(
        "--trained-on", required=True, help="address of the dataset that the run was trained on"
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="cpu")

    def command(options: argparse.Namespace) -> None:
        from carryover.evaluation.evaluate import evaluate
        from carryover.planning.plan import read_splits

        splits = [
            {**split.model_dump(), "dataset_dir": options.datasets / split.dataset}
            for split in read_splits(content(options.splits))
        ]
        evaluate(
            options.run, splits, options.datasets / options.trained_on, options.folder, device=options.device
        )

    parser.set_defaults(command=command)


def _aggregate(commands: Any) -> None:
    parser = _rule(commands, "aggregate", "gather all results into tables")
    parser.add_argument("report", type=Path, help="folder of the report, with plan.json")
    parser.add_argument("--partial", action="store_true", help="take what exists and note what is missing")

    def command(options: argparse.Namespace) -> None:
        from carryover.analysis.aggregate import aggregate
        from carryover.planning.plan import Plan

        garbage.look_rarely()
        path = options.report / "plan.json"
        aggregate(path, Path(Plan.read(path).results), options.report / "tables", partial=options.partial)

    parser.set_defaults(command=command)


def _render(commands: Any) -> None:
    parser = _rule(commands, "render", "draw the figures and write the page")
    parser.add_argument("report", type=Path, help="folder of the report, with plan.json and tables")
    parser.add_argument("--study", help="remake the figures of this study alone")
    parser.add_argument("--cores", type=positive, default=1, help="processes that draw figures")

    def command(options: argparse.Namespace) -> None:
        from carryover.report.render import render

        garbage.look_rarely()
        print(render(options.report, study=options.study, cores=options.cores))

    parser.set_defaults(command=command)


def _check(commands: Any) -> None:
    parser = _rule(commands, "check", "fail where a part of the page could not be made")
    parser.add_argument("report", type=Path, help="folder of the report, with its page")
    parser.add_argument("--tracebacks", type=Path, required=True, help="log of the job that wrote the page")

    def command(options: argparse.Namespace) -> None:
        from carryover.report.parts import check

        check(options.report, f"in {options.tracebacks}")

    parser.set_defaults(command=command)


COMMANDS = (_generate, _generate_shard, _train_run, _evaluate, _aggregate, _render, _check)
