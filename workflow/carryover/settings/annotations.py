"""The types that an annotation allows, as far as settings use them: models, unions, tuples and dicts."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Annotated, Any, TypeGuard, Union, get_args, get_origin

from pydantic import BaseModel


def is_model(annotation: Any) -> TypeGuard[type[BaseModel]]:
    """Whether an annotation is a settings model."""
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def members(annotation: Any) -> list[Any]:
    """The types of a union, or the one type; without constraints, and without None, which stands for "left out"."""
    if get_origin(annotation) is Annotated:
        return members(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [member for argument in get_args(annotation) for member in members(argument)]
    return [] if annotation is NoneType else [annotation]


def inside(annotation: Any, part: int | str) -> list[Any]:
    """The types that may stand at a key, or at a place in a list, of a value of that type."""
    if is_model(annotation):
        field = annotation.model_fields.get(str(part))
        return members(field.annotation) if field is not None else []
    arguments = get_args(annotation)
    if get_origin(annotation) is dict and isinstance(part, str):
        return members(arguments[1])
    if get_origin(annotation) is tuple and isinstance(part, int):
        return members(arguments[0])
    return []


def without_nulls(annotations: list[Any], value: Any) -> Any:
    """Plain data for these types, without the settings that are null: those count as left out."""
    if isinstance(value, list):
        return [
            without_nulls([m for one in annotations for m in inside(one, index)], item)
            for index, item in enumerate(value)
        ]
    if not isinstance(value, dict):
        return value
    settings = {name for one in annotations if is_model(one) for name in one.model_fields}
    return {
        key: without_nulls([m for one in annotations for m in inside(one, key)], item)
        for key, item in value.items()
        if not (item is None and key in settings)
    }
