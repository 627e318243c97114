"""A finished run, for evaluation and for notebooks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import init
from torch.overrides import TorchFunctionMode

from carryover.data.stored import CostFile, RunFile
from carryover.data.table_files import Damaged, read_table
from carryover.errors import UserError
from carryover.models import build
from carryover.models.architecture import Architecture
from carryover.planning.runs import RunSettings, dataset_address, read_run
from carryover.tasks.encoded import Sizes
from carryover.training.digest import tensors_digest

if TYPE_CHECKING:
    import pandas as pd


# What fills weights at random, in PyTorch's layers and in the initialisations of our own.
DRAWS = frozenset({Tensor.normal_, Tensor.uniform_, init.normal_, init.uniform_, init.kaiming_uniform_})


@dataclass(frozen=True)
class Run:
    """A trained run: `settings`, what run.json says (`info`), `sizes`, and the `model` in evaluation mode."""

    folder: Path
    settings: RunSettings
    info: dict[str, Any]
    sizes: Sizes
    model: Architecture

    @cached_property
    def history(self) -> pd.DataFrame:
        """Learning curves: step, epoch, examples, split, metric, value."""
        path = self.folder / "history.parquet"
        try:
            return read_table(path).to_pandas()
        except (FileNotFoundError, Damaged) as error:
            raise UserError(f"{path}: {error}; {RunFile.again}") from None

    @property
    def dataset_folder(self) -> Path:
        """The folder of the dataset that the run was trained on."""
        return self.folder.parent.parent / "datasets" / dataset_address(self.settings.dataset)

    @cached_property
    def cost(self) -> dict[str, Any]:
        """What the training cost: seconds, memory, device."""
        return CostFile.read(self.folder / "cost.json").model_dump()


def load_run(path: str | Path, device: str | torch.device = "cpu") -> Run:
    """The run in a folder such as `results/runs/…`, its model on `device`.

    Raises UserError where the folder is no finished run, or its checkpoint is not the one that training wrote.
    """
    folder = Path(path)
    if not (folder / "run.json").exists():
        raise UserError(f"{folder}: no finished run here (no run.json); give a folder of results/runs")
    info = RunFile.read(folder / "run.json")
    try:
        settings, sizes = read_run(info.settings), Sizes(**info.sizes)  # type: ignore[arg-type]
    except (UserError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(
            f"{folder / 'run.json'}: not what training writes ({reason}); {RunFile.again}"
        ) from None
    tensors = _checkpoint(folder / "model.safetensors", info.checkpoint_digest)
    model = _built(folder / "run.json", settings, sizes, tensors)
    model.load_state_dict(tensors)
    return Run(folder, settings, info.model_dump(), sizes, model.eval().to(device))


def _checkpoint(path: Path, digest: str) -> dict[str, Tensor]:
    """The tensors of a checkpoint. Raises UserError where they are not those that training wrote."""
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise UserError(f"{path}: not a checkpoint ({error}); {RunFile.again}") from None
    if tensors_digest(tensors) != digest:
        raise UserError(f"{path}: damaged (its tensors are not those that run.json names); {RunFile.again}")
    return tensors


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
