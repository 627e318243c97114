"""Where in the settings an error lies, in the keys that the user wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from carryover.settings.annotations import inside, is_model
from carryover.settings.base import DISCRIMINATORS, Settings


@dataclass(frozen=True)
class Location:
    """One place in a file.

    `keys` lead to it. An entry of a list is named by its `id`, or without one by its number from 0. `owner` is the
    model that the last key belongs to. `siblings` are the models that the value of `kind` or `task` has excluded. If
    the settings allow several types (such as a number or a list), `union` is the number of keys that lead to them, and
    `alternative` says which type was tried.
    """

    keys: tuple[str, ...]
    owner: type[BaseModel] | None = None
    siblings: tuple[tuple[str, type[BaseModel]], ...] = ()
    union: int | None = None
    alternative: str | None = None


def locate(model: type[Settings], raw: Sequence[int | str], data: Any = None) -> Location:
    """The location that pydantic calls `raw`, in a value of `model`. `data` is that value as the user wrote it.

    Pydantic's location also names the member of each union that it tried, which is no key. Following the annotations
    tells keys and members apart.
    """
    keys: list[str] = []
    types: list[Any] = [model]
    owner: type[BaseModel] | None = None
    siblings: list[tuple[str, type[BaseModel]]] = []
    union: int | None = None
    alternative: str | None = None
    parts = iter([part for part in raw if part != "[key]"])
    for part in parts:
        siblings = []
        if len(types) > 1:
            tagged = by_tag(types)
            if part in tagged:
                types = [tagged.pop(str(part))]
                siblings = list(tagged.items())
            else:
                union, alternative = len(keys), str(part)
            if (inner := next(parts, None)) is None:
                break
            part = inner
        owner = next((one for one in types if is_model(one)), None)
        types = next((allowed for one in types if (allowed := inside(one, part))), [])
        data = _entry(data, part)
        keys.append(_name(part, data))
    return Location(tuple(keys), owner, tuple(siblings), union, alternative)


def by_tag(types: list[Any]) -> dict[str, type[BaseModel]]:
    """The models of a union by the text of `kind` or `task` that chooses each; empty where nothing does."""
    return {
        tag: model
        for model in types
        if is_model(model)
        for name in DISCRIMINATORS
        if name in model.model_fields and get_origin(model.model_fields[name].annotation) is Literal
        for tag in get_args(model.model_fields[name].annotation)
    }


def _entry(data: Any, part: int | str) -> Any:
    try:
        return data[part]
    except (KeyError, IndexError, TypeError):
        return None


def _name(part: int | str, value: Any) -> str:
    if isinstance(part, int) and isinstance(value, dict) and isinstance(value.get("id"), str):
        return value["id"]
    return str(part)
