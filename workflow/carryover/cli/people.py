"""The commands for people.

Modules are imported inside the commands. PyTorch takes seconds to import, and most commands do not need it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from carryover.cli import garbage
from carryover.cli.arguments import (
    config,
    config_options,
    duration,
    formats,
    merged,
    planned,
    planned_with_gpus,
    positive,
)
from carryover.errors import UserError
from carryover.last_line import tell


def _plan(commands: Any) -> None:
    parser = commands.add_parser(
        "plan", help="print what a config asks for, what is already there, and what it costs"
    )
    config_options(parser)
    parser.add_argument("--json", action="store_true", help="print the whole plan as JSON")

    def command(options: argparse.Namespace) -> None:
        from carryover.manage import inventory, spending

        plan, gpus = planned_with_gpus(options)
        if options.json:
            print(json.dumps(plan.data(), indent=1))
        else:
            print(inventory.describe(plan), spending.describe(plan, gpus), sep="\n\n")

    parser.set_defaults(command=command)


def _status(commands: Any) -> None:
    parser = commands.add_parser(
        "status", help="done, running, failed, and the time left, while a workflow runs or after"
    )
    config_options(parser)

    def command(options: argparse.Namespace) -> None:
        from carryover.manage.status import describe

        print(describe(*planned_with_gpus(options)))

    parser.set_defaults(command=command)


def _prune(commands: Any) -> None:
    parser = commands.add_parser("prune", help="remove results that no config asks for, after asking")
    config_options(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask")

    def command(options: argparse.Namespace) -> None:
        from carryover.manage.prune import prune

        prune(planned(options), ask=not options.yes)

    parser.set_defaults(command=command)


def _report(commands: Any) -> None:
    parser = commands.add_parser("report", help="make tables, figures and page of a config's results")
    config_options(parser)
    parser.add_argument("--partial", action="store_true", help="render what exists and say what is missing")
    parser.add_argument("--study", help="remake the figures of this study alone")
    parser.add_argument("--cores", type=positive, default=1, help="processes that draw figures")
    parser.add_argument(
        "--from",
        dest="reference",
        type=Path,
        metavar="FOLDER",
        help="a report of reference results alone, such as results/reference/full, without any run",
    )

    def command(options: argparse.Namespace) -> None:
        from carryover.analysis.aggregate import aggregate
        from carryover.data.results_folder import mark
        from carryover.report import models
        from carryover.report.parts import check
        from carryover.report.render import render

        garbage.look_rarely()
        if options.reference is not None:
            from carryover.manage.from_reference import lay_out

            if options.partial:
                raise UserError(
                    "--partial: a report of reference results is always of what is there; leave it out"
                )
            folder = lay_out(options.reference, Path(config(options).root.results))
            models.copy(options.reference, folder)
            print(render(folder, study=options.study, cores=options.cores))
            check(folder, "above")
            return
        plan = planned(options, writes=True)
        names = [study.name for study in plan.studies]
        if options.study is not None and options.study not in names:
            raise UserError(
                f"--study {options.study}: this config has no such study; it has {', '.join(names)}"
            )
        folder = plan.report_folder
        mark(Path(plan.results))
        plan.write(folder / "plan.json")
        results = Path(plan.results)
        missing = aggregate(folder / "plan.json", results, folder / "tables", partial=options.partial)
        if missing:
            tell(_how_much_is_missing(missing, len(plan.runs)))
        print(render(folder, study=options.study, cores=options.cores))
        check(folder, "above")

    parser.set_defaults(command=command)


def _how_much_is_missing(missing: Sequence[Mapping[str, str]], planned_runs: int) -> str:
    if sum(row["file"] == "run.json" for row in missing) == planned_runs:
        return "no run has results, so the page shows what is planned; run the workflow (`make report`) first"
    count = f"{len(missing)} files are" if len(missing) > 1 else "1 file is"
    return f"{count} missing or damaged; the page lists them"


def _export(commands: Any) -> None:
    parser = commands.add_parser(
        "export", help="write a report's figures in other formats, or its pages as one file"
    )
    parser.add_argument("report", type=Path, help="folder of a report, such as results/reports/quick")
    parser.add_argument("--figures", type=formats, default=(), metavar="FORMATS", help="pdf, png, or pdf,png")
    parser.add_argument("--single", action="store_true", help="all pages in one HTML file, to be mailed")
    parser.add_argument("--study", help="the figures of this study alone")
    parser.add_argument("--cores", type=positive, default=1, help="processes that draw figures")

    def command(options: argparse.Namespace) -> None:
        from carryover.report.export import export_figures, export_single

        if not options.figures and not options.single:
            raise UserError("export: nothing to write; give --figures pdf,png or --single, or both")
        if options.study is not None and not options.figures:
            raise UserError("--study: it chooses among figures; give --figures pdf,png with it")
        if options.single:
            print(export_single(options.report))
        if options.figures:
            for path in export_figures(options.report, options.figures, options.study, options.cores):
                print(path)

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
    parser.add_argument("--digits", type=positive, default=10, help="digits of each number (default 10)")
    parser.add_argument(
        "--cell", choices=("rnn", "lstm", "gru"), default="rnn", help="recurrent cell (default rnn)"
    )
    parser.add_argument("--lr", type=float, default=1e-3, help="learning rate of Adam (default 1e-3)")
    parser.add_argument("--layers", type=positive, default=3, help="recurrent layers (default 3)")
    parser.add_argument(
        "--steps", type=positive, default=1000, help="batches, each of fresh numbers (default 1000)"
    )
    parser.add_argument("--batch", type=positive, default=200, help="pairs in a batch (default 200)")
    parser.add_argument("--test-batch", type=positive, default=200, help="pairs in the test (default 200)")
    parser.add_argument("--hidden", type=positive, default=64, help="hidden size (default 64)")
    parser.add_argument(
        "--embedding", type=positive, default=32, help="embedding size of a digit (default 32)"
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
    parser.add_argument("b", type=Path, help="folder of tables, such as results/reference/full")

    def command(options: argparse.Namespace) -> None:
        from carryover.analysis.compare import compare

        print(compare(options.a, options.b))

    parser.set_defaults(command=command)


def _decide(commands: Any) -> None:
    parser = commands.add_parser(
        "decide", help="what would decide the claims that are open: how many seeds, at what cost"
    )
    config_options(parser)
    parser.add_argument(
        "--from",
        dest="reference",
        type=Path,
        metavar="FOLDER",
        help="reference results, such as results/reference/full (default: the last report of the config)",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--budget",
        type=duration,
        metavar="TIME",
        help="core time to spend, such as 6h, 90m or 1h30m: choose what decides the most, and write an overlay",
    )
    what.add_argument(
        "--claim",
        action="append",
        default=[],
        metavar="STUDY/ID",
        help="write an overlay that decides this claim or published number; may be repeated",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("decide.yaml"),
        metavar="FILE",
        help="the overlay (default: decide.yaml)",
    )
    parser.add_argument("--force", action="store_true", help="replace the overlay that is there")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")

    def command(options: argparse.Namespace) -> None:
        from carryover.manage import decide, decide_words, overlay

        writes = options.budget is not None or bool(options.claim)
        if writes:
            overlay.refuse(options.out, options.force)
        asking, found = decide.question(merged(options), options.reference), None
        if options.budget is not None:
            found = decide.within(asking, options.budget)
        elif options.claim:
            found = decide.of_claims(asking, options.claim)
        if found is not None:
            overlay.write(options.out, found.keys, decide_words.comment(asking, found))
        if options.json:
            print(json.dumps(decide_words.data(asking, found, options.configfile), indent=1))
        elif found is not None:
            print(decide_words.proposed(asking, found, options.out, options.configfile, options.budget))
        else:
            print(decide_words.listed(asking, options.configfile))

    parser.set_defaults(command=command)


def _reference(commands: Any) -> None:
    parser = commands.add_parser("reference", help="merge a report's tables into committed reference results")
    parser.add_argument("tables", type=Path, help="folder of tables, such as results/reports/full/tables")
    parser.add_argument(
        "reference",
        type=Path,
        help="folder that they join, such as results/reference/full; its own tables are made again",
    )

    def command(options: argparse.Namespace) -> None:
        from carryover.analysis.reference import merge
        from carryover.report.models import keep

        print(merge(options.tables, options.reference))
        for run in keep(options.tables.resolve().parent, options.reference):
            print(f"{options.reference}: the model of {run}, to play with")

    parser.set_defaults(command=command)


def _findings(commands: Any) -> None:
    parser = commands.add_parser("findings", help="print what reference results have found, as Markdown")
    parser.add_argument("folder", type=Path, help="folder of tables, such as results/reference/full")
    parser.add_argument(
        "--readme",
        type=Path,
        metavar="FILE",
        help="also bring the most surprising findings in this file up to date",
    )

    def command(options: argparse.Namespace) -> None:
        from carryover.report import findings

        report = findings.read(options.folder)
        text = findings.text(report, str(options.folder))
        if options.readme is not None:
            findings.write_readme(report, options.readme)
        print(text, end="")

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


COMMANDS = (
    _plan,
    _status,
    _prune,
    _report,
    _export,
    _ask,
    _play,
    _train,
    _compare,
    _decide,
    _reference,
    _findings,
    _schema,
)
