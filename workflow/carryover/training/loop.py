"""Training one run, from its dataset to its checkpoint, in one place.

Read `train` first, then `_loop`: it visits steps in order, and everything that happens between two steps depends on the
step's number alone, so a training that is continued from a saved state ends in bitwise the same checkpoint.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from safetensors.torch import save_file
from torch import Tensor

from carryover.data.dataset import dataset_digest
from carryover.data.files import atomic_path, read_json, write_json
from carryover.data.parquet import row_count
from carryover.data.text import strings
from carryover.errors import UserError
from carryover.models import build
from carryover.models.architecture import Architecture
from carryover.planning.runs import RunSettings
from carryover.settings.canonical import content_hash
from carryover.settings.training import Training
from carryover.tasks import TASKS
from carryover.training import state
from carryover.training.batches import Batches, Examples, open_batches, read_encoded, run_key
from carryover.training.cost import Meter
from carryover.training.determinism import prepare, seed_global_generator
from carryover.training.device import memory_share
from carryover.training.interruption import Interrupted, Interruption
from carryover.training.lock import one_writer
from carryover.training.metrics import batch_accuracy, score
from carryover.training.optimizers import Optimizer
from carryover.training.progress import Console
from carryover.training.schedules import learning_rate
from carryover.training.schemas import HISTORY
from carryover.training.steps import GraphedStep, make_step

SAVE_SECONDS = 30.0
CHECK_EVERY = 50  # steps between looks at the losses, which wait for the device
HISTORY_ROWS = 1000  # of each training metric, at most; each is a mean over its interval
SOLVED_AT = 0.999  # validation exact match, at two consecutive validations
# A loss this many times that of guessing has exploded. Settings that merely fail to learn stay far below.
EXPLODED = 1000.0


def train(
    run: RunSettings,
    dataset_dir: Path,
    out_dir: Path,
    state_dir: Path,
    device: str = "auto",
    fingerprint: str = "",
    save_seconds: float = SAVE_SECONDS,
    log: Callable[[str], None] | None = None,
) -> str:
    """Train a run and write model.safetensors, history.parquet, run.json and cost.json to `out_dir`.

    Continues from what `state_dir` holds of the same run, and saves there about every `save_seconds`, and when told to
    stop, which ends the process with 128 + the signal; the folder is removed at the end. While another process
    trains the same run, this one waits. `fingerprint` names the code, so that no state of other code is continued.
    Returns the status: `solved`, `finished` or `diverged`. Raises UserError for a dataset that does not fit the run, or
    `cuda` without a GPU.
    """
    log = log or _print
    dataset_dir, out_dir, state_dir = Path(dataset_dir), Path(out_dir), Path(state_dir)
    place = _device(device, log)
    identity = state.identity(run.canonical(), fingerprint, dataset_digest(dataset_dir), place.type)
    with one_writer(state_dir, log) as waited:
        if waited and (status := _finished_elsewhere(out_dir, identity)) is not None:
            log(f"{out_dir}: the other process finished this run")
            state.remove(state_dir)
            return status
        with Interruption() as interruption:
            job = _Job(run, dataset_dir, place, identity, state_dir, save_seconds, interruption, log)
            try:
                progress = job.resumed()
                diverged = _loop(job, progress)
            except Interrupted as interrupted:
                job.save(progress)
                log(
                    f"stopped at step {progress.step} of {job.batches.total}; the next attempt continues from here"
                )
                raise SystemExit(interrupted.code) from None
            status = _write(job, progress, diverged, out_dir)
        state.remove(state_dir)
    return status


@dataclass
class Progress:
    """All that changes while a run trains, beside model and optimizer; saved with them."""

    step: int  # steps made
    losses: Tensor  # (steps of the training,) float32 on the device: the loss of each step
    norms: Tensor  # the same for gradient norms; empty unless asked for
    finite: dict[str, Tensor]  # the model at the last check, when all was finite
    best: dict[str, Tensor] = field(
        default_factory=dict
    )  # the model with the lowest validation loss, where asked for
    validations: list[dict[str, float]] = field(default_factory=list)  # {"step", "loss", "exact_match", …}
    training_seconds: float = 0.0  # spent in steps alone


class _Job:
    """What stays the same while a run trains: examples, model, optimizer, and where things go."""

    def __init__(
        self,
        run: RunSettings,
        dataset_dir: Path,
        device: torch.device,
        identity: dict[str, Any],
        state_dir: Path,
        save_seconds: float,
        interruption: Interruption,
        log: Callable[[str], None],
    ) -> None:
        self.run, self.device, self.identity, self.state_dir = run, device, identity, state_dir
        self.save_seconds, self.interruption, self.log = save_seconds, interruption, log
        self.meter = Meter("train")
        self.key = run_key(run)
        self.sizes = TASKS[run.dataset.task].data.sizes(run, dataset_dir)

        prepare(run.training.tf32)
        seed_global_generator(device, self.key, "initialisation")
        self.model: Architecture = build(run.model, self.sizes)  # on the CPU, so that all devices start alike
        self.model.to(device)
        self.optimizer = Optimizer(run.training, self.model.parameters())
        self.make_step = make_step(self.model, self.optimizer, run.training, device)
        graphed = isinstance(self.make_step, GraphedStep)
        if run.training.cuda_graphs and not graphed:
            log(f"cuda_graphs: there are none on {device.type}; steps run plainly")

        trims = self.model.ignores_padding and not graphed  # a graph has one shape
        self.batches: Batches = open_batches(run, dataset_dir, device, trims)
        self.validation = self._validation_examples(dataset_dir)
        self.validate_every = run.training.validate_every or self.batches.steps_per_epoch

    def _validation_examples(self, folder: Path) -> Examples | None:
        path = folder / "validation.parquet"
        if row_count(path) == 0:
            if self.run.training.checkpoint == "best" or self.run.training.stop_when_solved:
                raise UserError(
                    f"{path}: the validation split is empty, and checkpoint: best and stop_when_solved need it; "
                    "set dataset.rows.validation to at least 1"
                )
            return None
        encoded = read_encoded(self.run, folder, path, for_training=False)
        return Examples(encoded, self.device, self.model.ignores_padding)

    def resumed(self) -> Progress:
        """The saved state of this very run, put into model and optimizer; else the start."""
        steps = self.batches.total
        progress = Progress(
            step=0,
            losses=torch.zeros(steps, device=self.device),
            norms=torch.zeros(steps if self.run.training.gradient_norm else 0, device=self.device),
            finite=_copied(self.model),
        )
        saved = state.load(self.state_dir, self.identity, self.log)
        if saved is None:
            return progress
        tensors, values = saved
        # Copied into tensors that PyTorch allocated: a loaded tensor may be aligned differently in memory, and a CPU's
        # matrix multiplication may then add in another order.
        with torch.no_grad():
            for name, parameter in self.model.state_dict().items():
                parameter.copy_(tensors[f"model.{name}"])
            for name, tensor in self.optimizer.state.items():
                tensor.copy_(tensors[f"optimizer.{name}"])
        progress.step = values["step"]
        progress.losses[: progress.step] = tensors["losses"].to(self.device)
        if len(progress.norms):
            progress.norms[: progress.step] = tensors["norms"].to(self.device)
        for name in progress.finite:
            progress.finite[name].copy_(tensors[f"finite.{name}"])
            if f"best.{name}" in tensors:
                progress.best[name] = tensors[f"best.{name}"].to(self.device)
        progress.validations = values["validations"]
        progress.training_seconds = values["training_seconds"]
        self.meter.before = tuple(values["spent"])
        self.log(f"continuing at step {progress.step} of {steps}")
        return progress

    def save(self, progress: Progress) -> None:
        """Save everything that the next attempt needs."""
        tensors = {f"model.{name}": tensor for name, tensor in self.model.state_dict().items()}
        tensors |= {f"optimizer.{name}": tensor for name, tensor in self.optimizer.state.items()}
        tensors |= {f"finite.{name}": tensor for name, tensor in progress.finite.items()}
        tensors |= {f"best.{name}": tensor for name, tensor in progress.best.items()}
        tensors["losses"] = progress.losses[: progress.step]
        tensors["norms"] = progress.norms[: progress.step]
        values = {
            "step": progress.step,
            "validations": progress.validations,
            "training_seconds": progress.training_seconds,
            "spent": self.meter.spent(),
        }
        state.save(self.state_dir, self.identity, tensors, values)


def _loop(job: _Job, progress: Progress) -> bool:
    """Train until the end, or until solved or diverged; returns whether it diverged."""
    training, batches = job.run.training, job.batches
    total = batches.total
    console = Console(total, progress.step, job.log)
    checked = progress.step
    saved = started = time.monotonic()
    while True:
        step = progress.step
        validates = (
            job.validation is not None and (step == total or step % job.validate_every == 0) and step > 0
        )
        validates = validates and (not progress.validations or progress.validations[-1]["step"] != step)
        if validates or step == total or (step % CHECK_EVERY == 0 and step > checked):
            if _diverged(job, progress):
                return True
            checked = step
            now = time.monotonic()
            progress.training_seconds += now - started
            started = now
        if validates:
            found = _validate(job, progress)
            console.validated(step, found)
            started = time.monotonic()
            if not math.isfinite(found["loss"]):
                return True
            if training.stop_when_solved and solved_at(progress.validations) is not None:
                return False
        if step == total:
            return False

        job.interruption.check()
        if time.monotonic() - saved > job.save_seconds:
            job.save(progress)
            job.meter.look_around()
            saved = time.monotonic()

        batch = batches.batch(step)
        seed_global_generator(job.device, job.key, "step", step)
        loss, norm = job.make_step(batch, learning_rate(training, step, total))
        progress.losses[step] = loss
        if training.gradient_norm and norm is not None:
            progress.norms[step] = norm
        progress.step = step + 1
        console.advance(progress.step)


def _diverged(job: _Job, progress: Progress) -> bool:
    """Whether a loss since the last check, or a parameter, is not finite or has exploded; if not, keeps the model.

    If so, `progress.step` goes back to the last step whose loss was in order.
    """
    losses = progress.losses[: progress.step]
    limit = EXPLODED * math.log(max(job.sizes.classes, 2))
    bad = (~(losses < limit)).nonzero()  # NaN is not below anything
    finite = torch.stack([parameter.isfinite().all() for parameter in job.model.parameters()]).all()
    if len(bad) > 0:
        progress.step = int(bad[0])
        return True
    if not bool(finite):
        return True
    for name, tensor in job.model.state_dict().items():
        progress.finite[name].copy_(tensor)
    return False


def _validate(job: _Job, progress: Progress) -> dict[str, float]:
    """Score the validation split and note the result; keeps the model where it is the best so far."""
    assert job.validation is not None
    training = job.run.training
    scores = score(
        job.model,
        job.validation,
        loss_on_padding=training.loss_on_padding,
        numbers=training.precision,
        between_batches=job.interruption.check,
    )
    found = {"step": progress.step, **scores.summary()}
    if job.run.model.reading != "sequence":
        del found["token_accuracy_padded"]
    if TASKS[job.run.dataset.task].answers == "label":
        found["batch_accuracy"] = batch_accuracy(scores.exact, training.batch)
    earlier = [validation["loss"] for validation in progress.validations]
    if training.checkpoint == "best" and (not earlier or found["loss"] < min(earlier)):
        progress.best = _copied(job.model)
    progress.validations.append(found)
    return found


def solved_at(validations: list[dict[str, float]]) -> int | None:
    """The step of the first of two consecutive validations with exact match ≥ 0.999; None if there are none."""
    for first, second in itertools.pairwise(validations):
        if first["exact_match"] >= SOLVED_AT and second["exact_match"] >= SOLVED_AT:
            return int(first["step"])
    return None


def _write(job: _Job, progress: Progress, diverged: bool, folder: Path) -> str:
    """Write the run's four files; cost.json, the last, says that all are there."""
    training = job.run.training
    solved = solved_at(progress.validations)
    status = "diverged" if diverged else "solved" if solved is not None else "finished"
    best_step = None
    if progress.best:
        best_step = int(min(progress.validations, key=lambda found: found["loss"])["step"])
    kept = progress.best or (progress.finite if diverged else job.model.state_dict())
    tensors = {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in kept.items()}

    with atomic_path(folder / "model.safetensors") as temporary:
        save_file(tensors, temporary)
    with atomic_path(folder / "history.parquet") as temporary:
        pq.write_table(history(training, progress, job.batches), temporary, compression="zstd")
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
    seconds = max(progress.training_seconds, 1e-9)
    epochs = job.batches.examples_until(progress.step) / job.batches.rows
    cuda = job.device.type == "cuda"
    cost = job.meter.result(
        str(job.device),
        device_name=torch.cuda.get_device_name(job.device) if cuda else None,
        device_memory_mb=round(torch.cuda.max_memory_allocated(job.device) / 1e6, 1) if cuda else None,
        training_seconds=round(progress.training_seconds, 3),
        examples_per_second=round(job.batches.examples_until(progress.step) / seconds, 3),
        seconds_per_step=progress.training_seconds / progress.step if progress.step else None,
        seconds_per_epoch=progress.training_seconds / epochs if epochs else None,
        identity=content_hash(job.identity),
        status=status,
    )
    write_json(folder / "cost.json", cost)
    job.log(f"{status} after {progress.step} steps, {cost['seconds']:.1f} s")
    return status


