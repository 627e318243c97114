"""The command line. It parses arguments, nothing else."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from carryover import __version__
from carryover.cli import people, rules
from carryover.errors import UserError
from carryover.last_line import in_one_line, print_anything, tell

PURPOSE = "What recurrent networks learn from one data distribution, and what of it carries over to another."


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command. For mistakes that the user can correct: one line each, and exit code 2."""
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
        # A fault of the machine, such as a full disk, may also keep the line out of the log: tell the terminal too.
        tell(line, None if isinstance(error, UserError) else terminal)
        sys.exit(2)


def _with_question(arguments: Sequence[str]) -> list[str]:
    """The arguments with `--` before the question of `ask`, which may begin with a minus sign."""
    match list(arguments):
        case ["ask", run, question] if question.startswith("-") and question not in ("-h", "--help"):
            return ["ask", run, "--", question]
    return list(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="carryover", description=PURPOSE)
    parser.add_argument("--version", action="version", version=f"carryover {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for add in (*people.COMMANDS, *rules.COMMANDS):
        add(commands)
    return parser
