"""Examples a second on a GPU: `PYTHONPATH=workflow python tests/benchmarks/bench_gpu.py`.

For every architecture and length: a plain PyTorch loop, the training loop of this project, and the same with CUDA
graphs; then several such jobs side by side on the one GPU, each with its share of the memory. A line of JSON for each,
in which `examples_per_second` is that of all jobs together, `against_plain` the ratio to the plain loop, and
`graphs_gain` that of graphs to the same jobs without. Exit code 2, and one line, where there is no GPU;
`--device cpu --lengths 11 --seconds 1` shows that it works.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

ARCHITECTURES = ("tagger", "classifier", "seq2seq")
LENGTHS = (11, 100, 1000, 5000)
HIDDEN, EMBEDDING, LAYERS = 64, 32, 2
WARM_UP_STEPS = 6  # libraries choose their kernels, a graph is captured

Case = dict[str, Any]


def dataset_settings(architecture: str, length: int, rows: int, folder: Path) -> dict[str, Any]:
    """A dataset in the task that the architecture is for, whose inputs have `length` positions (but for seq2seq)."""
    splits = {"train": rows, "validation": 8, "test": 8}
    if architecture == "tagger":
        numbers = {"kind": "uniform_digits", "digits": length - 1}
        return {"task": "digit_sum", "distribution": numbers, "rows": splits}
    if architecture == "seq2seq":
        grammar = {"operators": "+-", "operands": [3], "numbers": {"smallest": 10, "largest": 99}}
        return {"task": "expression", "distribution": {"kind": "grammar", **grammar}, "rows": splits}
    reviews = folder / f"reviews-{length}.csv"
    words = ["word", "another", "third", "film", "plot"]
    with reviews.open("w") as file:
        file.write("review,sentiment\n")
        for number in range(rows + 16):
            text = " ".join(words[(number + place * place) % len(words)] for place in range(length))
            file.write(f"{text},{('negative', 'positive')[number % 2]}\n")
    source = {"kind": "file", "path": str(reviews)}
    return {"task": "sentiment", "source": source, "max_tokens": length, "rows": splits}


def stretch(examples: Any, length: int) -> None:
    """Repeat every input until it has `length` positions; expressions are not that long by themselves."""
    times = -(-length // examples.inputs.shape[1])
    examples.inputs = examples.inputs.repeat(1, times, 1)[:, :length].contiguous()
    examples.lengths.fill_(length)
    examples.lengths_on_host[:] = length


def run_settings(case: Case) -> Any:
    """The run of a case: shuffled batches of data that lies on the device."""
    from carryover.planning.runs import read_run

    model = {
        "kind": case["architecture"],
        "cell": case["cell"],
        "embedding": EMBEDDING,
        "hidden": HIDDEN,
        "layers": LAYERS,
    }
    training = {"epochs": 1, "batch": case["batch"], "cuda_graphs": case["loop"] == "graphs"}
    return read_run({"dataset": case["dataset"], "model": model, "training": training | case["training"]})


def prepared(case: Case) -> tuple[Callable[[], None], Callable[[], dict[str, Any]]]:
    """A function that makes `case["steps"]` steps, and one that says what there is to say about them."""
    import torch

    from carryover.training import loop, state
    from carryover.training.device import torch_device
    from carryover.training.interruption import Interruption
    from carryover.training.job import Job

    run, folder = run_settings(case), Path(case["folder"])
    device = torch_device(case["device"], print)
    job = Job(
        run,
        folder,
        device,
        state.identity(run.canonical(), "", "", device.type),
        folder / f"state-{os.getpid()}",
        save_seconds=float("inf"),
        interruption=Interruption(),
        log=lambda line: None,
    )
    job.validation = None  # not part of the loops that are compared
    if case["architecture"] == "seq2seq":
        stretch(job.batches.examples, case["length"])
    batch = job.batches.batch(0)
    bare = Bare(case, batch, job.sizes).to(device) if case["loop"] == "plain" else None

    def turn() -> None:
        if bare is not None:
            bare.learn(case["steps"])
        else:
            loop._loop(job, job.resumed())
        if device.type == "cuda":
            torch.cuda.synchronize()

    def about() -> dict[str, Any]:
        cuda = device.type == "cuda"
        return {
            "gpu": torch.cuda.get_device_name() if cuda else None,
            "memory_mb": round(torch.cuda.max_memory_allocated() / 1e6, 1) if cuda else None,
        }

    return turn, about


def Bare(case: Case, batch: Any, sizes: Any) -> Any:  # noqa: N802 (a class that is made once PyTorch is imported)
    """The same architecture and step in plain PyTorch, always on the same batch."""
    import torch
    from torch import nn

    class Bare(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            cell = getattr(nn, case["cell"].upper())
            self.embedding = nn.Embedding(sizes.alphabet, EMBEDDING)
            self.recurrent = cell(EMBEDDING * sizes.channels, HIDDEN, LAYERS, batch_first=True)
            if case["architecture"] == "seq2seq":
                self.decoder = cell(HIDDEN, HIDDEN, LAYERS, batch_first=True)
                self.between = nn.Linear(HIDDEN, HIDDEN)
            self.linear = nn.Linear(HIDDEN, sizes.classes)
            self.loss = nn.CrossEntropyLoss(ignore_index=-1)
            self.optimizer: torch.optim.Optimizer | None = None

        def forward(self) -> torch.Tensor:
            outputs = self.recurrent(self.embedding(batch.inputs).flatten(2))[0]
            if case["architecture"] == "classifier":
                outputs = outputs[:, -1:]
            if case["architecture"] == "seq2seq":
                context = outputs[:, -1:].expand(-1, batch.targets.shape[1], -1)
                outputs = self.between(self.decoder(context)[0]).relu()
            logits: torch.Tensor = self.linear(outputs)
            return logits

        def learn(self, steps: int) -> None:
            self.optimizer = self.optimizer or torch.optim.Adam(self.parameters(), lr=1e-3)
            for _ in range(steps):
                self.optimizer.zero_grad()
                self.loss(self().flatten(0, 1), batch.targets.flatten()).backward()
                self.optimizer.step()

    return Bare()


def measure(case: Case, ready: Callable[[], None] = lambda: None) -> dict[str, Any]:
    """Examples a second of one job, from when `ready` returns, for `case["seconds"]`."""
    turn, about = prepared(case)
    for _ in range(-(-WARM_UP_STEPS // case["steps"])):
        turn()
    ready()
    turns, start = 0, time.perf_counter()
    while turns == 0 or time.perf_counter() - start < case["seconds"]:
        turn()
        turns += 1
    seconds = time.perf_counter() - start
    return {"examples_per_second": turns * case["steps"] * case["batch"] / seconds, **about()}


def child(case: Case) -> None:
    """One job in a process of its own: says when it is ready, waits for a line, measures."""

    def ready() -> None:
        print("ready", flush=True)
        sys.stdin.readline()

    print(json.dumps(measure(case, ready)), flush=True)


def side_by_side(case: Case, jobs: int) -> dict[str, Any]:
    """So many jobs of one case at once: their examples a second together, and the most memory that one took."""
    from carryover.training.device import JOBS_PER_GPU

    environment = os.environ | {
        JOBS_PER_GPU: str(jobs),
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    with ExitStack() as stack:
        children = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, __file__, "--child", json.dumps(case)],
                    env=environment,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for _ in range(jobs)
        ]
        begun = [one.stdout.readline() == "ready\n" for one in children if one.stdout]
        found = [one.communicate("go\n" if all(begun) else "")[0] for one in children] if all(begun) else []
        for one in children:
            one.kill()
    if not found or any(one.returncode for one in children):
        return {"failed": True}  # out of memory, mostly; the job's own words stand above
    results = [json.loads(text.splitlines()[-1]) for text in found]
    together = sum(result["examples_per_second"] for result in results)
    return results[0] | {"examples_per_second": round(together, 1)}


def steps_of(length: int) -> int:
    """Steps of one turn: so many that looking at the losses, once a turn, does not show."""
    return max(3, min(50, 5000 // length))


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--architectures", nargs="+", choices=ARCHITECTURES, default=ARCHITECTURES)
    parser.add_argument("--cells", nargs="+", choices=("rnn", "lstm", "gru"), default=("lstm",))
    parser.add_argument("--lengths", nargs="+", type=int, default=LENGTHS)
    parser.add_argument(
        "--jobs", nargs="*", type=int, default=(2, 4, 8), help="numbers of jobs side by side, beside one"
    )
    parser.add_argument("--batch", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=5.0, help="for each line (default 5)")
    parser.add_argument(
        "--training",
        type=json.loads,
        default={},
        help='training settings, such as \'{"precision": "bfloat16"}\'',
    )
    parser.add_argument("--child", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.child:
        child(options.child)
        return
    if options.device == "cuda" and not _has_gpu():
        print("bench_gpu: PyTorch finds no CUDA device here; nothing measured", file=sys.stderr)
        sys.exit(2)
    for architecture in options.architectures:
        for length in options.lengths:
            for cell in options.cells:
                compare(architecture, length, cell, options)


def _has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


def compare(architecture: str, length: int, cell: str, options: argparse.Namespace) -> None:
    """Print a line for each loop and number of jobs."""
    from carryover.planning.runs import read_dataset
    from carryover.tasks.generate import generate

    steps = steps_of(length)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        dataset = dataset_settings(architecture, length, steps * options.batch, folder)
        generate(read_dataset(dataset), folder)
        case = {
            "architecture": architecture,
            "cell": cell,
            "length": length,
            "batch": options.batch,
            "steps": steps,
            "seconds": options.seconds,
            "device": options.device,
            "dataset": dataset,
            "folder": name,
            "training": options.training,
        }
        loops = ("own", "graphs") if options.device == "cuda" else ("own",)  # a CPU has no graphs
        rates: dict[tuple[str, int], float] = {}
        for loop, jobs in [("plain", 1), *((loop, jobs) for jobs in (1, *options.jobs) for loop in loops)]:
            found = side_by_side(case | {"loop": loop}, jobs)
            row = {"architecture": architecture, "cell": cell, "length": length, "loop": loop, "jobs": jobs}
            if "failed" not in found:
                rates[loop, jobs] = rate = found["examples_per_second"]
                if loop != "plain" and ("plain", 1) in rates:
                    row["against_plain"] = round(rate / rates["plain", 1], 3)
                if loop == "graphs" and ("own", jobs) in rates:
                    row["graphs_gain"] = round(rate / rates["own", jobs], 3)
            print(json.dumps(row | found), flush=True)


if __name__ == "__main__":
    main()
