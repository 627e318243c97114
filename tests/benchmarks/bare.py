"""What the workflow's loop is compared with beside a script: a bare loop on ready tensors, and matrix products."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

GATES = {"rnn": 1, "gru": 3, "lstm": 4}
OPTIMIZERS = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "rmsprop": torch.optim.RMSprop}


class Model(nn.Module):
    """Any of the three architectures, as plain PyTorch has them, on padded batches."""

    def __init__(self, settings: Any, sizes: Any) -> None:
        super().__init__()
        self.kind = settings.kind
        cell = getattr(nn, settings.cell.upper())
        hidden, layers = settings.hidden, settings.layers
        self.embedding = nn.Embedding(sizes.alphabet, settings.embedding)
        self.recurrent = cell(settings.embedding * sizes.channels, hidden, layers, batch_first=True)
        if self.kind == "seq2seq":
            self.decoder = cell(hidden, hidden, layers, batch_first=True)
            self.between = nn.Linear(hidden, hidden)
        self.linear = nn.Linear(hidden, sizes.classes)

    def forward(self, batch: Any) -> Tensor:
        """A batch of the workflow → logits (B, T, classes)."""
        outputs, _ = self.recurrent(self.embedding(batch.inputs).flatten(2))
        if self.kind != "tagger":
            outputs = outputs[torch.arange(len(outputs)), batch.lengths - 1].unsqueeze(1)
        if self.kind == "seq2seq":
            outputs, _ = self.decoder(outputs.expand(-1, batch.targets.shape[1], -1))
            outputs = self.between(outputs)
        logits: Tensor = self.linear(outputs)
        return logits


def batches_of(job: Any) -> tuple[list[Any], list[Any], int]:
    """All training batches, the validation rows as one batch, and after how many steps they are validated."""
    training = [job.batches.batch(step) for step in range(job.batches.total)]
    held_out = job.validation
    validation = held_out.select(slice(0, held_out.rows), held_out.inputs.shape[1])
    return training, [validation], job.validate_every


class Bare:
    """Training as one writes it when the batches are there already."""

    def __init__(self, job: Any) -> None:
        torch.set_flush_denormal(True)
        settings = job.run.training
        self.training, self.validation, self.every = batches_of(job)
        self.model = Model(job.run.model, job.sizes)
        options = {"lr": settings.lr}
        if settings.optimizer == "rmsprop":
            options |= {"momentum": settings.momentum, "eps": settings.eps}
        self.optimizer = OPTIMIZERS[settings.optimizer](self.model.parameters(), **options)
        self.clip = settings.clip_norm
        self.loss = nn.CrossEntropyLoss(ignore_index=-1)

    def train(self) -> None:
        for number, batch in enumerate(self.training, start=1):
            self.optimizer.zero_grad()
            self.loss(self.model(batch).flatten(0, 1), batch.targets.flatten()).backward()
            if self.clip is not None:
                nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
            self.optimizer.step()
            if number % self.every == 0:
                self.validate()

    @torch.no_grad()
    def validate(self) -> None:
        for batch in self.validation:
            logits = self.model(batch)
            self.loss(logits.flatten(0, 1), batch.targets.flatten()).item()
            (logits.argmax(dim=2) == batch.targets).all(dim=1).float().mean().item()


class Products:
    """The matrix products of forward and backward passes, on numbers that are there already."""

    def __init__(self, job: Any) -> None:
        torch.set_flush_denormal(True)
        torch.manual_seed(0)
        model, sizes = job.run.model, job.sizes
        training, validation, every = batches_of(job)
        self.forward: dict[tuple[int, ...], int] = {}  # (rows, inner, columns) → how often
        self.backward: dict[tuple[int, ...], int] = {}
        validated = len(training) // every
        for batches, times, learns in ((training, 1, True), (validation, validated, False)):
            for batch in batches:
                self._count(model, sizes, batch, times, learns)
        self.numbers: dict[tuple[int, int], Tensor] = {}
        for rows, inner, columns in [*self.forward, *self.backward]:
            for shape in ((rows, inner), (inner, columns), (rows, columns)):
                self.numbers.setdefault(shape, torch.randn(shape))

    def _count(self, model: Any, sizes: Any, batch: Any, times: int, learns: bool) -> None:
        rows, length = batch.inputs.shape[:2]
        steps = batch.targets.shape[1]
        width = GATES[model.cell] * model.hidden
        stacks = [(model.embedding * sizes.channels, length)]
        if model.kind == "seq2seq":
            stacks.append((model.hidden, steps))
            self._layer(rows * steps, model.hidden, model.hidden, times, learns)
        for inputs, positions in stacks:
            for size in [inputs] + [model.hidden] * (model.layers - 1):
                self._layer(rows * positions, size, width, times, learns)
                # The recurrent part is one product a position, but its weights' gradient is one product in all.
                self._add(self.forward, (rows, model.hidden, width), times * positions)
                if learns:
                    self._add(self.backward, (rows, width, model.hidden), times * positions)
                    self._add(self.backward, (width, rows * positions, model.hidden), times)
        read = 1 if model.kind == "classifier" else steps
        self._layer(rows * read, model.hidden, sizes.classes, times, learns)

    def _layer(self, rows: int, inputs: int, outputs: int, times: int, learns: bool) -> None:
        """x W, and for learning the gradients of x and of W."""
        self._add(self.forward, (rows, inputs, outputs), times)
        if learns:
            self._add(self.backward, (rows, outputs, inputs), times)
            self._add(self.backward, (outputs, rows, inputs), times)

    @staticmethod
    def _add(products: dict[tuple[int, ...], int], shape: tuple[int, ...], times: int) -> None:
        products[shape] = products.get(shape, 0) + times

    @torch.no_grad()
    def compute(self) -> None:
        for products in (self.forward, self.backward):
            for (rows, inner, columns), times in products.items():
                left, right = self.numbers[rows, inner], self.numbers[inner, columns]
                for _ in range(times):
                    torch.mm(left, right, out=self.numbers[rows, columns])
