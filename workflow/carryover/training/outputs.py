"""The files of a trained run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from carryover.data.files import atomic_path, write_json
from carryover.data.stored import CostFile
from carryover.data.table_files import write_table
from carryover.settings.canonical import content_hash
from carryover.training.digest import tensors_digest
from carryover.training.history import history
from carryover.training.job import Job, Progress, solved_at

FILES = ("model.safetensors", "history.parquet", "run.json", "cost.json")


def write(job: Job, progress: Progress, diverged: bool, folder: Path) -> str:
    """Write the run's four files, and return its status. cost.json is the last: it says that all are there."""
    solved = solved_at(progress.validations)
    status = "diverged" if diverged else "solved" if solved is not None else "finished"
    best_step = None
    if progress.best:
        best_step = int(min(progress.validations, key=lambda validation: validation["loss"])["step"])
    kept = progress.best or (progress.finite if diverged else job.model.state_dict())
    tensors = {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in kept.items()}

    with atomic_path(folder / "model.safetensors") as temporary:
        save_file(tensors, temporary)
    write_table(folder / "history.parquet", history(job.run.training, progress, job.batches))
    write_json(
        folder / "run.json",
        {
            "task": job.run.dataset.task,
            "settings": job.run.complete(),
            "sizes": vars(job.sizes),
            "parameters": sum(parameter.numel() for parameter in job.model.parameters()),
            "status": status,
            "steps": progress.step,
            "solved_at": solved,
            "best_step": best_step,
            "dataset_digest": job.identity["dataset_digest"],
            "checkpoint_digest": tensors_digest(tensors),
        },
    )
    cost = _cost(job, progress, status)
    write_json(folder / "cost.json", cost)
    job.log(f"{status} after {progress.step} steps, {cost['seconds']:.1f} s")
    return status


def _cost(job: Job, progress: Progress, status: str) -> dict[str, Any]:
    """The content of cost.json for a training. `identity` tells a process that waited whether this is its run."""
    examples = job.batches.examples_until(progress.step)
    epochs = examples / job.batches.rows
    cuda = job.device.type == "cuda"
    return job.meter.result(
        str(job.device),
        device_name=torch.cuda.get_device_name(job.device) if cuda else None,
        device_memory_mb=round(torch.cuda.max_memory_allocated(job.device) / 1e6, 1) if cuda else None,
        training_seconds=round(progress.training_seconds, 3),
        examples_per_second=round(examples / max(progress.training_seconds, 1e-9), 3),
        seconds_per_step=progress.training_seconds / progress.step if progress.step else None,
        seconds_per_epoch=progress.training_seconds / epochs if epochs else None,
        identity=content_hash(job.identity),
        status=status,
    )


def finished(folder: Path, identity: dict[str, Any]) -> str | None:
    """The status of the run with this identity where all its files are in the folder; else None."""
    if not all((folder / name).exists() for name in FILES):
        return None
    cost = CostFile.read(folder / "cost.json")
    return cost.status if cost.identity == content_hash(identity) else None
