"""What a training computes, against a bare PyTorch loop; how it ends; what it writes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

import carryover
from carryover.data.files import read_json, write_json
from carryover.data.parquet import read_split, write_split
from carryover.errors import UserError
from carryover.models import build
from carryover.settings.models import Tagger
from carryover.tasks.encoded import Sizes
from carryover.training import history, job, loop
from carryover.training.batches import open_batches
from carryover.training.determinism import seed_global_generator
from carryover.training.device import JOBS_PER_GPU, torch_device
from carryover.training.job import solved_at
from tests.training.conftest import DIGITS, Trained

NewRun = Callable[..., Trained]
SHORT = {"operators": "+-", "operands": [2], "numbers": {"smallest": 0, "largest": 9}}
LONG = SHORT | {"numbers": {"smallest": 100_000, "largest": 999_999}}
ROWS = {"train": 300, "validation": 50}
EXPRESSIONS = {"task": "expression", "distribution": {"kind": "grammar", **SHORT}, "rows": ROWS}
OF_TWO_LENGTHS = EXPRESSIONS | {
    "distribution": {"kind": "mixture", "components": [SHORT | {"share": 20}, LONG]}
}


def curve(trained: Trained, metric: str, split: str = "train") -> dict[int, float]:
    rows = pq.read_table(trained.out / "history.parquet").to_pylist()
    return {row["step"]: row["value"] for row in rows if row["metric"] == metric and row["split"] == split}


class Bare(nn.Module):
    """The tagger as PyTorch's own multi-layer module."""

    def __init__(self, mine: Any) -> None:
        super().__init__()
        self.embedding = nn.Embedding(10, 4)
        self.rnn = nn.RNN(8, 8, 2, batch_first=True)
        self.linear = nn.Linear(8, 10)
        with torch.no_grad():
            self.embedding.weight.copy_(mine.embedding.weight)
            self.linear.load_state_dict(mine.linear.state_dict())
            for number, layer in enumerate(mine.recurrent.forward_layers):
                for name, parameter in layer.named_parameters():
                    getattr(self.rnn, name.replace("_l0", f"_l{number}")).copy_(parameter)

    def forward(self, digits: torch.Tensor) -> torch.Tensor:
        embedded = torch.cat([self.embedding(digits[..., 0]), self.embedding(digits[..., 1])], dim=-1)
        logits: torch.Tensor = self.linear(self.rnn(embedded)[0])
        return logits


def test_training_equals_a_bare_loop(new_run: NewRun) -> None:
    trained = new_run(steps=30, lr=0.01, clip_norm=0.5, gradient_norm=True, schedule="cosine", warmup_steps=5)
    info = trained.train()
    run, cpu = trained.run, torch.device("cpu")
    seed_global_generator(cpu, run.address(), "initialisation")
    bare = Bare(build(run.model, Sizes(10, 2, 10, 3, None)))
    optimizer = torch.optim.Adam(bare.parameters(), lr=0.01)
    batches = open_batches(run, trained.dataset, cpu, trims=False)
    losses, norms = [], []
    for step in range(30):
        batch = batches.batch(step)
        for group in optimizer.param_groups:
            group["lr"] = 0.01 * (step + 1) / 5 if step < 5 else 0.005 * (1 + np.cos(np.pi * (step - 5) / 25))
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(bare(batch.inputs).permute(0, 2, 1), batch.targets)
        loss.backward()
        norms.append(nn.utils.clip_grad_norm_(bare.parameters(), 0.5).item())
        optimizer.step()
        losses.append(loss.item())
    assert list(curve(trained, "loss").values()) == pytest.approx(losses, rel=1e-4)
    assert list(curve(trained, "gradient_norm").values()) == pytest.approx(norms, rel=1e-3)
    assert max(norms) > 0.5  # so that clipping did something
    checkpoint = load_file(trained.out / "model.safetensors")
    torch.testing.assert_close(checkpoint["linear.weight"], bare.linear.weight.detach(), rtol=1e-3, atol=1e-5)
    torch.testing.assert_close(
        checkpoint["recurrent.forward_layers.1.weight_hh_l0"],
        bare.rnn.weight_hh_l1.detach(),
        rtol=1e-3,
        atol=1e-5,
    )
    assert info["parameters"] == sum(parameter.numel() for parameter in bare.parameters())


def test_same_run_gives_the_same_bytes_and_another_seed_does_not(new_run: NewRun) -> None:
    first, second, other = new_run(), new_run(), new_run(seed=1)
    for trained in (first, second, other):
        trained.train()
    assert first.bytes == second.bytes
    assert first.info["checkpoint_digest"] != other.info["checkpoint_digest"]
    assert not first.state.exists()
    assert not [path for path in first.out.iterdir() if "partial" in path.name]


