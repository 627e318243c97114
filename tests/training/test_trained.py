"""A finished run is read without PyTorch, and its weights are known to be what training wrote."""

from __future__ import annotations

import subprocess
import sys

import torch

from carryover.training.digest import tensors_digest
from carryover.training.trained import digest


def test_the_digest_of_arrays_is_that_of_the_tensors() -> None:
    tensors = {
        "b": torch.randn(3, 2).T,
        "a": torch.arange(4),
        "double": torch.randn(2, dtype=torch.float64),
        "half": torch.randn(2).half(),
        "truth": torch.tensor([True, False]),
        "one": torch.tensor(1.5),
    }
    assert digest({name: tensor.numpy() for name, tensor in tensors.items()}) == tensors_digest(tensors)


def test_pages_are_made_without_pytorch() -> None:
    code = "import sys, carryover.report.render, carryover.report.export; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
