"""A finished run, for evaluation and for notebooks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file

from carryover.data.files import read_json
from carryover.errors import UserError
from carryover.models import build
from carryover.models.architecture import Architecture
from carryover.planning.runs import RunSettings, dataset_address, read_run
from carryover.tasks.encoded import Sizes

if TYPE_CHECKING:
    import pandas as pd


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
        import pandas as pd

        return pd.read_parquet(self.folder / "history.parquet")

    @property
    def dataset_folder(self) -> Path:
        """Where the workflow keeps the dataset that the run was trained on."""
        return self.folder.parent.parent / "datasets" / dataset_address(self.settings.dataset)

    @cached_property
    def cost(self) -> dict[str, Any]:
        """What the training cost: seconds, memory, device."""
        found: dict[str, Any] = read_json(self.folder / "cost.json")
        return found


def load_run(path: str | Path, device: str | torch.device = "cpu") -> Run:
    """The run in a folder such as `results/runs/…`, its model on `device`.

    Raises UserError where the folder is no finished run.
    """
    folder = Path(path)
    if not (folder / "run.json").exists():
        raise UserError(f"{folder}: no finished run here (no run.json); give a folder of results/runs")
    info = read_json(folder / "run.json")
    try:
        settings, sizes = read_run(info["settings"]), Sizes(**info["sizes"])
    except (KeyError, TypeError, ValidationError):
        raise UserError(
            f"{folder / 'run.json'}: not what training writes; remove the folder and train again"
        ) from None
    model = build(settings.model, sizes)
    try:
        model.load_state_dict(load_file(folder / "model.safetensors"))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise UserError(
            f"{folder / 'model.safetensors'}: not this run's checkpoint ({error}); remove the folder and train again"
        ) from None
    return Run(folder, settings, info, sizes, model.eval().to(device))
