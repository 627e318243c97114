"""Trained models to play with: a run becomes a small JSON, and a page that answers questions with it in the browser."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import pyarrow as pa
from markupsafe import Markup

from carryover.data.files import atomic_path
from carryover.errors import UserError
from carryover.report import play_words
from carryover.report.templating import asset, environment
from carryover.tasks import TASKS
from carryover.tasks.digit_sum.settings import DigitSumDataset
from carryover.tasks.expression.settings import ExpressionDataset
from carryover.training.trained import Trained, read

SCRIPTS = ("networks.js", "questions.js", "pictures.js", "play.js")
KINDS = ("tagger", "classifier", "seq2seq")  # that networks.js knows
MOST_BYTES = 200_000  # of a model that a report's page may hold


def play(folders: Sequence[Path], out: Path) -> Path:
    """Write a page that needs nothing else, on which the runs in these folders answer questions.

    Raises UserError where a folder holds no finished run, or a run that the page cannot show.
    """
    runs = [read(folder) for folder in folders]
    content = _environment().get_template("play_page.html").render(fragment=fragment(runs))
    with atomic_path(out) as path:
        path.write_text(content, encoding="utf-8")
    return out


def fragment(runs: Sequence[Trained], name: str = "play", heading: str = "h2") -> Markup:
    """These runs as a part of a page: HTML with its style, scripts and models.

    Adders share one question, and so do models of expressions. Parts of one page need names of their own. `heading` is
    the element of their titles. Raises UserError as `export`.
    """
    exported = [export(run) for run in runs]
    models = [{**one, "label": label} for one, label in zip(exported, play_words.labels(runs), strict=True)]
    content = (
        _environment()
        .get_template("play.html")
        .render(
            name=name,
            heading=heading,
            adders=[model for model in models if model["task"] == "digit_sum"],
            expressions=[model for model in models if model["task"] == "expression"],
            style=asset("play.css"),
            scripts=[asset(name) for name in SCRIPTS],
        )
    )
    return Markup(content)


def fits(run: Trained) -> bool:
    """Whether the run can be shown, and is small enough for a report's page."""
    return _can_be_shown(run) and len(json.dumps(export(run))) <= MOST_BYTES


def _can_be_shown(run: Trained) -> bool:
    return run.settings.dataset.task in _CODECS and run.settings.model.kind in KINDS


def export(run: Trained) -> dict[str, Any]:
    """A run as plain JSON data: settings, how questions are read and answers written, and all weights.

    Weights are little-endian float32 in base64, one parameter after the other in the order of `shapes`. Raises
    UserError for a run that the page cannot show.
    """
    task = run.settings.dataset.task
    if not _can_be_shown(run):
        raise UserError(
            f"{run.folder}: a page can show a {', '.join(KINDS[:-1])} or {KINDS[-1]} of task "
            f"{' or '.join(_CODECS)}, not a {run.settings.model.kind} of {task}; "
            f"ask this model with: carryover ask {run.folder} QUESTION"
        )
    data = b"".join(values.astype("<f4").tobytes() for values in run.weights.values())
    return {
        "run": run.folder.name,
        "task": task,
        "trained": play_words.trained(run),
        "model": run.settings.model.complete(),
        "codec": _CODECS[task](run),
        "weights": {
            "shapes": [[name, list(values.shape)] for name, values in run.weights.items()],
            "data": base64.b64encode(data).decode(),
        },
    }


# --- how questions are read and answers written ---


def _digits(run: Trained) -> dict[str, Any]:
    """The length that numbers are padded to, and the digits of the longest number in training."""
    assert isinstance(run.settings.dataset, DigitSumDataset)
    return {
        "length": run.sizes.target_length,
        "digits": play_words.longest_operand(run.settings.dataset) or run.sizes.target_length,
    }


def _characters(run: Trained) -> dict[str, Any]:
    """Which symbol a character is read as, and what each class means, as the task itself encodes and decodes.

    known: the characters seen in training. width: what short expressions are padded to. end: the class that ends a
    written answer, and writes: how many classes are written; both for a seq2seq alone.
    """
    task, settings, dataset = TASKS["expression"].data, run.settings, run.settings.dataset
    assert isinstance(dataset, ExpressionDataset)
    everything = "0123456789+-*()"
    row = pa.table([[0], [everything], [0], [""]], schema=task.columns())
    symbols = task.encode(row, settings, run.dataset_folder).inputs[0, :, 0]
    short = pa.table([[0], ["1+1"], [0], [""]], schema=task.columns())
    encoded = task.encode(short, settings, run.dataset_folder)
    classes = np.arange(run.sizes.classes)[:, None]
    codec = {
        "symbols": dict(zip(everything + "=", symbols.tolist(), strict=False)),
        "padding": run.sizes.padding_index,
        "width": encoded.inputs.shape[1],
        "known": "".join(sorted(dataset.characters(), key=everything.index)),
        "answers": task.decode(classes, row.take([0] * len(classes)), settings),
        "questions": play_words.questions(dataset),
    }
    if settings.model.kind == "seq2seq":
        # The row's answer is 0: the digit, and then the end.
        codec |= {"end": int(encoded.targets[0, 1]), "writes": run.sizes.target_length}
    return codec


_CODECS = {"digit_sum": _digits, "expression": _characters}


# --- the page ---


def _for_script(models: Sequence[dict[str, Any]]) -> Markup:
    """Models as JSON that no browser takes for the end of the script around it."""
    return Markup(json.dumps(models, ensure_ascii=False).replace("<", "\\u003c"))


@cache
def _environment() -> jinja2.Environment:
    made = environment()
    made.filters["for_script"] = _for_script
    return made
