"""Reviews: from file to dataset, and training against a plain PyTorch script, in one run on one core.

    CARRYOVER_IMDB=IMDB_Dataset.csv.xz PYTHONPATH=workflow python tests/benchmarks/bench_sentiment.py

Without CARRYOVER_IMDB the reviews are made up, with as many words and about as many different ones as real reviews.
Targets: a dataset of 50,000 reviews in under 60 s and 1.5 GB, training at least twice as fast as the plain script.

The plain script is written as the report's assignment has it: a DataLoader whose dataset tokenises in `__getitem__`,
packed sequences, torch.optim, and subnormal numbers as they come. Both train the LSTM with hidden 100 and embedding 1
by RMSprop in batches of 96, on one thread. Each measurement has a process of its own; steps are timed in CPU seconds
once warmed up, which other work on the machine disturbs less than wall-clock time, and the two take turns.
"""

from __future__ import annotations

import argparse
import csv
import io
import itertools
import json
import lzma
import os
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROWS = {"train": 4_800, "validation": 96, "test": 104}  # of the dataset that both train on
BATCH, LIMIT, WARM_STEPS = 96, 256, 2
MODEL = {
    "kind": "classifier",
    "cell": "lstm",
    "embedding": 1,
    "hidden": 100,
    "layers": 1,
    "initialisation": "xavier_orthogonal",
}
TRAINING = {
    "batch": BATCH,
    "optimizer": "rmsprop",
    "lr": 0.001,
    "momentum": 0.9,
    "eps": 1e-6,
    "warmup_steps": 200,
    "checkpoint": "best",
}


def dataset_settings(source: str, rows: dict[str, int]) -> dict[str, Any]:
    return {"task": "sentiment", "source": {"kind": "file", "path": source}, "rows": rows}


