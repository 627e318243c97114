"""Which device a job computes on.

The module does not import PyTorch, because planning uses it too, and because CUDA_VISIBLE_DEVICES must be set first.
"""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from carryover.errors import UserError
from carryover.training import gpu_slots

if TYPE_CHECKING:
    import torch

# Each NVIDIA GPU has a device file; the variable lets tests pretend.
DEVICE_FILES = "CARRYOVER_GPU_FILES"
JOBS_PER_GPU = "CARRYOVER_JOBS_PER_GPU"
POLL_SECONDS = 0.5


def visible_gpus() -> list[str]:
    """The GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them.

    If CUDA_VISIBLE_DEVICES is set, it decides. Under Slurm nothing else counts, because a job may also see GPUs of the
    node that it was not given.
    """
    given = os.environ.get("CUDA_VISIBLE_DEVICES")
    if given is not None:
        return [name.strip() for name in given.split(",") if name.strip() not in ("", "-1", "NoDevFiles")]
    if under_slurm():
        return []
    files = glob.glob(os.environ.get(DEVICE_FILES, "/dev/nvidia[0-9]*"))  # noqa: PTH207 (an absolute pattern)
    count = len(files) or _gpus_of_driver()
    return [str(number) for number in range(count)]


def local_gpus() -> int:
    """How many GPUs local jobs may use."""
    return len(visible_gpus())


def under_slurm() -> bool:
    """Whether Slurm runs this process. Slurm then assigns the GPUs itself."""
    return "SLURM_JOB_ID" in os.environ


def _gpus_of_driver() -> int:
    """GPUs that the driver lists; in WSL they have no device files."""
    if DEVICE_FILES in os.environ or not shutil.which("nvidia-smi"):
        return 0
    try:
        listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    return sum(line.startswith("GPU ") for line in listed.stdout.splitlines())


@contextmanager
def claim(device: str, jobs_per_gpu: int = 1) -> Iterator[str]:
    """Claim a slot on a local GPU for this job, and yield the device to train on: `cpu`, `cuda` or `auto`.

    A slot is a file lock on this machine, shared by all users. It is held until the block or the process ends. The job
    takes a slot on the GPU with the fewest jobs. If no slot is free, it waits. The claimed GPU becomes the only visible
    one. `auto` stays `auto`, because only PyTorch knows whether it can use that GPU: `torch_device` asks it.

    Under Slurm, a job with one GPU needs no claim. Trainings that share a job with several GPUs claim one of these.
    Raises UserError for `cuda` without a GPU.
    """
    gpus = visible_gpus() if device != "cpu" else []
    if device == "cuda" and not gpus:
        raise UserError("device: cuda asks for a GPU and none is visible here; set device: auto or cpu")
    if not gpus:
        yield "cpu"
        return
    if under_slurm() and len(gpus) == 1:
        yield device
        return
    with _slot(gpus, jobs_per_gpu) as gpu:
        os.environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"  # the same number is the same GPU in every job
        os.environ["CUDA_VISIBLE_DEVICES"] = gpu
        os.environ[JOBS_PER_GPU] = str(jobs_per_gpu)
        yield device


def memory_share() -> float:
    """The share of its GPU's memory that this job may take."""
    return 1 / int(os.environ.get(JOBS_PER_GPU, "1"))


def torch_device(name: str, log: Callable[[str], None]) -> torch.device:
    """The device for `auto`, `cpu` or `cuda`: a GPU if PyTorch can use one. If `auto` finds no GPU, the log says so.

    Raises UserError for `cuda` where PyTorch finds no GPU.
    """
    import torch

    if name == "cpu":
        return torch.device("cpu")
    if torch.cuda.is_available():
        if memory_share() < 1:
            torch.cuda.set_per_process_memory_fraction(memory_share())
        return torch.device("cuda", 0)
    if name == "cuda":
        raise UserError(
            f"device: cuda asks for a GPU, and PyTorch {torch.__version__} finds none; "
            "install a CUDA build of PyTorch, or set device: cpu"
        )
    log(f"PyTorch {torch.__version__} finds no GPU; training on the CPU")
    return torch.device("cpu")


@contextmanager
def _slot(gpus: list[str], jobs_per_gpu: int) -> Iterator[str]:
    # Slurm may number the GPUs of each of its jobs from 0.
    owner = f"job-{os.environ['SLURM_JOB_ID']}-" if under_slurm() else ""
    folder = gpu_slots.open_folder()
    waits = False
    try:
        while True:
            for slot in range(jobs_per_gpu):  # first slots first, so that jobs spread over the GPUs
                for gpu in gpus:
                    lock = gpu_slots.take(folder, f"{owner}{gpu.replace('/', '_')}.{slot}.lock")
                    if lock is None:
                        continue
                    try:
                        yield gpu
                    finally:
                        os.close(lock)
                    return
            if not waits:
                print(f"waiting for a free slot on one of {len(gpus)} GPUs", file=sys.stderr, flush=True)
                waits = True
            time.sleep(POLL_SECONDS)
    finally:
        os.close(folder)
