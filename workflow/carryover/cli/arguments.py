"""Arguments that several commands have: the options that name a config, and the types of values."""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

from carryover.errors import UserError


def config_options(parser: argparse.ArgumentParser) -> None:
    """The options that say which config a command is about."""
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


def config(options: argparse.Namespace, writes: bool = False) -> Any:
    """The config that the options name. `writes`: results will be made. Raises UserErrors."""
    from carryover.planning.load import load

    return load(merged(options), writes=writes)


def merged(options: argparse.Namespace) -> Any:
    """The keys of the config that the options name, not yet checked. Raises UserErrors."""
    from carryover.planning import overrides
    from carryover.planning.root import read_root
    from carryover.planning.shipped import config_file

    files = read_root([config_file(), *options.configfile])
    return files | overrides.settle(overrides.parse(options.config))


def planned(options: argparse.Namespace, writes: bool = False) -> Any:
    """The plan of the config that the options name. `writes`: results will be made. Raises UserErrors."""
    from carryover.planning.expand import make_plan

    return make_plan(config(options, writes))


def planned_with_gpus(options: argparse.Namespace) -> tuple[Any, int]:
    """The plan of the config that the options name, and how many GPUs its trainings may use here."""
    from carryover.planning.expand import make_plan
    from carryover.training.device import local_gpus

    asked = config(options)
    return make_plan(asked), 0 if asked.root.device == "cpu" else local_gpus()


def positive(text: str) -> int:
    """A whole number from 1."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return value


def duration(text: str) -> float:
    """A time such as 6h, 90m or 1h30m, in seconds."""
    match = re.fullmatch(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?", text.strip())
    value = float(match[1] or 0) * 3600 + float(match[2] or 0) * 60 if match else 0.0
    if not 0 < value < 1e9:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write 6h, 90m or 1h30m")
    return value


def formats(text: str) -> list[str]:
    """Formats of figures, separated by commas."""
    names = list(dict.fromkeys(text.split(",")))
    if not {*names} <= {"pdf", "png"}:
        raise argparse.ArgumentTypeError(f"{text!r} is not pdf, png or pdf,png (the page has SVG)")
    return names


def seconds(text: str) -> float:
    """A number of seconds from 0."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return value


def content(path: Path) -> Any:
    """The data of a JSON file, or of standard input for `-`, because settings may be too large for an argument."""
    from carryover.data.files import read_json

    if str(path) != "-":
        return read_json(path)
    try:
        return json.load(sys.stdin)
    except (ValueError, RecursionError) as error:
        raise UserError(f"standard input: not JSON ({error})") from None


def json_value(text: str) -> Any:
    """A value written as JSON."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise argparse.ArgumentTypeError(f"not JSON: {error}") from None
