"""Evaluation of one run on all the splits of all its suites, in one job.

Splits are read, scored and written block by block, so memory does not grow with their length. A block is a row group of
the dataset's file. How many examples go through the model together depends on its size and the split's width alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from carryover.data.dataset import check_split
from carryover.data.files import write_json
from carryover.data.parquet import iterate_split, row_count
from carryover.data.table_files import table_writer, write_table
from carryover.errors import UserError
from carryover.evaluation import schemas
from carryover.evaluation.seen import OverlapCounts, read_in_training
from carryover.evaluation.tallies import Tally
from carryover.planning.runs import RunSettings
from carryover.tasks import TASKS
from carryover.tasks.encoded import Encoded
from carryover.tasks.record import Task
from carryover.training.batches import Examples
from carryover.training.cost import Meter
from carryover.training.determinism import prepare
from carryover.training.metrics import Scores, score
from carryover.training.runs import load_run

QUESTIONS_KEPT = 50  # of each split, for people: the first wrong answers, with question and correct answer


def evaluate(
    run_dir: Path, splits: Sequence[dict[str, Any]], train_dir: Path, out_dir: Path, device: str = "auto"
) -> None:
    """Evaluate the checkpoint in `run_dir` on splits {suite, split, dataset_dir, dataset_split}.

    `train_dir` is the folder of the dataset that the run was trained on. Writes examples.parquet, metrics.parquet,
    overlap.parquet and cost.json into `out_dir`. Raises UserError where the run or a split is missing or damaged.
    """
    meter = Meter("evaluate")
    on = torch.device("cuda" if device != "cpu" and torch.cuda.is_available() else "cpu")
    trained = load_run(run_dir, on)
    run, task = trained.settings, TASKS[trained.settings.dataset.task]
    prepare(run.training.tf32)
    paths = [Path(split["dataset_dir"]) / f"{split['dataset_split']}.parquet" for split in splits]
    for path in dict.fromkeys([train_dir / "train.parquet", *paths]):
        check_split(path)
    seen = read_in_training(run, trained.info["steps"], train_dir)
    metrics: list[dict[str, Any]] = []
    overlap: list[dict[str, Any]] = []
    with table_writer(out_dir / "examples.parquet", schemas.EXAMPLES, write_statistics=False) as add_examples:
        for split, path in zip(splits, paths, strict=True):
            names = {"run": run_dir.name, "suite": split["suite"], "split": split["split"]}
            tally = Tally(task, run.model.reading, trained.sizes.classes, run.training.batch)
            counts, wrong = OverlapCounts(), 0
            for table, encoded in _blocks(path, run, train_dir):
                scores = score(
                    trained.model,
                    Examples(encoded, on, trained.model.ignores_padding),
                    loss_on_padding=run.training.loss_on_padding,
                    precision=run.training.precision,
                    between_batches=meter.look_around,
                )
                known = seen.among(table, encoded, task.name)
                strata = task.strata_of(table)
                within = _taken(strata, task)
                strata |= {
                    "seen": _yes_or_no(known.tokens),
                    "seen_commuted": _yes_or_no(known.tokens | known.commuted),
                }
                tally.add(scores, encoded, _answer_lengths(table, run, encoded), strata, within)
                questions = max(QUESTIONS_KEPT - wrong, 0)
                add_examples(_examples(names, table, scores, known.tokens, run, questions))
                counts.add(known)
                wrong += int((~scores.exact).sum())
            if counts.rows == 0:
                raise UserError(f"{path}: the split is empty; give the dataset rows.{split['dataset_split']}")
            metrics += [names | row for row in tally.rows()]
            overlap.append(counts.row(run_dir.name, train_dir.name, split, seen))
    write_table(out_dir / "metrics.parquet", pa.Table.from_pylist(metrics, schema=schemas.METRICS))
    write_table(out_dir / "overlap.parquet", pa.Table.from_pylist(overlap, schema=schemas.OVERLAP))
    seconds, _ = meter.spent()
    speed = round(sum(row["rows"] for row in overlap) / seconds, 1)
    write_json(out_dir / "cost.json", meter.result(str(on), examples_per_second=speed))


def _taken(strata: dict[str, np.ndarray], task: Task) -> tuple[str, np.ndarray] | None:
    """The stratum within which seen and unseen are compared, and its labels (N,); only named strata are kept."""
    if task.seen_within is None:
        return None
    name = task.seen_within.stratum
    return name, strata[name] if name in task.strata else strata.pop(name)


def _yes_or_no(flags: np.ndarray) -> np.ndarray:
    return np.where(flags, "yes", "no")


def _blocks(path: Path, run: RunSettings, train_dir: Path) -> Iterator[tuple[pa.Table, Encoded]]:
    """The rows of a split, block by block, each with its encoding; all encodings are equally wide.

    Otherwise a model that reads padding would see more of it in some blocks than in others.
    """
    task = TASKS[run.dataset.task].data
    tables = iterate_split(path)
    first = next(tables)
    if first.num_rows == 0:
        return
    encoded = task.encode(first, run, train_dir)
    if first.num_rows == row_count(path):
        yield first, encoded
        return
    width = max(task.encode(table, run, train_dir).inputs.shape[1] for table in iterate_split(path))
    for table in iterate_split(path):
        yield table, task.encode(table, run, train_dir, width=width)


def _answer_lengths(table: pa.Table, run: RunSettings, encoded: Encoded) -> np.ndarray:
    """How many symbols each correct answer is written with (N,); a class counts as one."""
    if encoded.targets.shape[1] == 1:
        return np.ones(table.num_rows, dtype=np.int64)
    return np.array([len(answer) for answer in TASKS[run.dataset.task].data.answer(table)], dtype=np.int64)


def _examples(
    names: dict[str, str], table: pa.Table, scores: Scores, seen: np.ndarray, run: RunSettings, questions: int
) -> pa.Table:
    """One row for each example. Wrong ones have the prediction; the first `questions` also have question and answer."""
    task = TASKS[run.dataset.task].data
    rows, width = scores.predictions.shape
    wrong = np.flatnonzero(~scores.exact)
    predictions = task.decode(scores.predictions[wrong].reshape(-1, width), table.take(wrong), run)
    kept = wrong[:questions]
    columns = {
        **{name: pa.repeat(pa.scalar(value, pa.string()), rows) for name, value in names.items()},
        "index": table["index"],
        "exact_match": pa.array(scores.exact),
        "token_accuracy": pa.array(scores.token_accuracy.astype(np.float32)),
        "loss": pa.array(scores.loss.astype(np.float32), mask=np.isnan(scores.loss)),
        "first_wrong": pa.array((scores.first_wrong + 1).astype(np.int32), mask=scores.first_wrong < 0),
        "seen": pa.array(seen),
        "prediction": _scattered(wrong, predictions, rows),
        "question": _scattered(kept, task.question(table.take(kept)), rows),
        "answer": _scattered(kept, task.answer(table.take(kept)), rows),
    }
    return pa.table(columns, schema=schemas.EXAMPLES)


def _scattered(rows: np.ndarray, values: list[str], total: int) -> pa.Array:
    """Strings at some rows of `total`, null at the others."""
    index = np.full(total, -1, dtype=np.int64)
    index[rows] = np.arange(len(rows))
    return pa.array(values, pa.string()).take(pa.array(index, mask=index < 0))
