"""Which keys a settings model has at a dotted path, so that a wrong key can be answered with the nearest."""

from __future__ import annotations

from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from carryover.settings.base import Settings


def known_keys(model: type[Settings], location: list[str]) -> list[str]:
    """The keys at `location` (dotted path as a list) of every model that may stand there."""
    models: list[type[Settings]] = [model]
    for part in location:
        models = [
            inner
            for outer in models
            if part in outer.model_fields
            for inner in _models_in(outer.model_fields[part].annotation)
        ] or models  # an index or a name chosen by the user stays at the same model's values
    return sorted({name for one in models for name in one.model_fields})


def _models_in(annotation: Any) -> list[type[Settings]]:
    """Every settings model inside an annotation: unions, containers and Annotated are looked through."""
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        return [annotation]
    if get_origin(annotation) in (Annotated, Union, UnionType, tuple, list, dict):
        return [model for argument in get_args(annotation) for model in _models_in(argument)]
    return []
