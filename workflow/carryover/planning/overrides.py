"""Values of `--config`, which mean the same to `carryover` and to Snakemake.

Snakemake reads each value before the workflow sees it. It reads numbers and True as such, and everything else as YAML
whose words stay text. `carryover` does the same, and then reads the texts as in a config file.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from carryover.errors import UserError, UserErrors
from carryover.planning.root import Root
from carryover.planning.scalars import resolve, shortened
from carryover.planning.yaml_reader import parse_words

WHERE = "--config"


def parse(items: Sequence[str]) -> dict[str, Any]:
    """KEY=VALUE arguments as Snakemake hands them over. Raises UserErrors with one line a mistake."""
    values: dict[str, Any] = {}
    mistakes = []
    for item in items:
        key, separator, text = item.partition("=")
        try:
            if not separator or not re.fullmatch(r"[A-Za-z_]\w*", key):
                raise UserError(f"{WHERE} {shortened(item)}: write KEY=VALUE, such as seeds=3")
            if key in values:
                raise UserError(f"{WHERE}: {key}: the key occurs twice; keep one")
            values[key] = _word_or_words(key, text)
        except UserError as error:
            mistakes.append(str(error))
    if mistakes:
        raise UserErrors(mistakes)
    return values


def _word_or_words(key: str, text: str) -> Any:
    if not _is_number_to_python(text):
        return parse_words(text, f"{WHERE}: {key}")
    try:
        value = resolve(text)
    except ValueError as error:
        raise UserError(f"{WHERE}: {key}: {error}") from None
    if isinstance(value, str):
        raise UserError(
            f"{WHERE}: {key}: {shortened(text)} is a number to Snakemake; write it with digits alone"
        )
    return value


def _is_number_to_python(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def settle(values: Mapping[str, Any], where: str = WHERE) -> dict[str, Any]:
    """The meaning of the values. Each word is read as in a config file, or as text if only text is valid there.

    `where` is the start of each message. Raises UserErrors with one line for each mistake.
    """
    settled, mistakes = {}, []
    for key, value in values.items():
        try:
            settled[key] = _settled(key, value)
        except ValueError as error:
            mistakes.append(f"{where}: {key}: {error}")
    if mistakes:
        raise UserErrors(mistakes)
    return settled


def _settled(key: str, value: Any) -> Any:
    try:
        read = _read(value)
    except ValueError:
        if not _accepts(key, value):
            raise
        return value
    return read if _accepts(key, read) or not _accepts(key, value) else value


def _read(value: Any) -> Any:
    match value:
        case str():
            return resolve(value)
        case list():
            return [_read(item) for item in value]
        case dict():
            return {key: _read(item) for key, item in value.items()}
        case float() if not math.isfinite(value):
            raise ValueError(f"{value} is not a finite number")
        case _:
            return value


def _accepts(key: str, value: Any) -> bool:
    """Whether the config's key may have that value."""
    try:
        Root.read({"name": "any", key: value})
    except (ValidationError, ValueError):
        return False
    return True
