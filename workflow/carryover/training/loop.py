"""Training one run, from its dataset to its checkpoint, in one place.

Read `train` first, then `_loop`, which makes the steps in order. Everything that happens between two steps depends only
on the step's number. So a training that continues from a saved state ends in bitwise the same checkpoint.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

from carryover.data.dataset import dataset_digest
from carryover.metrics import METRICS
from carryover.planning.runs import RunSettings
from carryover.tasks import TASKS
from carryover.training import state
from carryover.training.determinism import seed_global_generator
from carryover.training.device import torch_device
from carryover.training.interruption import Interrupted, Interruption
from carryover.training.job import Job, Progress, copied, solved_at
from carryover.training.lock import one_writer
from carryover.training.metrics import batch_accuracy, score
from carryover.training.outputs import finished, write
from carryover.training.progress import Console
from carryover.training.schedules import learning_rate

SAVE_SECONDS = 30.0
CHECK_EVERY = 50  # steps between looks at the losses, which wait for the device
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

    Continues from the saved state of the same run in `state_dir`, if there is one. Saves there about every
    `save_seconds`, and when a signal tells it to stop. A stopped process exits with 128 + the signal. The folder is
    removed at the end. While another process trains the same run, this one waits. `fingerprint` names the code; saved
    states of other code are not continued. Returns the status: `solved`, `finished` or `diverged`. Raises UserError for
    a dataset that does not fit the run, or for `cuda` without a GPU.
    """
    log = log or _print
    dataset_dir, out_dir, state_dir = Path(dataset_dir), Path(out_dir), Path(state_dir)
    on = torch_device(device, log)
    identity = state.identity(run.canonical(), fingerprint, dataset_digest(dataset_dir), on.type)
    with one_writer(state_dir, log) as waited:
        if waited and (status := finished(out_dir, identity)) is not None:
            log(f"{out_dir}: the other process finished this run")
            state.remove(state_dir)
            return status
        with Interruption() as interruption:
            job = Job(run, dataset_dir, on, identity, state_dir, save_seconds, interruption, log)
            try:
                progress = job.resumed()
                diverged = _loop(job, progress)
            except Interrupted as interrupted:
                job.save(progress)
                log(
                    f"stopped at step {progress.step} of {job.batches.total}; the next attempt continues from here"
                )
                raise SystemExit(interrupted.code) from None
            status = write(job, progress, diverged, out_dir)
        state.remove(state_dir)
    return status


def _loop(job: Job, progress: Progress) -> bool:
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
            validation = _validate(job, progress)
            console.validated(step, validation)
            started = time.monotonic()
            if not math.isfinite(validation["loss"]):
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


def _diverged(job: Job, progress: Progress) -> bool:
    """Whether a loss since the last check, or a parameter, is not finite or has exploded. If not, keeps the model.

    If so, `progress.step` goes back to the last step whose loss was neither.
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


def _validate(job: Job, progress: Progress) -> dict[str, float]:
    """Score the validation split and record its metrics; keep the model where it is the best so far."""
    assert job.validation is not None
    training = job.run.training
    scores = score(
        job.model,
        job.validation,
        loss_on_padding=training.loss_on_padding,
        precision=training.precision,
        between_batches=job.interruption.check,
    )
    kind = job.run.model.reading, TASKS[job.run.dataset.task].answers
    values = scores.metrics()
    if METRICS["batch_accuracy"].is_recorded(*kind):
        values["batch_accuracy"] = batch_accuracy(scores.exact, training.batch)
    recorded = {name: value for name, value in values.items() if METRICS[name].is_recorded(*kind)}
    validation = {"step": progress.step, **recorded}
    if training.checkpoint == "best" and all(
        validation["loss"] < earlier["loss"] for earlier in progress.validations
    ):
        progress.best = copied(job.model)
    progress.validations.append(validation)
    return validation


def _print(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
