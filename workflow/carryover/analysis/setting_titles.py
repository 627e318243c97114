"""What people call a setting with its value: `8 layers`, `learning rate 0.001`, `left padding`.

A setting that is not listed here is called by its name and its value: `clip norm 5`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

CELLS = {"rnn": "RNN", "lstm": "LSTM", "gru": "GRU"}
OPTIMIZERS = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD", "rmsprop": "RMSprop", "adagrad": "Adagrad"}

# By the last part of a setting's path: what stands for each value of those that have few …
VALUES: dict[str, Mapping[Any, str]] = {
    "cell": CELLS,
    "optimizer": OPTIMIZERS,
    "bidirectional": {True: "both directions", False: "one direction"},
    "readout": {"last_state": "last state read", "both_directions": "last states of both directions read"},
    "padding": {"left": "left padding", "masked": "masked padding"},
    "initialisation": {
        "default": "default initialisation",
        "xavier_orthogonal": "Xavier and orthogonal initialisation",
    },
    "decoder": {"repeat_state": "state repeated", "teacher_forcing": "teacher forcing"},
    "activation": {"none": "no activation", "relu": "ReLU"},
    "loss_on_padding": {True: "padding in the loss", False: "no padding in the loss"},
    "schedule": {
        "constant": "no decay",
        "exponential": "exponential decay",
        "step": "decay in steps",
        "cosine": "cosine decay",
    },
    "stop_words": {
        "unknown": "stop words unknown",
        "dropped": "stop words dropped",
        "kept": "stop words kept",
    },
    "checkpoint": {"final": "final weights", "best": "best weights"},
    "order": {"fresh": "fresh rows", "shuffled": "shuffled rows"},
    "stop_when_solved": {True: "stopped when solved", False: "not stopped when solved"},
    "length": {None: "padding to the longest sum"},
}
# … and how a value stands in words, for one and for all others.
PATTERNS = {
    "steps": ("{} step", "{} steps"),
    "epochs": ("{} epoch", "{} epochs"),
    "layers": ("{} layer", "{} layers"),
    "train": ("{} training row", "{} training rows"),
    "batch": ("batch size {}",) * 2,
    "embedding": ("embedding size {}",) * 2,
    "hidden": ("hidden size {}",) * 2,
    "lr": ("learning rate {}",) * 2,
    "length": ("padding to {} digit", "padding to {} digits"),
    "decay_steps": ("decay every {} step", "decay every {} steps"),
    "validate_every": ("validation every {} step", "validation every {} steps"),
    "max_tokens": ("at most {} token", "at most {} tokens"),
}
# What a setting is called without a value, where its name does not say it.
NAMES = {
    "lr": "learning rate",
    "batch": "batch size",
    "embedding": "embedding size",
    "hidden": "hidden size",
    "eps": "epsilon",
    "validate_every": "steps between validations",
    "length": "padded length",
    "max_tokens": "longest text",
}


def setting_title(path: str, content: Any) -> str:
    """A setting with its value, in words. path: dotted, or its last part alone."""
    name = path.rpartition(".")[2]
    values = VALUES.get(name, {})
    # A list can be no key of a mapping, and `1` is no `True`.
    if isinstance(content, str | bool | None) and content in values:
        return values[content]
    shown = value_text(content)
    if name in PATTERNS and isinstance(content, int | float) and not isinstance(content, bool):
        one, many = PATTERNS[name]
        return (one if content == 1 else many).format(shown)
    return f"{path_name(path)} {shown}"


def path_name(path: str) -> str:
    """A dotted settings path as a column head: the part before the last dot only where the last is not enough."""
    parts = path.split(".")
    if parts[-1] in NAMES:
        return NAMES[parts[-1]]
    if path in ("dataset", "model", "training"):
        return path
    if len(parts) > 2 and parts[0] == "dataset":
        return "dataset " + " ".join(parts[-2:] if parts[1] == "rows" else parts[-1:]).replace("_", " ")
    return parts[-1].replace("_", " ")


def value_text(content: Any) -> str:
    """A settings value as text."""
    if isinstance(content, bool):
        return "yes" if content else "no"
    if content is None:
        return "default"
    if isinstance(content, float):
        # `1e-05` as 0.00001, in the digits that were written.
        return format(Decimal(repr(content)).normalize(), "f") if abs(content) > 1e-7 else f"{content:g}"
    if isinstance(content, int):
        return f"{content:,}"
    if isinstance(content, Mapping):  # such as a distribution: uniform_length (longest 6)
        parts = ", ".join(
            f"{key.replace('_', ' ')} {value_text(part)}" for key, part in content.items() if key != "kind"
        )
        kind = content.get("kind", "").replace("_", " ")
        return f"{kind} ({parts})" if kind and parts else kind or parts
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
