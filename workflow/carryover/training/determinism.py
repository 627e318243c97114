"""Bitwise repeatable training on one device: settings of PyTorch, and seeds derived from names."""

from __future__ import annotations

import hashlib
import os
from contextlib import AbstractContextManager, nullcontext

import torch

from carryover.settings.canonical import canonical_json


def prepare(tf32: bool = False) -> None:
    """Set PyTorch up for this process; call it first.

    It uses one thread, because many jobs run side by side. Subnormal numbers are set to zero: a CPU is 10 to 15 times
    slower with them, and gradients of long sequences contain many.
    """
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    # cuBLAS reads it when it starts; without it, deterministic algorithms refuse to use cuBLAS.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    # The same as use_deterministic_algorithms(True), which also imports the compiler: 1 second of CPU in every job.
    torch.set_deterministic_debug_mode("error")
    # A debugging aid that costs time.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.benchmark = False
    torch.backends.cuda.matmul.allow_tf32 = tf32
    torch.backends.cudnn.allow_tf32 = tf32


def derived_seed(*key: str | int) -> int:
    """A seed below 2^63 for what `key` names, such as (run, "initialisation")."""
    digest = hashlib.sha256(canonical_json(list(key)).encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1


def seed_global_generator(device: torch.device, *key: str | int) -> None:
    """Seed the generator that initialisation and dropout draw from.

    Nothing else seeds it. This is called before initialisation and before every step, so no generator's state needs to
    be saved. (torch.manual_seed goes through every kind of device, which takes 60 times as long.)
    """
    seed = derived_seed(*key)
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        index = torch.cuda.current_device() if device.index is None else device.index
        torch.cuda.default_generators[index].manual_seed(seed)


def at_precision(precision: str, device: torch.device) -> AbstractContextManager[object]:
    """The context for forward passes at a precision: `float32`, or `bfloat16` (mixed precision)."""
    if precision == "float32":
        return nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16, cache_enabled=False)
