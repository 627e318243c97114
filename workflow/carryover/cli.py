"""The command line: one sub-command a rule of the workflow, and those for people. It parses arguments, nothing else.

Modules are imported inside the commands: most of them need no PyTorch, which takes seconds to import.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from carryover import __version__
from carryover.errors import UserError
from carryover.last_line import in_one_line, print_anything, tell


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command; exit code 2 and one line a mistake where the user can mend it."""
    print_anything()
    terminal = None
    try:
        parsed = _parser().parse_args(_with_question(sys.argv[1:] if arguments is None else arguments))
        if getattr(parsed, "log", None) is not None:
            from carryover.manage.attempts import log_to

            terminal = log_to(parsed.log)
        code = parsed.command(parsed) or 0
        sys.stdout.flush()
        sys.exit(code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # `carryover plan | head`
        sys.stderr.close()
        sys.exit(1)
    except Exception as error:
        line = in_one_line(error)
        if line is None:
            raise
        # What stopped the machine may have stopped the log too.
        tell(line, None if isinstance(error, UserError) else terminal)
        sys.exit(2)


def _with_question(arguments: Sequence[str]) -> list[str]:
    """The arguments with `--` before the question of `ask`, which may begin with a minus sign."""
    match list(arguments):
        case ["ask", run, question] if question.startswith("-") and question not in ("-h", "--help"):
            return ["ask", run, "--", question]
    return list(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="carryover", description=__doc__.splitlines()[0])
    parser.add_argument("--version", action="version", version=f"carryover {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for add in (_plan, _status, _prune, _report, _ask, _play, _train, _compare, _reference, _schema):
        add(commands)
    for add in (_generate, _generate_shard, _train_run, _evaluate, _aggregate, _render):
        add(commands)
    return parser


# --- commands for people ---


def _plan(commands: Any) -> None:
    parser = commands.add_parser("plan", help="print what a config asks for, and what is already there")
    _config_options(parser)
    parser.add_argument("--json", action="store_true", help="print the whole plan as JSON")

    def command(options: argparse.Namespace) -> None:
        from carryover.manage.inventory import describe

        plan = _planned(options)
        print(json.dumps(plan.data(), indent=1) if options.json else describe(plan))

    parser.set_defaults(command=command)


def _status(commands: Any) -> None:
    parser = commands.add_parser(
        "status", help="done, running, failed and left, while a workflow runs or after"
    )
    _config_options(parser)

    def command(options: argparse.Namespace) -> None:
        from carryover.manage.status import describe

        print(describe(_planned(options)))

    parser.set_defaults(command=command)


def _prune(commands: Any) -> None:
    parser = commands.add_parser("prune", help="remove results that no config asks for, after asking")
    _config_options(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask")

    def command(options: argparse.Namespace) -> None:
        from carryover.manage.prune import prune

        prune(_planned(options), ask=not options.yes)

    parser.set_defaults(command=command)


def _report(commands: Any) -> None:
    parser = commands.add_parser("report", help="make tables, figures and page of a config's results")
    _config_options(parser)
    parser.add_argument("--partial", action="store_true", help="render what exists and say what is missing")
    parser.add_argument("--study", help="remake the figures of this study alone")
    parser.add_argument("--cores", type=_positive, default=1, help="processes that draw figures")

    def command(options: argparse.Namespace) -> None:
        from carryover.analysis.aggregate import aggregate
        from carryover.data.results_folder import mark
        from carryover.report.render import render

        plan = _planned(options, writes=True)
        names = [study.name for study in plan.studies]
        if options.study is not None and options.study not in names:
            raise UserError(
                f"--study {options.study}: this config has no such study; it has {', '.join(names)}"
            )
        folder = plan.report_folder
        mark(Path(plan.results))
        plan.write(folder / "plan.json")
        aggregate(folder / "plan.json", Path(plan.results), folder / "tables", partial=options.partial)
        print(render(folder, study=options.study, cores=options.cores))

    parser.set_defaults(command=command)


def _ask(commands: Any) -> None:
    parser = commands.add_parser("ask", help="answer a question with a trained checkpoint")
    parser.add_argument("run", type=Path, help="folder of a run, such as results/runs/…")
    parser.add_argument("question", help="such as 123+456, 12+34-5 or a review, as the run's task reads them")

    def command(options: argparse.Namespace) -> None:
        from carryover.manage.ask import ask

        print(ask(options.run, options.question))

    parser.set_defaults(command=command)


def _play(commands: Any) -> None:
    parser = commands.add_parser("play", help="write a page on which trained models answer questions")
    parser.add_argument(
        "runs", type=Path, nargs="+", metavar="RUN", help="folder of a run of adders or expressions"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("play.html"), metavar="FILE", help="default: play.html"
    )

    def command(options: argparse.Namespace) -> None:
        from carryover.report.play import play

        print(play(options.runs, options.out))

    parser.set_defaults(command=command)


def _train(commands: Any) -> None:
    parser = commands.add_parser("train", help="train an adder by hand, without writing YAML")
    parser.add_argument("--digits", type=_positive, default=10, help="digits of each number (default 10)")
    parser.add_argument(
        "--cell", choices=("rnn", "lstm", "gru"), default="rnn", help="recurrent cell (default rnn)"
    )
    parser.add_argument("--lr", type=float, default=1e-3, help="learning rate of Adam (default 1e-3)")
    parser.add_argument("--layers", type=_positive, default=3, help="recurrent layers (default 3)")
    parser.add_argument(
        "--steps", type=_positive, default=1000, help="batches, each of fresh numbers (default 1000)"
    )
    parser.add_argument("--batch", type=_positive, default=200, help="pairs in a batch (default 200)")
    parser.add_argument("--test-batch", type=_positive, default=200, help="pairs in the test (default 200)")
    parser.add_argument("--hidden", type=_positive, default=64, help="hidden size (default 64)")
    parser.add_argument(
        "--embedding", type=_positive, default=32, help="embedding size of a digit (default 32)"
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="seed of data order and initialisation (default 0)"
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument(
        "--results", type=Path, default=Path("results"), help="where results land (default results)"
    )

    def command(options: argparse.Namespace) -> None:
        from carryover.manage.by_hand import train_adder

        print(train_adder(**{key: value for key, value in vars(options).items() if key != "command"}))

    parser.set_defaults(command=command)


def _compare(commands: Any) -> None:
    parser = commands.add_parser(
        "compare", help="what changed between two results, beyond what the seeds explain"
    )
    parser.add_argument("a", type=Path, help="folder of tables, such as results/reports/quick/tables")
    parser.add_argument("b", type=Path, help="folder of tables, such as results/reference/quick")

    def command(options: argparse.Namespace) -> None:
        from carryover.analysis.compare import compare

        print(compare(options.a, options.b))

    parser.set_defaults(command=command)


def _reference(commands: Any) -> None:
    parser = commands.add_parser("reference", help="merge a report's tables into committed reference results")
    parser.add_argument("tables", type=Path, help="folder of tables, such as results/reports/full/tables")
    parser.add_argument("reference", type=Path, help="folder that they join, such as results/reference/full")

    def command(options: argparse.Namespace) -> None:
        from carryover.analysis.reference import merge

        print(merge(options.tables, options.reference))

    parser.set_defaults(command=command)


def _schema(commands: Any) -> None:
    parser = commands.add_parser(
        "schema", help="write what is made from the settings: JSON Schemas and tables of the docs"
    )
    parser.add_argument("folder", type=Path, nargs="?", default=Path("workflow/schemas"))
    parser.add_argument("--readme", type=Path, default=Path("config/README.md"), help="file with the tables")

    def command(options: argparse.Namespace) -> None:
        from carryover.planning.schema import write_schemas
        from carryover.planning.setting_tables import write_tables

        for path in write_schemas(options.folder):
            print(path)
        write_tables(options.readme)
        print(options.readme)

    parser.set_defaults(command=command)


# --- one command a rule ---


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
    parser.add_argument("--places", type=_json, default={}, help="where the files that it reads lie, as JSON")
    parser.add_argument(
        "--shard-rows",
        type=_positive,
        help="put splits with more rows together from shards of so many rows (rounded up to a multiple of 65,536), "
        "which generate-shard left in the folder",
    )

    def command(options: argparse.Namespace) -> None:
        from carryover.planning.runs import read_dataset
        from carryover.planning.sources import placed
        from carryover.tasks.generate import generate

        dataset = read_dataset(placed(_content(options.settings), options.places))
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
        generate_shard(read_dataset(_content(options.settings)), options.folder, options.split, rows)

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
    parser.add_argument("--jobs-per-gpu", type=_positive, default=1)
    parser.add_argument(
        "--code", default="", help="fingerprint of the code; saved state of other code is discarded"
    )
    parser.add_argument(
        "--save-seconds",
        type=_seconds,
        default=os.environ.get("CARRYOVER_SAVE_SECONDS", "30"),
        help="how often an unfinished training is saved (default: $CARRYOVER_SAVE_SECONDS, or 30)",
    )

    def command(options: argparse.Namespace) -> None:
        from carryover.planning.runs import read_run
        from carryover.training.device import claim

        run = read_run(_content(options.settings))
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

        splits = [
            {**split, "dataset_dir": options.datasets / split["dataset"]}
            for split in _content(options.splits)
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

        path = options.report / "plan.json"
        aggregate(path, Path(Plan.read(path).results), options.report / "tables", partial=options.partial)

    parser.set_defaults(command=command)


def _render(commands: Any) -> None:
    parser = _rule(commands, "render", "draw the figures and write the page")
    parser.add_argument("report", type=Path, help="folder of the report, with plan.json and tables")
    parser.add_argument("--study", help="remake the figures of this study alone")
    parser.add_argument("--cores", type=_positive, default=1, help="processes that draw figures")

    def command(options: argparse.Namespace) -> None:
        from carryover.report.render import render

        print(render(options.report, study=options.study, cores=options.cores))

    parser.set_defaults(command=command)


# --- arguments ---


def _config_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--configfile",
        type=Path,
        nargs="+",
        action="extend",
        default=[],
        metavar="FILE",
        help="overlays on config/config.yaml, as for Snakemake (config/full.yaml)",
    )
    parser.add_argument(
        "--config",
        nargs="+",
        action="extend",
        default=[],
        metavar="KEY=VALUE",
        help="keys of config.yaml to set, as for Snakemake",
    )


def _planned(options: argparse.Namespace, writes: bool = False) -> Any:
    from carryover.planning import overrides
    from carryover.planning.expand import make_plan
    from carryover.planning.load import load, read_root
    from carryover.planning.shipped import config_file

    merged = read_root([config_file(), *options.configfile])
    return make_plan(load(merged | overrides.settle(overrides.parse(options.config)), writes=writes))


def _positive(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return value


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return value


def _content(path: Path) -> Any:
    """The data of a JSON file, or of standard input for `-`: settings may be too large for an argument."""
    from carryover.data.files import read_json

    if str(path) != "-":
        return read_json(path)
    try:
        return json.load(sys.stdin)
    except (ValueError, RecursionError) as error:
        raise UserError(f"standard input: not JSON ({error})") from None


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise argparse.ArgumentTypeError(f"not JSON: {error}") from None