def test_history_and_cost(new_run: NewRun) -> None:
    trained = new_run(steps=100, validate_every=40, schedule="exponential", decay_rate=0.5, decay_steps=50)
    info = trained.train()
    table = pq.read_table(trained.out / "history.parquet")
    assert table.schema.remove_metadata() == history.HISTORY
    assert list(curve(trained, "loss")) == list(range(1, 101))
    for metric in ("loss", "exact_match", "token_accuracy"):
        assert list(curve(trained, metric, "validation")) == [40, 80, 100]
    assert curve(trained, "lr")[51] == pytest.approx(0.0005)
    last = table.to_pylist()[-1]
    assert (last["step"], last["examples"], last["epoch"]) == (100, 2500, pytest.approx(2500 / 600))
    assert info["status"] == "finished"
    assert (info["steps"], info["solved_at"], info["best_step"]) == (100, None, None)
    cost = carryover.load_run(trained.out).cost
    assert cost["seconds"] >= cost["training_seconds"] > 0
    assert cost["seconds_per_step"] == pytest.approx(cost["training_seconds"] / 100, abs=1e-4)
    assert cost["peak_memory_mb"] > 10
    assert cost["threads"] == 1


def test_history_of_a_long_training_is_means_over_intervals(
    new_run: NewRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    fine = new_run(steps=50)
    fine.train()
    monkeypatch.setattr(history, "HISTORY_ROWS", 7)  # intervals of 8 steps, the last of 2
    coarse = new_run(steps=50)
    coarse.train()
    steps = list(curve(fine, "loss").values())
    found = curve(coarse, "loss")
    assert list(found) == [8, 16, 24, 32, 40, 48, 50]
    assert list(found.values()) == pytest.approx(
        [np.mean(steps[start : start + 8]) for start in range(0, 50, 8)]
    )


def test_epochs_are_validated_at_their_end(new_run: NewRun) -> None:
    trained = new_run(epochs=3, steps=None, batch=100, validate_every=None)
    trained.train()
    assert list(curve(trained, "loss", "validation")) == [6, 12, 18]


def test_solved_needs_two_validations_in_a_row() -> None:
    def steps(*exact: float) -> int | None:
        return solved_at([{"step": 10 * (n + 1), "exact_match": value} for n, value in enumerate(exact)])

    assert steps(0.5, 0.999, 0.998, 1.0, 0.999, 0.2) == 40
    assert steps(1.0, 0.9, 1.0, 0.9) is None
    assert steps() is None


def test_stops_once_solved_as_the_longer_training_was_at_that_step(new_run: NewRun) -> None:
    one_digit = DIGITS | {
        "distribution": {"kind": "uniform_digits", "digits": 1}
    }  # 600 rows hold all 100 pairs
    easy = {
        "dataset": one_digit,
        "steps": 1000,
        "lr": 0.02,
        "model": {"hidden": 24, "layers": 1},
        "validate_every": 50,
    }
    stopped = new_run(**easy, stop_when_solved=True)
    info = stopped.train()
    assert info["status"] == "solved"
    assert info["steps"] == info["solved_at"] + 50 < 700
    assert list(curve(stopped, "exact_match", "validation").values())[-2:] == [1.0, 1.0]
    assert max(curve(stopped, "loss")) == info["steps"]


def test_best_checkpoint_is_that_of_the_lowest_validation_loss(new_run: NewRun) -> None:
    # The rate rises until it undoes what was learned: on no machine is the last validation the best.
    shaky = {"steps": 200, "lr": 20.0, "warmup_steps": 200, "validate_every": 20, "optimizer": "sgd"}
    best, final = new_run(**shaky, checkpoint="best"), new_run(**shaky)
    info = best.train()
    final.train()
    losses = curve(best, "loss", "validation")
    assert info["best_step"] == min(losses, key=lambda step: losses[step]) != 200
    loaded = carryover.load_run(best.out)
    assert rescored(best, loaded.model) == pytest.approx(min(losses.values()))
    assert rescored(final, carryover.load_run(final.out).model) == pytest.approx(
        curve(final, "loss", "validation")[200]
    )


def rescored(trained: Trained, model: Any) -> float:
    """The validation loss of a model, with PyTorch's own loss."""
    from carryover.tasks.digit_sum import data as digit_sum

    data = digit_sum.encode(pq.read_table(trained.dataset / "validation.parquet"), trained.run, None)
    with torch.no_grad():
        logits = model(torch.from_numpy(data.inputs).long(), torch.from_numpy(data.lengths).long())
    targets = torch.from_numpy(data.targets).long()
    return nn.functional.cross_entropy(logits.permute(0, 2, 1), targets).item()


@pytest.mark.parametrize("changes", [{"optimizer": "sgd", "lr": 1e30}, {"optimizer": "sgd", "lr": 3e5}])
def test_divergence_is_a_result(new_run: NewRun, changes: dict[str, Any]) -> None:
    trained = new_run(**changes)
    info = trained.train()
    assert info["status"] == "diverged"
    assert info["steps"] < 120
    checkpoint = load_file(trained.out / "model.safetensors")
    assert all(tensor.isfinite().all() for tensor in checkpoint.values())
    values = pq.read_table(trained.out / "history.parquet").column("value").to_numpy()
    assert np.isfinite(values).all()
    assert not trained.state.exists()


def test_divergence_keeps_the_last_finite_parameters(
    new_run: NewRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "CHECK_EVERY", 10)
    calm, wild = new_run(steps=30), new_run()
    calm.run = wild.run
    make_step = job.make_step

    def breaking(*arguments: Any) -> Any:
        step = make_step(*arguments)
        count = 0

        def broken(batch: Any, lr: float) -> Any:
            nonlocal count
            count += 1
            loss, norm = step(batch, lr)
            return (loss * float("nan") if count == 47 else loss), norm

        return broken

    monkeypatch.setattr(job, "make_step", breaking)
    assert wild.train()["steps"] == 46
    monkeypatch.setattr(job, "make_step", make_step)
    # The same run as it was at the last check before: step 40.
    seen: dict[str, Any] = {}
    monkeypatch.setattr(
        loop,
        "_diverged",
        lambda one, progress: seen.setdefault(progress.step, job.copied(one.model)) is None,
    )
    calm.train()
    kept = load_file(wild.out / "model.safetensors")
    assert all(torch.equal(kept[name], tensor) for name, tensor in seen[40].items())


def test_a_rate_that_only_fails_to_learn_does_not_diverge(new_run: NewRun) -> None:
    assert new_run(lr=0.5).train()["status"] == "finished"


@pytest.mark.parametrize(
    "model",
    [
        {"kind": "classifier", "cell": "gru", "embedding": 4, "hidden": 16},
        {"kind": "classifier", "cell": "lstm", "embedding": 4, "hidden": 16, "padding": "left"},
        {"kind": "seq2seq", "cell": "lstm", "embedding": 4, "hidden": 16, "layers": 2},
        {"kind": "seq2seq", "cell": "gru", "embedding": 4, "hidden": 16, "decoder": "teacher_forcing"},
    ],
)
def test_other_architectures_learn(new_run: NewRun, model: dict[str, Any]) -> None:
    trained = new_run(dataset=EXPRESSIONS, model=model, steps=150, lr=0.01, bucket_window=100, batch=50)
    trained.train()
    losses = list(curve(trained, "loss").values())
    assert np.mean(losses[-10:]) < 0.7 * losses[0]
    padded = curve(trained, "token_accuracy_padded", "validation")
    assert (len(padded) > 0) == (model["kind"] == "seq2seq")


def test_loss_on_padding_counts_padding(new_run: NewRun) -> None:
    model = {"kind": "seq2seq", "cell": "gru", "embedding": 4, "hidden": 16}
    results = {}
    for padding in (False, True):
        trained = new_run(dataset=EXPRESSIONS, model=model, steps=150, lr=0.01, loss_on_padding=padding)
        trained.train()
        results[padding] = curve(trained, "token_accuracy_padded", "validation")[150]
    assert results[True] > results[False] + 0.1


def test_trimming_changes_no_result(new_run: NewRun, monkeypatch: pytest.MonkeyPatch) -> None:
    model = {"kind": "seq2seq", "cell": "gru", "hidden": 8, "embedding": 4}
    changes = {"dataset": OF_TWO_LENGTHS, "steps": 20, "batch": 10, "model": model}
    trimmed, whole = new_run(**changes), new_run(**changes)
    trimmed.train()
    monkeypatch.setattr("carryover.models.seq2seq.Seq2seq.ignores_padding", False)
    whole.train()
    assert list(curve(trimmed, "loss").values()) == pytest.approx(
        list(curve(whole, "loss").values()), rel=1e-4
    )


@pytest.mark.parametrize("model", [{}, {"kind": "seq2seq", "cell": "gru", "embedding": 4, "hidden": 8}])
def test_without_a_gpu_there_are_no_graphs(
    new_run: NewRun, monkeypatch: pytest.MonkeyPatch, model: dict[str, Any]
) -> None:
    for module in ("job", "batches"):  # the setting is part of what seeds are derived from
        monkeypatch.setattr(f"carryover.training.{module}.run_key", lambda run: "the same seeds")
    dataset = {"dataset": OF_TWO_LENGTHS} if model else {}
    plain, asked = (new_run(model=model, **dataset, steps=20, cuda_graphs=on) for on in (False, True))
    plain.train()
    asked.train()
    assert "cuda_graphs: there are none on cpu; steps run plainly" in asked.lines
    assert asked.info["settings"]["training"]["cuda_graphs"] is True
    assert asked.bytes["model.safetensors"] == plain.bytes["model.safetensors"]
    assert asked.bytes["history.parquet"] == plain.bytes["history.parquet"]


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_gpu_that_pytorch_cannot_use_is_no_secret() -> None:
    lines: list[str] = []
    assert torch_device("auto", lines.append) == torch.device("cpu")
    assert lines == [f"PyTorch {torch.__version__} finds no GPU; training on the CPU"]
    with pytest.raises(UserError, match="device: cuda asks for a GPU"):
        torch_device("cuda", lines.append)


@pytest.mark.parametrize(("jobs", "share"), [("", None), ("1", None), ("4", 0.25)])
def test_a_job_takes_its_share_of_the_gpus_memory(
    monkeypatch: pytest.MonkeyPatch, jobs: str, share: float | None
) -> None:
    taken: list[float] = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "set_per_process_memory_fraction", taken.append)
    monkeypatch.setenv(JOBS_PER_GPU, jobs)
    if not jobs:
        monkeypatch.delenv(JOBS_PER_GPU)
    assert torch_device("auto", print) == torch.device("cuda", 0)
    assert taken == ([share] if share else [])


