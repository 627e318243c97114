"""Messages about mistakes in settings, one line each: the key, its value, and what would be right."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, NamedTuple

from pydantic import ValidationError

from carryover.planning.fields import Location, locate
from carryover.settings.base import Settings

# What would be accepted, for each of pydantic's errors about a wrong type.
WANTED = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text",
    "tuple_type": "a list",
    "dict_type": "a mapping of keys",
    "model_type": "a mapping of keys",
}


UNKNOWN = "unknown key"
MISSING = "missing; this key is needed"


class Mistake(NamedTuple):
    """What is wrong with one setting, and what would be right."""

    keys: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return f"{'.'.join(self.keys)}: {self.text}" if self.keys else self.text


def mistakes(error: ValidationError, model: type[Settings], data: Any = None) -> list[Mistake]:
    """The mistakes of a pydantic error, each once.

    `data` is the value that was validated. With it, entries of lists are named by their id.
    """
    located = [(locate(model, item["loc"], data), dict(item)) for item in _causes(error)]
    located = _without_other_types(located)
    told: dict[Mistake, None] = {}
    for union, group in groupby(located, key=lambda pair: _union_of(pair[0])):
        items = list(group)
        told |= dict.fromkeys(map(_mistake, items) if union is None else _of_union(union, items))
    return [mistake for mistake in told if not _is_misspelt(mistake, told)]


def _is_misspelt(mistake: Mistake, told: Iterable[Mistake]) -> bool:
    """Whether a key is missing because it stands there misspelt, which is told too."""
    if mistake.text != MISSING:
        return False
    *parents, key = mistake.keys
    meant = f"{UNKNOWN}; did you mean {key!r}?"
    return any(other.text == meant and list(other.keys[:-1]) == parents for other in told)


def _causes(error: ValidationError) -> list[Any]:
    """The errors without what follows from others: pydantic counts no entry that has a mistake of its own."""
    errors = error.errors()
    inside = {item["loc"][:depth] for item in errors for depth in range(len(item["loc"]))}
    return [item for item in errors if item["type"] != "too_short" or item["loc"] not in inside]


def describe(error: ValidationError, model: type[Settings], data: Any = None) -> list[str]:
    """As `mistakes`, each as `key: what is wrong and what would be right`."""
    return [str(mistake) for mistake in mistakes(error, model, data)]


def _without_other_types(
    located: list[tuple[Location, dict[str, Any]]],
) -> list[tuple[Location, dict[str, Any]]]:
    """The errors without "has another type" of a value that has one of its allowed types, with a mistake inside it."""
    inside = {location.keys[:depth] for location, _ in located for depth in range(len(location.keys))}
    return [
        (location, item)
        for location, item in located
        if location.union != len(location.keys) or item["type"] not in WANTED or location.keys not in inside
    ]


def _union_of(location: Location) -> tuple[str, ...] | None:
    return None if location.union is None else location.keys[: location.union]


def _of_union(union: tuple[str, ...], items: list[tuple[Location, dict[str, Any]]]) -> Iterator[Mistake]:
    """The mistakes of a value that may have several types: those of its own type, or one if it has none of them."""
    of_no_type = {
        location.alternative
        for location, item in items
        if item["type"] in WANTED and len(location.keys) == len(union)
    }
    meant = next((loc.alternative for loc, _ in items if loc.alternative not in of_no_type), None)
    if meant is not None:
        yield from (_mistake(pair) for pair in items if pair[0].alternative == meant)
    else:
        wanted = dict.fromkeys(WANTED[item["type"]] for _, item in items)
        yield Mistake(union, f"should be {' or '.join(wanted)}, not {shown(items[0][1]['input'])}")


def _mistake(located: tuple[Location, dict[str, Any]]) -> Mistake:
    location, item = located
    return Mistake(location.keys, _text(location, item))


def _text(location: Location, item: dict[str, Any]) -> str:
    value, context = item.get("input"), item.get("ctx", {})
    match item["type"]:
        case "extra_forbidden":
            return _unknown_key(location)
        case "missing":
            return "missing; the list is too short" if isinstance(item["loc"][-1], int) else MISSING
        case "union_tag_not_found":
            return f"the key {context['discriminator']} is missing, which says what kind this is"
        case "union_tag_invalid":
            key, tag = context["discriminator"].strip("'"), context["tag"]
            return f"{key} {not_one_of(tag, _names(context['expected_tags']))}"
        case "literal_error" | "enum":
            return not_one_of(value, _names(context["expected"].replace(" or ", ", ")))
        case "value_error":
            return str(context["error"])
        case "int_type" | "float_type" if isinstance(value, str):
            return f"{value!r} is text, not a number{_as_number(value)}"
        case "string_type" if isinstance(value, bool):
            return f"should be text, not {shown(value)}; YAML takes yes, no, on and off for true and false: use quotes"
        case "string_type" if isinstance(value, int | float):
            return f"should be text, not the number {shown(value)}; put it in quotes"
        case "tuple_type" if isinstance(value, str | int | float):
            in_brackets = f"; write it in brackets, as [{value}]" if len(str(value)) < 40 else ""
            return f"should be a list, not {shown(value)}{in_brackets}"
        case wanted if wanted in WANTED:
            return f"should be {WANTED[wanted]}, not {shown(value)}"
        case "too_short" | "string_too_short" if isinstance(value, str):
            return "is empty; write some text"
        case "too_short":
            return f"should have at least {_count(context['min_length'], 'entry', 'entries')}, not {shown(value)}"
        case "too_long" | "string_too_long" if isinstance(value, str):
            return f"has {len(value):,} characters; it may have {context['max_length']:,}"
        case "too_long":
            return f"has more than {_count(context['max_length'], 'entry', 'entries')}; give fewer"
        case "string_pattern_mismatch":
            return f"{shown(value)} has not the form {context['pattern']}"
        case "finite_number":
            return f"{value} is not a finite number"
        case _:
            message = item["msg"].removeprefix("Input ")
            return f"{message[0].lower()}{message[1:]}, not {shown(value)}"


def _unknown_key(location: Location) -> str:
    key = location.keys[-1]
    having = [tag for tag, model in location.siblings if key in model.model_fields]
    if having:
        return f"only {' or '.join(having)} has this key; leave it out"
    return UNKNOWN + nearest(key, location.owner.model_fields if location.owner else ())


def _names(choices: str) -> list[str]:
    return [choice.strip("' ") for choice in choices.split(",")]


def not_one_of(value: Any, names: Iterable[str]) -> str:
    """The message that a value is none of these names, with the most similar one."""
    names = list(names)
    close = difflib.get_close_matches(str(value), [name for name in names if name != value], n=1)
    return f"{shown(value)} is not one of {', '.join(names)}" + (
        f"; did you mean {close[0]!r}?" if close else ""
    )


def _as_number(text: str) -> str:
    """How to write a text that was meant as a number."""
    try:
        value = float(text)
    except ValueError:
        return ""
    if not math.isfinite(value):
        return ""
    if "e" in text.lower():
        return f"; YAML reads {text} as text: write {_with_point(text)} or {value:.12g}"
    return "; leave out the quotes"


def _with_point(text: str) -> str:
    """A number with an exponent as YAML 1.1 wants it: with a point and a sign, such as 1.0e-3."""
    mantissa, _, exponent = text.strip().lower().partition("e")
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}e{exponent if exponent[0] in '+-' else '+' + exponent}"


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def nearest(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?`, or all names if none is similar. Never suggests the name itself."""
    names = sorted(set(known) - {name})
    close = difflib.get_close_matches(str(name), names, n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; there are {', '.join(names[:12])}{' …' if len(names) > 12 else ''}" if names else ""


def shown(value: Any) -> str:
    """A value as YAML has it, cut where it is long."""
    text = repr(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "…"
