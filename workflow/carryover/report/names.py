"""Short names of a study's settings, made only of the values in which they differ."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from carryover.analysis.setting_titles import value_text
from carryover.report.titles import UNTITLED, Names

LENGTHS_OF_TRAINING = ("training.steps", "training.epochs")
Shown = Callable[[str, Any], str]


def short_names(
    values: Sequence[Mapping[str, Any]], labels: Sequence[str], swept: Sequence[str], names: Names = UNTITLED
) -> list[str]:
    """A name for each setting, unique within the study.

    values: what each setting sets, by dotted path. labels: what each is called where short names would not be unique.
    swept: the paths that the study varies. A name says the value of each path that varies, without the name of the
    path where the study varies one of parts such as distributions alone. `names`: the titles.
    """
    varied, lengths = _naming_paths(values, swept)
    for known in dict.fromkeys((names.setting, UNTITLED.setting)):
        shown = [
            _name(value, label, varied, len(values) > 1, known)
            + "".join(f", {known(path, value[path])}" for path in lengths if path in value)
            for value, label in zip(values, labels, strict=True)
        ]
        if len(set(shown)) == len(shown):
            return shown
    return list(labels)


def _naming_paths(values: Sequence[Mapping[str, Any]], swept: Sequence[str]) -> tuple[list[str], list[str]]:
    """The paths that a name is made of, and the lengths of training that stand behind it."""
    several = [path for path in swept if _different(values, [path]) > 1]
    varied = [path for path in several if path not in LENGTHS_OF_TRAINING] or several
    # Leave out a path whose value follows from the others, such as the learning rate of each optimizer.
    for path in reversed(varied):
        others = [other for other in varied if other != path]
        if others and _different(values, others) == _different(values, varied):
            varied = others
    # The name always says how long a setting was trained, because a reader must know it.
    return varied, [path for path in several if path not in varied and path in LENGTHS_OF_TRAINING]


def _name(value: Mapping[str, Any], label: str, varied: list[str], several: bool, shown: Shown) -> str:
    set_here = [path for path in varied if path in value]
    if not set_here:
        return ", ".join(shown(path, content) for path, content in value.items()) or "base settings"
    only = set_here[0]
    if len(varied) == 1 and isinstance(value[only], Mapping):
        return value_text(value[only])
    return ", ".join(shown(path, value[path]) for path in set_here)


def _different(values: Sequence[Mapping[str, Any]], paths: list[str]) -> int:
    """How many different combinations of values there are at these paths."""
    return len({tuple(value_text(value.get(path)) for path in paths) for value in values})


def numeric_order(names: Iterable[str]) -> list[int]:
    """The positions of names that differ in one number alone, in the order of that number; of any others as given."""
    names = list(names)
    matches = [re.fullmatch(r"(\D*)(\d[\d,]*(?:\.\d+)?)(\D*)", name) for name in names]
    found = [match for match in matches if match is not None]
    # `1 layer` and `2 layers` differ in the number alone.
    if len(found) < len(names) or len({(match[1], match[3].removesuffix("s")) for match in found}) > 1:
        return list(range(len(names)))
    numbers = [float(match[2].replace(",", "")) for match in found]
    return sorted(range(len(names)), key=numbers.__getitem__)