def test_loaded_run_is_the_trained_one(new_run: NewRun) -> None:
    trained = new_run(steps=60)
    info = trained.train()
    found = carryover.load_run(trained.out)
    assert found.settings == trained.run
    assert found.info == info
    assert isinstance(found.settings.model, Tagger)
    assert set(found.history["split"]) == {"train", "validation"}
    assert not found.model.training
    assert rescored(trained, found.model) == pytest.approx(curve(trained, "loss", "validation")[60])


def test_folder_without_a_run_is_the_users_mistake(new_run: NewRun) -> None:
    trained = new_run(steps=5)
    with pytest.raises(UserError, match=r"no finished run here"):
        carryover.load_run(trained.out)
    trained.train()
    (trained.out / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(UserError, match=r"not a checkpoint"):
        carryover.load_run(trained.out)


def test_process_imports_only_what_it_needs(new_run: NewRun) -> None:
    trained = new_run(steps=2)
    code = f"""
import sys, json
import carryover, carryover.training.device
assert "torch" not in sys.modules
from pathlib import Path
from carryover.planning.runs import read_run
from carryover.training.loop import train
run = read_run(json.loads({trained.run.model_dump_json()!r}))
train(run, *map(Path, {[str(trained.dataset), str(trained.out), str(trained.state)]!r}), device="cpu")
print([name for name in ("pandas", "torch._dynamo", "sympy", "scipy", "matplotlib") if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd="workflow", check=False
    )
    assert (done.stdout, done.returncode) == ("[]\n", 0), done.stderr


def test_empty_validation_split(new_run: NewRun) -> None:
    trained = new_run(steps=5)
    folder = trained.out.parent / "dataset"
    folder.mkdir(parents=True)
    (folder / "train.parquet").symlink_to(trained.dataset / "train.parquet")
    validation = read_split(trained.dataset / "validation.parquet")
    empty = write_split(folder / "validation.parquet", validation.schema.remove_metadata(), [])
    about = read_json(trained.dataset / "dataset.json")
    write_json(folder / "dataset.json", about | {"digests": about["digests"] | {"validation": empty}})
    trained.dataset = folder
    trained.train()
    assert curve(trained, "loss", "validation") == {}
    best = Trained(trained.run.model_copy(), trained.dataset, trained.out.parent / "best")
    best.run = best.run.model_copy(
        update={"training": best.run.training.model_copy(update={"checkpoint": "best"})}
    )
    with pytest.raises(UserError, match=r"validation split is empty"):
        best.train()


@pytest.mark.parametrize("order", ["shuffled", "fresh"])
@pytest.mark.parametrize("name", ["train", "validation"])
def test_rows_that_the_dataset_did_not_draw_are_not_trained_on(
    new_run: NewRun, tmp_path: Path, name: str, order: str
) -> None:
    trained = new_run(order=order, steps=4)
    other = new_run(dataset=DIGITS | {"seed": 1}, steps=4)
    mixed = Path(shutil.copytree(trained.dataset, tmp_path / "mixed"))
    shutil.copy(other.dataset / f"{name}.parquet", mixed)
    trained.dataset = mixed
    with pytest.raises(UserError, match=rf"{name}\.parquet: damaged"):
        trained.train()
    assert not trained.out.exists()
