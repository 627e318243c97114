"""Evaluation of one run on all the splits of all its suites, in one job.

Splits are read, scored and written block by block (a block is a row group of the dataset's file), so memory does not
grow with their length. How many examples go through the model together follows from its size and the split's width
alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch

from carryover.data.files import atomic_path, write_json
from carryover.data.parquet import iterate_split, row_count
from carryover.errors import UserError
from carryover.evaluation.schemas import EXAMPLES, METRICS, OVERLAP
from carryover.evaluation.seen import overlap_row, read_in_training
from carryover.evaluation.tallies import Tally
from carryover.planning.runs import RunSettings
from carryover.tasks import TASKS
from carryover.tasks.encoded import Encoded
from carryover.training.batches import Examples
from carryover.training.cost import Meter
from carryover.training.determinism import prepare
from carryover.training.metrics import Scores, score
from carryover.training.runs import load_run

ASKED = 50  # wrong answers of a split that are kept with question and right answer, to be read


def evaluate(
    run_dir: Path, splits: Sequence[dict[str, Any]], train_dir: Path, out_dir: Path, device: str = "auto"
) -> None:
    """Evaluate the checkpoint in `run_dir` on splits {suite, split, dataset_dir, dataset_split}.

    `train_dir` is the folder of the dataset that the run was trained on. Writes examples.parquet, metrics.parquet,
    overlap.parquet and cost.json into `out_dir`. Raises UserError where the run or a split is missing or damaged.
    """
    meter = Meter("evaluate")
    on = torch.device("cuda" if device != "cpu" and torch.cuda.is_available() else "cpu")
    loaded = load_run(run_dir, on)
    run = loaded.settings
    prepare(run.training.tf32)
    seen = read_in_training(run, loaded.info["steps"], train_dir)
    metrics: list[dict[str, Any]] = []
    overlap: list[dict[str, Any]] = []
    scored = 0
    with ExitStack() as stack:
        path = stack.enter_context(atomic_path(out_dir / "examples.parquet"))
        writer = stack.enter_context(
            pq.ParquetWriter(path, EXAMPLES, compression="zstd", write_statistics=False)
        )
        for split in splits:
            named = {"run": run_dir.name, "suite": split["suite"], "split": split["split"]}
            tally = Tally(
                TASKS[run.dataset.task], run.model.reading, loaded.sizes.classes, run.training.batch
            )
            shared = commuted = rows = asked = 0
            source = Path(split["dataset_dir"]) / f"{split['dataset_split']}.parquet"
            for table, encoded in _blocks(source, run, train_dir):
                scores = score(
                    loaded.model,
                    Examples(encoded, on, loaded.model.ignores_padding),
                    loss_on_padding=run.training.loss_on_padding,
                    numbers=run.training.precision,
                    between_batches=meter.look_around,
                )
                exact_seen, commuted_seen = seen.rows(table, run.dataset.task)
                strata = TASKS[run.dataset.task].strata_of(table)
                strata |= {
                    name: np.where(rows_, "yes", "no")
                    for name, rows_ in (("seen", exact_seen), ("seen_commuted", commuted_seen))
                }
                tally.add(scores, encoded, _answer_lengths(table, run, encoded), strata)
                block = _examples(named, table, scores, exact_seen, run, max(ASKED - asked, 0))
                writer.write_table(block)
                asked += int((~scores.exact).sum())
                rows += table.num_rows
                shared += int(exact_seen.sum())
                commuted += int(commuted_seen.sum())
            if rows == 0:
                raise UserError(
                    f"{source}: the split is empty; give the dataset rows.{split['dataset_split']}"
                )
            metrics += [named | row for row in tally.rows()]
            overlap.append(overlap_row(run_dir.name, train_dir.name, split, (rows, shared, commuted), seen))
            scored += rows
    for name, table_rows, schema in (("metrics", metrics, METRICS), ("overlap", overlap, OVERLAP)):
        with atomic_path(out_dir / f"{name}.parquet") as path:
            pq.write_table(pa.Table.from_pylist(table_rows, schema=schema), path, compression="zstd")
    seconds, _ = meter.spent()
    write_json(out_dir / "cost.json", meter.result(str(on), examples_per_second=round(scored / seconds, 1)))


def _blocks(path: Path, run: RunSettings, train_dir: Path) -> Iterator[tuple[pa.Table, Encoded]]:
    """The rows of a split, block by block, each with its encoding; all encodings are equally wide.

    A model that reads padding would otherwise meet more of it in some blocks than in others.
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
    """How many symbols each right answer is written with (N,); nothing is written of a class."""
    if encoded.targets.shape[1] == 1:
        return np.ones(table.num_rows, dtype=np.int64)
    return np.array([len(answer) for answer in TASKS[run.dataset.task].data.answer(table)], dtype=np.int64)


def _examples(
    named: dict[str, str], table: pa.Table, scores: Scores, seen: np.ndarray, run: RunSettings, ask: int
) -> pa.Table:
    """One row an example; predictions of wrong ones, and questions of the first `ask` of those."""
    task = TASKS[run.dataset.task].data
    wrong = np.flatnonzero(~scores.exact)
    asked = wrong[:ask]
    width = scores.predictions.shape[1]
    columns = {
        **{name: pa.repeat(pa.scalar(value, pa.string()), table.num_rows) for name, value in named.items()},
        "index": table["index"],
        "exact_match": pa.array(scores.exact),
        "token_accuracy": pa.array(scores.token_accuracy.astype(np.float32)),
        "loss": pa.array(scores.loss.astype(np.float32), mask=np.isnan(scores.loss)),
        "first_wrong": pa.array((scores.first_wrong + 1).astype(np.int32), mask=scores.first_wrong < 0),
        "seen": pa.array(seen),
        "prediction": _scattered(
            wrong,
            task.decode(scores.predictions[wrong].reshape(-1, width), table.take(wrong), run),
            table.num_rows,
        ),
        "question": _scattered(asked, task.question(table.take(asked)), table.num_rows),
        "answer": _scattered(asked, task.answer(table.take(asked)), table.num_rows),
    }
    return pa.table(columns, schema=EXAMPLES)


def _scattered(rows: np.ndarray, values: list[str], total: int) -> pa.Array:
    """Strings at some rows of `total`, null at the others."""
    place = np.full(total, -1, dtype=np.int64)
    place[rows] = np.arange(len(rows))
    return pa.array(values, pa.string()).take(pa.array(place, mask=place < 0))
