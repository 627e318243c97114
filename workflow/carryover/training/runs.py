"""A finished run, for evaluation and for notebooks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import init
from torch.overrides import TorchFunctionMode

from carryover.data.stored import RunFile
from carryover.errors import UserError
from carryover.models import build
from carryover.models.architecture import Architecture
from carryover.planning.runs import RunSettings
from carryover.tasks.encoded import Sizes
from carryover.training.trained import Trained, read

# What fills weights at random, in PyTorch's layers and in the initialisations of our own.
DRAWS = frozenset({Tensor.normal_, Tensor.uniform_, init.normal_, init.uniform_, init.kaiming_uniform_})


@dataclass(frozen=True)
class Run(Trained):
    """A trained run with its `model` in evaluation mode."""

    model: Architecture


def load_run(path: str | Path, device: str | torch.device = "cpu") -> Run:
    """The run in a folder such as `results/runs/…`, its model on `device`.

    Raises UserError where the folder is no finished run, or its checkpoint is not the one that training wrote.
    """
    run = read(path)
    tensors = {name: torch.from_numpy(array) for name, array in run.weights.items()}
    model = _built(run.folder / "run.json", run.settings, run.sizes, tensors)
    model.load_state_dict(tensors)
    return Run(run.folder, run.settings, run.info, run.sizes, model.eval().to(device))


def _built(path: Path, settings: RunSettings, sizes: Sizes, tensors: dict[str, Tensor]) -> Architecture:
    """The model that run.json (`path`) describes. Raises UserError where these tensors do not fit it.

    Whether they fit is asked of a model without memory: run.json may be damaged and name enormous sizes.
    """
    try:
        with torch.device("meta"), _Unfilled():
            described = build(settings.model, sizes).state_dict()
    except (AssertionError, IndexError, RuntimeError, TypeError, ValueError) as error:
        raise UserError(f"{path}: describes no model ({error}); {RunFile.again}") from None
    if _shapes(described) != _shapes(tensors):
        raise UserError(f"{path}: describes another model than model.safetensors holds; {RunFile.again}")
    return build(settings.model, sizes)


class _Unfilled(TorchFunctionMode):
    """Nothing is drawn at random: without memory, a draw imports PyTorch's compiler, which takes a second."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        named = kwargs or {}
        if func in DRAWS:
            return args[0] if args else named["tensor"]
        return func(*args, **named)


def _shapes(tensors: dict[str, Tensor]) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in tensors.items()}
