"""The tables of config/README.md, made from the descriptions of the settings.

Each stands between `<!-- table: NAME -->` and `<!-- end of table -->`; what stands there is replaced.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from carryover.data.files import atomic_path, read_text
from carryover.errors import UserError
from carryover.metrics import METRICS
from carryover.planning.fields import by_tag
from carryover.planning.root import Root
from carryover.planning.titles import Titled
from carryover.settings.annotations import members
from carryover.settings.base import Settings
from carryover.settings.claims import Claim, ClaimBase, Published
from carryover.settings.models import MODELS
from carryover.settings.study import Base, Scale, Study, Suite, SuiteSplit
from carryover.settings.training import Training
from carryover.tasks.datasets import Dataset
from carryover.tasks.digit_sum.distributions import Distribution
from carryover.tasks.expression.grammar import Component, Grammar, Mixture, Numbers
from carryover.tasks.expression.settings import ExpressionDataset
from carryover.tasks.sentiment.file_source import FileSource
from carryover.tasks.sentiment.settings import ArchiveSource, SentimentDataset

MARKED = re.compile(r"(<!-- table: ([a-z-]+) -->\n).*?(<!-- end of table -->)", re.DOTALL)
FILLED_IN = "The plan fills it in"  # how the description of a setting begins that users leave out
Models = Iterable[type[BaseModel]]


def tables() -> dict[str, str]:
    """Every table by its name, as Markdown."""
    datasets = [model for model in members(Dataset) if issubclass(model, Settings)]
    in_all = [name for name in datasets[0].model_fields if all(name in m.model_fields for m in datasets)]
    claims = [model for model in members(Claim) if issubclass(model, Settings)]
    grammars = (Grammar, Mixture, Component)
    return {
        "config": _keys([Root]),
        "tasks": _kinds("task", datasets, with_keys=False),
        "dataset-title": _keys([Titled]),
        "dataset": _keys(datasets, only=[name for name in in_all if name != "task"]),
        "digit-sum-distributions": _kinds("distribution.kind", members(Distribution)),
        "digit-sum-keys": _keys(members(Distribution), leave_out=["kind"]),
        "expression": _keys([ExpressionDataset], leave_out=in_all),
        "expression-distributions": _keys(grammars, leave_out=["kind"]),
        "numbers": _keys([Numbers]),
        "sentiment": _keys([SentimentDataset], leave_out=in_all),
        "sources": _kinds("source.kind", [ArchiveSource, FileSource], with_keys=False),
        "sources-keys": _keys([ArchiveSource, FileSource], leave_out=["kind"]),
        "suite": _keys([Suite]),
        "suite-split": _keys([SuiteSplit]),
        "study": _keys([Study]),
        "base": _keys([Base]),
        "scale": _keys([Scale]),
        "models": _kinds("model.kind", MODELS, with_keys=False),
        "model": _keys(MODELS, leave_out=["kind"]),
        "training": _keys([Training]),
        "published": _keys([Published]),
        "metrics": _metrics(),
        "claim": _keys([ClaimBase]),
        "claims": _kinds("kind", claims, leave_out=ClaimBase.model_fields),
        "claims-keys": _keys(claims, leave_out=["kind", *ClaimBase.model_fields]),
    }


def filled(text: str) -> str:
    """A text with its tables as they should be. Raises UserError for a marker that names no table."""
    known = tables()

    def replace(match: re.Match[str]) -> str:
        if match[2] not in known:
            raise UserError(f"table: no table {match[2]!r}; there are {', '.join(known)}")
        return f"{match[1]}{known[match[2]]}{match[3]}"

    return MARKED.sub(replace, text)


def write_tables(path: Path) -> None:
    """Bring the tables of a file up to date."""
    text = filled(read_text(path))
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


# --- tables ---


def _keys(models: Models, only: Iterable[str] | None = None, leave_out: Iterable[str] = ()) -> str:
    """One row for each key of the models. A key that only some of them have says which."""
    models = list(models)
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for model in models:
        for name, field in model.model_fields.items():
            description = _meaning(field)
            is_shown = name in only if only is not None else name not in leave_out
            if is_shown and not description.startswith(FILLED_IN):
                rows.setdefault((name, description), {})[_label(model)] = _default(field)
    return _table(
        ("key", "default", "meaning"),
        [
            (
                f"`{name}`" + ("" if len(defaults) == len(models) else f" ({', '.join(defaults)})"),
                _one_or_each(defaults),
                description,
            )
            for (name, description), defaults in rows.items()
        ],
    )


def _kinds(key: str, models: Models, leave_out: Iterable[str] = (), with_keys: bool = True) -> str:
    """One row for each model of a union, by the value of the key that chooses it."""
    tag = key.rpartition(".")[2]
    rows = []
    for model in models:
        keys = [
            f"`{name}`"
            for name, field in model.model_fields.items()
            if name not in (tag, *leave_out) and not (field.description or "").startswith(FILLED_IN)
        ]
        shown = (", ".join(keys),) if with_keys else ()
        rows.append((f"`{_label(model)}`", *shown, model.model_fields[tag].description or ""))
    return _table((f"`{key}`", *(("its keys",) if with_keys else ()), "meaning"), rows)


def _metrics() -> str:
    """One row for each metric that a number or a claim may name."""
    return _table(
        ("metric", "what it is", "measured"),
        [
            (
                f"`{metric.name}`",
                f"{metric.label} ({metric.unit})",
                " and ".join(
                    "a whole training" if where in ("training", "time") else where
                    for where in metric.measured
                )
                + _narrowed(
                    metric.readings, 3, {"tags": "taggers", "class": "classifiers", "sequence": "seq2seq"}
                )
                + _narrowed(metric.answers, 2, {"symbols": "answers of symbols", "label": "labels"}),
            )
            for metric in METRICS.values()
        ],
    )


def _narrowed(those: tuple[str, ...], all_of_them: int, names: Mapping[str, str]) -> str:
    return "" if len(those) == all_of_them else f"; of {' and '.join(names[one] for one in those)} alone"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


# --- cells ---


def _label(model: type[BaseModel]) -> str:
    """The value of `kind` or `task` that chooses a model, or its name."""
    return next(iter(by_tag([model])), model.__name__.lower())


def _meaning(field: FieldInfo) -> str:
    """A description. The choices are added if it does not name them itself."""
    description = field.description or ""
    choices = [
        choice for one in members(field.annotation) if get_origin(one) is Literal for choice in get_args(one)
    ]
    if all(f"`{choice}`" in description for choice in choices):
        return description
    return f"{description} One of {', '.join(f'`{choice}`' for choice in choices)}."


def _one_or_each(defaults: Mapping[str, str]) -> str:
    if len(set(defaults.values())) == 1:
        return next(iter(defaults.values()))
    return "; ".join(f"`{label}`: {default}" for label, default in defaults.items())


def _default(field: FieldInfo) -> str:
    """A default as YAML has it."""
    if field.is_required():
        return "needed"
    value: Any = field.default
    if value is None or value in ((), {}, ""):
        return "none"
    if isinstance(value, Settings):
        value = value.canonical()
    return f"`{_yaml(value)}`"


def _yaml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_yaml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_yaml, value))}]"
    if isinstance(value, str):
        return value if re.fullmatch(r"[\w/.*-]+", value) else f"'{value}'"
    return json.dumps(value)