def history(training: Training, progress: Progress, batches: Batches) -> pa.Table:
    """The run's learning curves, long: step, epoch, examples, split, metric, value.

    Training metrics are means over intervals of a thousandth of the training, while the loss was in order.
    """
    interval = -(-batches.total // HISTORY_ROWS)
    starts = np.arange(0, progress.step, interval)
    ends = np.minimum(starts + interval, progress.step)
    measured = {"loss": progress.losses}
    if training.gradient_norm:
        measured["gradient_norm"] = progress.norms
    rows: list[tuple[int, str, str, float]] = []
    for metric, values in measured.items():
        sums = (
            np.add.reduceat(values[: progress.step].double().cpu().numpy(), starts) if len(starts) else starts
        )
        rows += [
            (int(end), "train", metric, float(value))
            for end, value in zip(ends, sums / (ends - starts), strict=True)
        ]
    if training.schedule != "constant" or training.warmup_steps:
        rows += [
            (int(end), "train", "lr", learning_rate(training, int(end) - 1, batches.total)) for end in ends
        ]
    for found in progress.validations:
        rows += [
            (int(found["step"]), "validation", metric, value)
            for metric, value in found.items()
            if metric != "step"
        ]
    examples = np.array([batches.examples_until(step) for step, *_ in rows], dtype=np.int64)
    columns = [
        np.array([step for step, *_ in rows], dtype=np.int64),
        examples / batches.rows,
        examples,
        *(np.array([row[place] for row in rows], dtype="S") for place in (1, 2)),
        np.array([value for *_, value in rows], dtype=np.float64),
    ]
    return pa.table([_column(values) for values in columns], schema=HISTORY)


def _column(values: np.ndarray) -> pa.Array:
    """An Arrow column of numbers or ASCII. (pa.array imports pandas, half a second of CPU in every job.)"""
    if values.dtype.kind == "S":
        return strings(values.view(np.uint8).reshape(len(values), values.dtype.itemsize))
    kind = pa.int64() if values.dtype == np.int64 else pa.float64()
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(values)])


def tensors_digest(tensors: dict[str, Tensor]) -> str:
    """SHA-256 over names, types, shapes and values of tensors on the CPU."""
    digest = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name}:{tensor.dtype}:{tuple(tensor.shape)}\n".encode())
        digest.update(np.ascontiguousarray(tensor.numpy()).tobytes())
    return digest.hexdigest()


def _copied(model: Architecture) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def _device(name: str, log: Callable[[str], None]) -> torch.device:
    """The device of `auto`, `cpu` or `cuda`, once PyTorch can be asked."""
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


def _finished_elsewhere(folder: Path, identity: dict[str, Any]) -> str | None:
    """The status of this very run where all its files are there, made by the process that was waited for."""
    files = ("model.safetensors", "history.parquet", "run.json", "cost.json")
    if not all((folder / name).exists() for name in files):
        return None
    cost = read_json(folder / "cost.json")
    return str(cost["status"]) if cost.get("identity") == content_hash(identity) else None


def _print(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
