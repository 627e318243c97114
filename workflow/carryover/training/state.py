"""The saved state of an interrupted training: one safetensors file outside its outputs, replaced atomically."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from carryover.data.files import atomic_path
from carryover.settings.canonical import content_hash
from carryover.training.digest import tensors_digest

FORMAT = 2
FILE = "state.safetensors"


def identity(settings: dict[str, Any], fingerprint: str, dataset_digest: str, device: str) -> dict[str, Any]:
    """Everything that must be the same for a saved state to be continued to bitwise the same end."""
    return {
        "format": FORMAT,
        "settings": settings,
        "fingerprint": fingerprint,
        "dataset_digest": dataset_digest,
        "torch": str(torch.__version__),
        "device": device,
    }


def save(folder: Path, identity: dict[str, Any], tensors: dict[str, Tensor], values: dict[str, Any]) -> None:
    """Save tensors and plain data (NaN allowed) together."""
    # Copies, because tensors that share memory (cuDNN keeps a layer's weights in one piece) cannot be saved.
    copies = {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()}
    metadata = {"identity": json.dumps(identity, sort_keys=True), "values": json.dumps(values)}
    metadata["digest"] = _digest(copies, metadata)
    with atomic_path(folder / FILE) as temporary:
        save_file(copies, temporary, metadata=metadata)


def load(
    folder: Path, identity: dict[str, Any], log: Callable[[str], None]
) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    """Tensors (on the CPU) and data of the saved state, or None without one.

    A damaged state, or one of other settings, code, data, PyTorch or kind of device, is removed; the log says why.
    """
    path = folder / FILE
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            saved = json.loads(metadata["identity"])
            values = json.loads(metadata["values"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        log(f"discarding saved state {path}: not readable ({error})")
        path.unlink()
        return None
    different = sorted(name for name in {*saved, *identity} if saved.get(name) != identity.get(name))
    if different:
        log(f"discarding saved state {path}: it is of another {', another '.join(different)}")
    elif metadata.get("digest") != _digest(tensors, metadata):
        log(f"discarding saved state {path}: damaged (it is not what was saved)")
    else:
        return tensors, values
    path.unlink()
    return None


def _digest(tensors: dict[str, Tensor], metadata: dict[str, str]) -> str:
    return content_hash([tensors_digest(tensors), metadata["identity"], metadata["values"]])


def remove(folder: Path) -> None:
    """Remove a state folder and all in it, after success."""
    shutil.rmtree(folder, ignore_errors=True)
