"""A trained checkpoint answers one question."""

from __future__ import annotations

from pathlib import Path

from carryover.tasks import TASKS
from carryover.training.runs import load_run


def ask(folder: Path, question: str) -> str:
    """The model's answer to a question as its task reads it, with the right answer beside it where there is one.

    Raises UserError where the folder holds no run or the question is not one of the task's.
    """
    import torch

    run = load_run(folder)
    task = TASKS[run.settings.dataset.task].data
    table = task.parse(question, run.settings)
    encoded = task.encode(table, run.settings, run.dataset_folder)
    with torch.inference_mode():
        inputs, lengths = (
            torch.from_numpy(encoded.inputs.astype("int64")),
            torch.from_numpy(encoded.lengths.astype("int64")),
        )
        logits = run.model(inputs, lengths, None)  # (1, T, K)
    (answer,) = task.decode(logits.argmax(-1).numpy(), table, run.settings)
    lines = [f"{question.strip()} → {answer}"]
    if run.settings.dataset.task == "sentiment":
        probability = logits.softmax(-1).max().item()
        return f"{lines[0]} (probability {probability:.3f})"
    (right,) = task.answer(table)
    return f"{lines[0]}   " + ("right" if answer == right else f"wrong: the right answer is {right}")
