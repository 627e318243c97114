"""From a study's base and sweep to its settings: every combination of values, each once."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from carryover.settings.canonical import canonical_json
from carryover.settings.study import Block


def combinations(blocks: tuple[Block, ...]) -> list[dict[str, Any]]:
    """The combinations of a sweep in the order written, each once: mappings from dotted path to value.

    Without blocks there is one combination, which changes nothing. `one_at_a_time` does not add the base: to have the
    base, list its own value in the block too.
    """
    distinct: dict[str, dict[str, Any]] = {}
    for block in blocks:
        for values in _combinations_of(block):
            distinct.setdefault(canonical_json(values), values)
    return list(distinct.values()) or [{}]


def selected(
    combinations: list[dict[str, Any]], only: Iterable[Mapping[str, Any]] | None
) -> list[dict[str, Any]]:
    """The combinations that have all the values of one of `only`; all of them without `only`."""
    if only is None:
        return combinations
    wanted = [{(path, canonical_json(value)) for path, value in values.items()} for values in only]
    return [
        values
        for values in combinations
        if any(one <= {(path, canonical_json(value)) for path, value in values.items()} for one in wanted)
    ]


def covering(blocks: tuple[Block, ...]) -> Iterator[dict[str, Any]]:
    """Combinations of a sweep in which each of its values occurs at least once: the first that has it."""
    covered: set[str] = set()
    for number, values in enumerate(combinations(blocks)):
        parts = {canonical_json({path: value}) for path, value in values.items()}
        if number == 0 or not parts <= covered:
            covered |= parts
            yield values


def _combinations_of(block: Block) -> Iterator[dict[str, Any]]:
    if block.grid is not None:
        for values in itertools.product(*block.grid.values()):
            yield dict(zip(block.grid, values, strict=True))
    elif block.points is not None:
        yield from (dict(point) for point in block.points)
    elif block.one_at_a_time is not None:
        for path, values in block.one_at_a_time.items():
            yield from ({path: value} for value in values)


def label(point: Mapping[str, Any]) -> str:
    """A combination as readable text, such as `cell=rnn, lr=0.001`. The base itself is `base`."""
    return ", ".join(f"{path.rsplit('.', 1)[-1]}={_text(value)}" for path, value in point.items()) or "base"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else canonical_json(value)


class UnknownPath(ValueError):
    """A dotted path that leads nowhere."""


def with_values(
    base: Mapping[str, Any], datasets: Mapping[str, Any], *layers: Mapping[str, Any]
) -> dict[str, Any]:
    """`base` with dotted paths set; later layers win, and whole parts are set before their parts.

    A dataset that is a name is replaced by its settings from `datasets`, so that paths can reach into it.
    Raises UnknownPath for a dataset name that is not there, or a path through something that is no mapping.
    """
    values: dict[str, Any] = {}
    for layer in layers:
        values |= layer
    settings = copy.deepcopy(dict(base))
    ordered = sorted(values.items(), key=lambda item: item[0].count("."))
    for path, value in ordered:
        if path == "dataset":
            settings["dataset"] = copy.deepcopy(value)
    if isinstance(settings["dataset"], str):
        if settings["dataset"] not in datasets:
            raise UnknownPath(settings["dataset"])
        settings["dataset"] = copy.deepcopy(datasets[settings["dataset"]])
    for path, value in ordered:
        if path != "dataset":
            _set(settings, path, value)
    return settings


def _set(settings: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    node: Any = settings
    for key in parents:
        if not isinstance(node, dict):
            raise UnknownPath(path)
        node = node.setdefault(key, {})
    if not isinstance(node, dict):
        raise UnknownPath(path)
    node[last] = copy.deepcopy(value)


def flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings as dotted paths to values; lists are values."""
    flattened: dict[str, Any] = {}
    for key, value in settings.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping):
            flattened |= flat(value, f"{path}.")
        else:
            flattened[path] = value
    return flattened


def difference(a: Mapping[str, Any], b: Mapping[str, Any]) -> set[str]:
    """The dotted paths at which two nested settings differ."""
    flat_a, flat_b = flat(a), flat(b)
    missing = object()
    return {
        path
        for path in flat_a.keys() | flat_b.keys()
        if flat_a.get(path, missing) != flat_b.get(path, missing)
    }
