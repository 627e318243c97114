"""An adder trained by hand, with the flags of report adder-lengths and no YAML."""

from __future__ import annotations

from pathlib import Path

from carryover.data.results_folder import foreign, mark
from carryover.data.stored import RunFile
from carryover.errors import UserError
from carryover.evaluation.evaluate import evaluate
from carryover.manage import capacity
from carryover.manage.inventory import complete
from carryover.planning import estimate, fingerprint
from carryover.planning.runs import RunSettings, dataset_address, read_run
from carryover.tasks.generate import generate
from carryover.training.device import claim, local_gpus

VALIDATION_ROWS = 1000


def adder_settings(
    digits: int,
    cell: str,
    lr: float,
    layers: int,
    steps: int,
    batch: int,
    test_batch: int,
    hidden: int,
    embedding: int,
    seed: int,
) -> RunSettings:
    """The run that the flags of `carryover train` describe: fresh batches of uniform digits, as adder-lengths trains.

    Raises UserErrors where a flag has no meaning, such as a learning rate below 0.
    """
    dataset = {
        "task": "digit_sum",
        "distribution": {"kind": "uniform_digits", "digits": digits},
        "rows": {"train": steps * batch, "validation": VALIDATION_ROWS, "test": test_batch},
    }
    model = {"kind": "tagger", "cell": cell, "embedding": embedding, "hidden": hidden, "layers": layers}
    training = {"steps": steps, "batch": batch, "order": "fresh", "lr": lr, "validate_every": min(50, steps)}
    return read_run({"dataset": dataset, "model": model, "training": training, "seed": seed})


def train_adder(results: Path, device: str, **flags: int | float | str) -> str:
    """Generate, train and evaluate whatever does not exist yet, and print the result in a few lines.

    Raises UserError for flags that have no meaning.
    """
    run = adder_settings(**flags)  # type: ignore[arg-type]
    problem = foreign(results)
    if problem:
        raise UserError(f"--results {results}: {problem}; name a folder of its own")
    dataset, address = dataset_address(run.dataset), run.address()
    dataset_folder, run_folder = results / "datasets" / dataset, results / "runs" / address
    made = complete(results, "datasets", dataset)
    if not complete(results, "runs", address):
        on_gpu = device != "cpu" and local_gpus() > 0
        needs = {} if on_gpu else {"this training": estimate.training(run, gpu=False)}
        capacity.require(results, [] if made else [run.dataset], needs)
    mark(results)
    if not made:
        print(f"dataset: {dataset_folder}")
        generate(run.dataset, dataset_folder)
    with claim(device, 1) as claimed:
        from carryover.training.loop import train

        if not complete(results, "runs", address):
            code = fingerprint.train(run)
            train(
                run, dataset_folder, run_folder, results / "state" / address, device=claimed, fingerprint=code
            )
        split = {
            "suite": "by-hand",
            "split": "test",
            "dataset": dataset,
            "dataset_split": "test",
            "dataset_dir": dataset_folder,
        }
        evaluation = results / "evaluations" / f"{address}-by-hand"
        evaluate(run_folder, [split], dataset_folder, evaluation, device=claimed)
    return _summary(run_folder, evaluation)


def _summary(run_folder: Path, evaluation: Path) -> str:
    from carryover.data.table_files import read_table

    about = RunFile.read(run_folder / "run.json")
    rows = read_table(evaluation / "metrics.parquet").to_pylist()
    values = {row["metric"]: row["value"] for row in rows if row["stratum"] == "all"}
    solved = f"solved at step {about.solved_at}" if about.solved_at is not None else "not solved"
    return (
        f"{about.status} after {about.steps} steps, {solved}; on {rows[0]['n']} test pairs: "
        f"exact match {values['exact_match']:.4f}, token accuracy {values['token_accuracy']:.4f}, "
        f"loss {values['loss']:.4g}\n"
        f"run: {run_folder}\n"
        f'ask it: carryover ask {run_folder} "123+456"'
    )
