"""A finished run as its files have it. Nothing here imports PyTorch, so that a page of runs is made without it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file

from carryover.data.stored import CostFile, RunFile
from carryover.data.table_files import Damaged, read_table
from carryover.errors import UserError
from carryover.planning.runs import RunSettings, dataset_address, read_run
from carryover.tasks.encoded import Sizes

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Trained:
    """A trained run: `settings`, what run.json says (`info`), and the `sizes` of its model."""

    folder: Path
    settings: RunSettings
    info: dict[str, Any]
    sizes: Sizes

    @cached_property
    def weights(self) -> dict[str, np.ndarray]:
        """The parameters of the model by name. Raises UserError where they are not those that training wrote."""
        path = self.folder / "model.safetensors"
        try:
            arrays: dict[str, np.ndarray] = load_file(path)
        except (OSError, SafetensorError) as error:
            raise UserError(f"{path}: not a checkpoint ({error}); {RunFile.again}") from None
        if digest(arrays) != self.info["checkpoint_digest"]:
            raise UserError(
                f"{path}: damaged (its tensors are not those that run.json names); {RunFile.again}"
            )
        return arrays

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


def read(path: str | Path) -> Trained:
    """The run in a folder such as `results/runs/…`. Raises UserError where the folder is no finished run."""
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
    return Trained(folder, settings, info.model_dump(), sizes)


def digest(arrays: Mapping[str, np.ndarray]) -> str:
    """What `tensors_digest` gives for the same tensors."""
    made = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        made.update(f"{name}:torch.{array.dtype}:{array.shape}\n".encode())
        made.update(np.ascontiguousarray(array).tobytes())
    return made.hexdigest()