def generate(source: str, folder: str, rows: dict[str, int]) -> dict[str, float]:
    """Make the dataset; seconds, CPU seconds, peak memory in MB."""
    from carryover.planning.runs import read_dataset
    from carryover.tasks.generate import generate as make

    wall, start = time.perf_counter(), time.process_time()
    make(read_dataset(dataset_settings(source, rows)), Path(folder))
    return {
        "seconds": round(time.perf_counter() - wall, 1),
        "cpu_seconds": round(time.process_time() - start, 1),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def train(source: str, folder: str, steps: int) -> dict[str, float]:
    """CPU seconds a step of the workflow's own training: the difference of a long training and a short one."""
    from carryover.planning.runs import RunSettings
    from carryover.training.loop import train as run

    spent = []
    for total in (WARM_STEPS, WARM_STEPS, WARM_STEPS + steps):  # the first one also warms up the process
        settings = RunSettings.read(
            {
                "dataset": dataset_settings(source, ROWS),
                "model": MODEL,
                "training": {**TRAINING, "steps": total, "validate_every": total},
            }
        )
        with tempfile.TemporaryDirectory() as out:
            start = time.process_time()
            run(
                settings, Path(folder), Path(out, "run"), Path(out, "state"), device="cpu", log=lambda _: None
            )
            spent.append(time.process_time() - start)
    return {"cpu_seconds_per_step": (spent[2] - spent[1]) / steps}


def plain(source: str, folder: str, steps: int, flush: bool = False) -> dict[str, float]:
    """CPU seconds a step of a script as a student writes it."""
    import torch
    from torch import nn
    from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
    from torch.utils.data import DataLoader, Dataset

    torch.set_num_threads(1)
    torch.manual_seed(42)
    torch.set_flush_denormal(flush)
    packed = (
        lzma.decompress(Path(source).read_bytes()) if source.endswith(".xz") else Path(source).read_bytes()
    )
    table = list(csv.reader(io.StringIO(packed.decode(), newline="")))[1 : ROWS["train"] + 1]
    stop = set((Path(folder).parent / "stop.txt").read_text().split())

    def words(review: str) -> list[str]:
        return [re.sub(r"[^\w\s]", "", word.lower()) for word in review.split()]

    counts = Counter(word for review, _ in table for word in words(review) if word not in stop)
    vocabulary = {"<pad>": 0, "<unk>": 1}
    for word, count in counts.items():
        if count >= 5:
            vocabulary[word] = len(vocabulary)

    class Reviews(Dataset):
        def __len__(self) -> int:
            return len(table)

        def __getitem__(self, index: int) -> tuple[Any, int, int]:
            review, label = table[index]
            ids = [vocabulary.get(word, 1) for word in words(review)][:LIMIT]
            return torch.tensor(ids), len(ids), int(label == "positive")

    def collate(batch: list[Any]) -> tuple[Any, Any, Any]:
        ids, lengths, labels = zip(*batch, strict=True)
        return pad_sequence(list(ids), batch_first=True), torch.tensor(lengths), torch.tensor(labels)

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(len(vocabulary), 1, padding_idx=0)
            self.lstm = nn.LSTM(1, 100, batch_first=True)
            self.linear = nn.Linear(100, 2)
            for module in (self.embedding, self.linear):
                nn.init.xavier_normal_(module.weight)
            nn.init.zeros_(self.linear.bias)
            for name, parameter in self.lstm.named_parameters():
                if "weight" in name:
                    nn.init.orthogonal_(parameter)
                else:
                    nn.init.zeros_(parameter)

        def forward(self, ids: Any, lengths: Any) -> Any:
            embedded = self.embedding(ids)
            sequence = pack_padded_sequence(embedded, lengths, batch_first=True, enforce_sorted=False)
            output, (hidden, _) = self.lstm(sequence)
            pad_packed_sequence(output, batch_first=True)
            return self.linear(hidden[-1])

    model = Model()
    optimizer = torch.optim.RMSprop(model.parameters(), lr=0.001, momentum=0.9, eps=1e-6)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min((step + 1) / 200, 1))
    start, done = 0.0, 0
    while True:
        for ids, lengths, labels in DataLoader(Reviews(), batch_size=BATCH, shuffle=True, collate_fn=collate):
            if done == WARM_STEPS:
                start = time.process_time()
            if done == WARM_STEPS + steps:
                return {"cpu_seconds_per_step": (time.process_time() - start) / steps}
            loss = nn.functional.cross_entropy(model(ids, lengths), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            loss.item()
            done += 1


def make_up(path: Path, count: int) -> None:
    """Reviews of 60 to 600 words, drawn with Zipf's frequencies from 100,000 words."""
    draw = random.Random(0)
    words = [f"word{number}" for number in range(100_000)]
    weights = [1 / (number + 3) for number in range(len(words))]
    cumulative = list(itertools.accumulate(weights))
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["review", "sentiment"])
        for number in range(count):
            length = min(600, max(60, round(draw.lognormvariate(5.2, 0.6))))
            out.writerow(
                [
                    " ".join(draw.choices(words, cum_weights=cumulative, k=length)),
                    ("positive", "negative")[number % 2],
                ]
            )


def in_own_process(name: str, *arguments: Any) -> dict[str, float]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, __file__, "--one", json.dumps([name, *arguments])]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=10, help="timed steps of each training")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--one", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one is not None:
        name, *arguments = options.one
        print(json.dumps({"generate": generate, "train": train, "plain": plain}[name](*arguments)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        source = os.environ.get("CARRYOVER_IMDB")
        if not source:
            source = str(folder / "made-up.csv")
            make_up(Path(source), 50_000)
        whole = {"train": 35_000, "validation": 5_000, "test": 10_000}
        print(
            "50,000 reviews to a dataset:", in_own_process("generate", source, str(folder / "whole"), whole)
        )
        in_own_process("generate", source, str(folder / "small"), ROWS)
        stop_words = Path(__file__).parents[2] / "workflow/carryover/tasks/sentiment/stopwords_en.txt"
        (folder / "stop.txt").write_text(stop_words.read_text())
        kinds = {
            "workflow": ("train",),
            "plain script": ("plain",),
            "plain script, subnormals flushed": ("plain", True),
        }
        rates: dict[str, list[float]] = {kind: [] for kind in kinds}
        for _ in range(options.rounds):
            for kind, (name, *more) in kinds.items():
                found = in_own_process(name, source, str(folder / "small"), options.steps, *more)
                rates[kind].append(BATCH / found["cpu_seconds_per_step"])
                print(f"{kind}: {rates[kind][-1]:.1f} reviews per CPU second", flush=True)
        ours, theirs = (statistics.median(rates[kind]) for kind in ("workflow", "plain script"))
        print(f"workflow / plain script: {ours / theirs:.1f}")


if __name__ == "__main__":
    main()
