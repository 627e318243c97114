"""The digest of tensors, by which a checkpoint and a saved state are known to be what was written."""

from __future__ import annotations

import hashlib

import numpy as np
from torch import Tensor


def tensors_digest(tensors: dict[str, Tensor]) -> str:
    """SHA-256 over names, types, shapes and values of tensors on the CPU."""
    digest = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name}:{tensor.dtype}:{tuple(tensor.shape)}\n".encode())
        digest.update(np.ascontiguousarray(tensor.numpy()).tobytes())
    return digest.hexdigest()
