"""A trained checkpoint answers one question."""

from __future__ import annotations

from pathlib import Path

from carryover.tasks import TASKS
from carryover.training.runs import load_run


def ask(folder: Path, question: str) -> str:
    """The model's answer to a question, and whether it is correct. For a label, the model's probability instead.

    Raises UserError where the folder holds no run or the question is not one of the task's.
    """
    import torch

    run = load_run(folder)
    task = TASKS[run.settings.dataset.task]
    table = task.data.parse(question, run.settings)
    encoded = task.data.encode(table, run.settings, run.dataset_folder)
    with torch.inference_mode():
        inputs, lengths = (
            torch.from_numpy(encoded.inputs.astype("int64")),
            torch.from_numpy(encoded.lengths.astype("int64")),
        )
        logits = run.model(inputs, lengths, None)  # (1, T, K)
    (answer,) = task.data.decode(logits.argmax(-1).numpy(), table, run.settings)
    answered = f"{question.strip()} → {answer}"
    if task.answers == "label":
        return f"{answered} (probability {logits.softmax(-1).max().item():.3f})"
    (correct,) = task.data.answer(table)
    return f"{answered}   " + ("correct" if answer == correct else f"wrong: the correct answer is {correct}")
