"""Training scripts of the kind that the reports' authors wrote: one example at a time in Python, and PyTorch's modules.

They follow the code that the reports print, and the public assignments behind them where a report prints none: digit
lists made number by number for each batch (both adders), a row of a pandas table for each expression, a review that is
tokenised whenever it is read, a DataLoader with its default settings, packed sequences where lengths differ
(expression-seq2seq, imdb-sweeps), the loss read after every step, and subnormal numbers as they come.

Each script is a class on `Script`: it is made once, and `train()` trains as many steps and validates as often as the
workflow's own run of the same settings (`cases.py`).
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

CELLS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


# The models.


class Adder(nn.Module):
    """Two digits a position → embeddings side by side → recurrent layers → linear (adder-prml, adder-lengths)."""

    def __init__(self, cell: str, embedding: int, hidden: int, layers: int) -> None:
        super().__init__()
        self.embed_layer = nn.Embedding(10, embedding)
        self.rnn = CELLS[cell](2 * embedding, hidden, layers)
        self.dense = nn.Linear(hidden, 10)

    def forward(self, num1: Tensor, num2: Tensor) -> Tensor:
        """Digits (B, L) twice → logits (B, L, 10)."""
        embedded = torch.cat((self.embed_layer(num1), self.embed_layer(num2)), 2).transpose(0, 1)
        output, _ = self.rnn(embedded)
        return self.dense(output).transpose(0, 1)


class Classifier(nn.Module):
    """Symbols → the last state → linear (three-number, imdb-sweeps)."""

    def __init__(
        self, vocabulary: int, classes: int, cell: str, embedding: int, hidden: int, packed: bool
    ) -> None:
        super().__init__()
        self.packed = packed
        self.embedding = nn.Embedding(vocabulary, embedding, padding_idx=0 if packed else None)
        self.recurrent = CELLS[cell](embedding, hidden, batch_first=True)
        self.linear = nn.Linear(hidden, classes)

    def forward(self, ids: Tensor, lengths: Tensor | None = None) -> Tensor:
        """Symbols (B, L), lengths (B,) where they are packed → logits (B, classes)."""
        embedded = self.embedding(ids)
        if self.packed:
            sequence = pack_padded_sequence(embedded, lengths, batch_first=True, enforce_sorted=False)
            output, (hidden, _) = self.recurrent(sequence)
            pad_packed_sequence(output, batch_first=True)
            return self.linear(hidden[-1])
        output, _ = self.recurrent(embedded)
        return self.linear(output[:, -1])


class Seq2seq(nn.Module):
    """Symbols → encoder → its last state at every step → decoder → two linear layers (expression-seq2seq)."""

    def __init__(self, vocabulary: int, classes: int, embedding: int, hidden: int, layers: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, embedding, padding_idx=0)
        self.encoder = nn.LSTM(embedding, hidden, layers, batch_first=True)
        self.decoder = nn.LSTM(hidden, hidden, layers, batch_first=True)
        self.linear = nn.Sequential(nn.Linear(hidden, hidden), nn.Linear(hidden, classes))

    def forward(self, ids: Tensor, lengths: Tensor, steps: int) -> Tensor:
        """Symbols (B, L), lengths (B,), the number of answer positions T → logits (B, T, classes)."""
        sequence = pack_padded_sequence(self.embedding(ids), lengths, batch_first=True, enforce_sorted=False)
        _, (hidden, _) = self.encoder(sequence)
        output, _ = self.decoder(hidden[-1].unsqueeze(1).repeat(1, steps, 1))
        return self.linear(output)


# The scripts.


class Script:
    """What the scripts share: epochs over a DataLoader, a progress bar, the loss and accuracy of every batch."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    ignored = -100  # the target that is padding

    def train(self) -> None:
        """One epoch and its validation."""
        self.model.train()
        bar = tqdm(self.training_batches())
        losses, correct, total = [], 0, 0
        for batch in bar:
            loss, logits, targets = self.loss_of(batch)
            self.optimizer.zero_grad()
            loss.backward()
            self.after_backward()
            self.optimizer.step()
            self.after_step()
            losses.append(loss.item())
            correct += self.correct(logits, targets)
            total += len(targets)
            bar.set_postfix(loss=losses[-1])
        self.validate()

    @torch.no_grad()
    def validate(self) -> None:
        """Loss and accuracy over the validation batches."""
        self.model.eval()
        losses, correct, total = [], 0, 0
        for batch in tqdm(self.validation_batches()):
            loss, logits, targets = self.loss_of(batch)
            losses.append(loss.item())
            correct += self.correct(logits, targets)
            total += len(targets)

    def training_batches(self) -> Any:
        return DataLoader(self.rows["train"], self.batch, shuffle=True, collate_fn=self.collate)

    def validation_batches(self) -> Any:
        return DataLoader(self.rows["validation"], self.batch, collate_fn=self.collate)

    rows: dict[str, Any]
    batch: int
    collate: Any = None

    def loss_of(self, batch: Any) -> tuple[Tensor, Tensor, Tensor]:
        raise NotImplementedError

    def correct(self, logits: Tensor, targets: Tensor) -> int:
        """How many examples of a batch are right; (B, …, classes) and (B, …)."""
        same = (logits.argmax(dim=-1) == targets) | (targets == self.ignored)
        return int(same.flatten(1).all(dim=1).sum().item() if targets.dim() > 1 else same.sum().item())

    def after_backward(self) -> None: ...

    def after_step(self) -> None: ...


def digits_of(number: int) -> list[int]:
    return [int(digit) for digit in str(number)]


class AdderScript(Script):
    """A fresh batch at every step; accuracy on a fresh test batch every `validate_every` steps."""

    def __init__(self, run: dict[str, Any], folder: Path) -> None:
        self.settings = run
        digits = run["dataset"]["distribution"]["digits"]
        self.limit, self.length = 10**digits, digits + 1
        model = run["model"]
        self.model = Adder(model["cell"], model["embedding"], model["hidden"], model["layers"])
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=0.001)
        self.criterion = nn.CrossEntropyLoss()

    def drawn(self, size: int) -> tuple[list[int], list[int], list[int]]:
        first = [random.randrange(self.limit) for _ in range(size)]
        second = [random.randrange(self.limit) for _ in range(size)]
        return first, second, [a + b for a, b in zip(first, second, strict=True)]

    def prepared(self, numbers: list[int]) -> Tensor:
        """Digit lists, the lowest digit first, filled up with zeros."""
        lists = [list(reversed(digits_of(number))) for number in numbers]
        lists = [one + [0] * (self.length - len(one)) for one in lists]
        return torch.tensor(lists)

    def train(self) -> None:
        training = self.settings["training"]
        losses = []
        bar = tqdm(range(training["steps"]))
        for step in bar:
            first, second, sums = self.drawn(training["batch"])
            self.optimizer.zero_grad()
            logits = self.model(self.prepared(first), self.prepared(second))
            loss = self.criterion(logits.reshape(-1, 10), self.prepared(sums).reshape(-1))
            loss.backward()
            self.optimizer.step()
            losses.append(loss.item())
            bar.set_postfix(loss=losses[-1])
            if (step + 1) % training["validate_every"] == 0:
                self.validate()

    @torch.no_grad()
    def validate(self) -> None:
        first, second, sums = self.drawn(self.settings["dataset"]["rows"]["validation"])
        logits = self.model(self.prepared(first), self.prepared(second))
        answers = np.argmax(logits.numpy(), axis=2)
        numbers = [int("".join(str(digit) for digit in reversed(answer))) for answer in answers]
        np.mean([number == total for number, total in zip(numbers, sums, strict=True)])


class Expressions(Dataset):
    """Symbols and answer of one expression, padded on the left."""

    def __init__(self, sources: list[str], answers: list[int], to_id: dict[str, int], width: int) -> None:
        self.sources, self.answers, self.to_id, self.width = sources, answers, to_id, width

    def __len__(self) -> int:
        return len(self.sources)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        ids = [self.to_id[character] for character in self.sources[index]]
        ids = [0] * (self.width - len(ids)) + ids
        return torch.tensor(ids), torch.tensor(self.answers[index])


class ThreeNumberScript(Script):
    """One class for each possible result."""

    def __init__(self, run: dict[str, Any], folder: Path) -> None:
        tables = {split: pd.read_parquet(folder / f"{split}.parquet") for split in ("train", "validation")}
        to_id = {character: number for number, character in enumerate("0123456789+-", start=1)}
        values = range(
            10 - 99 - 99, 3 * 99 + 1
        )  # the results of two-digit numbers; one-digit numbers add none
        width = len("99+99+99")
        self.rows = {
            split: Expressions(
                table["expression"].tolist(),
                [values.index(int(answer)) for answer in table["answer"]],
                to_id,
                width,
            )
            for split, table in tables.items()
        }
        model = run["model"]
        sizes = (model["cell"], model["embedding"], model["hidden"])
        self.model = Classifier(len(to_id) + 1, len(values), *sizes, packed=False)
        self.batch = run["training"]["batch"]
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=run["training"]["lr"])
        self.criterion = nn.CrossEntropyLoss()

    def loss_of(self, batch: Any) -> tuple[Tensor, Tensor, Tensor]:
        ids, targets = batch
        logits = self.model(ids)
        return self.criterion(logits, targets), logits, targets


class Rows(Dataset):
    """Rows of a pandas table, taken one by one."""

    def __init__(self, table: pd.DataFrame) -> None:
        self.table = table

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, index: int) -> tuple[list[int], list[int]]:
        return self.table.iloc[index, 0], self.table.iloc[index, 1]


class Seq2seqScript(Script):
    """Characters in, characters out."""

    ignored = 0

    def __init__(self, run: dict[str, Any], folder: Path) -> None:
        characters = ["<pad>", "<eos>", *"0123456789+-*()="]
        to_id = {character: number for number, character in enumerate(characters)}
        self.rows = {}
        for split in ("train", "validation"):
            table = pd.read_parquet(folder / f"{split}.parquet")
            source = table["expression"].map(lambda text: [to_id[one] for one in text + "="])
            target = table["answer"].map(lambda value: [*(to_id[one] for one in str(value)), 1])
            self.rows[split] = Rows(pd.DataFrame({"source": source, "target": target}))
        model, training = run["model"], run["training"]
        sizes = (model["embedding"], model["hidden"], model["layers"])
        self.model = Seq2seq(len(characters), len(characters), *sizes)
        self.batch = training["batch"]
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=training["lr"])
        self.clip = training["clip_norm"]
        self.criterion = nn.CrossEntropyLoss(ignore_index=0)

    @staticmethod
    def collate(batch: list[Any]) -> tuple[Tensor, Tensor, Tensor]:
        sources, targets = ([torch.tensor(one[side]) for one in batch] for side in (0, 1))
        lengths = torch.LongTensor([len(one) for one in sources])
        return pad_sequence(sources, batch_first=True), lengths, pad_sequence(targets, batch_first=True)

    def loss_of(self, batch: Any) -> tuple[Tensor, Tensor, Tensor]:
        ids, lengths, targets = batch
        logits = self.model(ids, lengths, targets.shape[1])
        return self.criterion(logits.flatten(0, 1), targets.flatten()), logits, targets

    def after_backward(self) -> None:
        nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)


class Reviews(Dataset):
    """Word numbers of a review, made whenever it is read, as the report prints it."""

    def __init__(self, table: list[tuple[str, str]], vocabulary: dict[str, int], limit: int) -> None:
        self.table, self.vocabulary, self.limit = table, vocabulary, limit

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, index: int) -> dict[str, Any]:
        review, label = self.table[index]
        ids = [self.vocabulary.get(word, 1) for word in words(review)][: self.limit]
        return {"ids": ids, "length": len(ids), "label": int(label == "positive")}


def words(review: str) -> list[str]:
    """A review's words without special characters, in small letters."""
    return [word.lower() for word in (re.sub(r"[^\w\s]", "", word) for word in review.split())]


class ReviewScript(Script):
    """Tokens in, one of two classes out; RMSprop with a warm-up over 200 steps."""

    def __init__(self, run: dict[str, Any], folder: Path) -> None:
        source = pd.read_csv(run["dataset"]["source"]["path"])
        table = list(source.itertuples(index=False, name=None))
        rows = run["dataset"]["rows"]
        train, rest = table[: rows["train"]], table[rows["train"] :]
        known = vocabulary_of(train)
        self.rows = {
            "train": Reviews(train, known, 256),
            "validation": Reviews(rest[: rows["validation"]], known, 256),
        }
        model, training = run["model"], run["training"]
        sizes = (model["cell"], model["embedding"], model["hidden"])
        self.model = Classifier(len(known) + 2, 2, *sizes, packed=True)
        for module in (self.model.embedding, self.model.linear):
            nn.init.xavier_normal_(module.weight)
        nn.init.zeros_(self.model.linear.bias)
        for name, parameter in self.model.recurrent.named_parameters():
            (nn.init.orthogonal_ if "weight" in name else nn.init.zeros_)(parameter)
        self.batch = training["batch"]
        self.optimizer = torch.optim.RMSprop(
            self.model.parameters(), lr=training["lr"], momentum=training["momentum"], eps=training["eps"]
        )
        warm_up = training["warmup_steps"]
        self.schedule = torch.optim.lr_scheduler.LambdaLR(
            self.optimizer, lambda step: min((step + 1) / warm_up, 1)
        )
        self.criterion = nn.CrossEntropyLoss()

    @staticmethod
    def collate(batch: list[Any]) -> tuple[Tensor, Tensor, Tensor]:
        ids = pad_sequence([torch.tensor(one["ids"]) for one in batch], batch_first=True)
        lengths, labels = (torch.tensor([one[name] for one in batch]) for name in ("length", "label"))
        return ids, lengths, labels

    def loss_of(self, batch: Any) -> tuple[Tensor, Tensor, Tensor]:
        ids, lengths, labels = batch
        logits = self.model(ids, lengths)
        return self.criterion(logits, labels), logits, labels

    def after_step(self) -> None:
        self.schedule.step()


def vocabulary_of(table: list[tuple[str, str]]) -> dict[str, int]:
    """The number of every word that at least five times is in a review; 0 is padding, 1 any other word."""
    counts: dict[str, int] = {}
    for review, _ in table:
        for word in words(review):
            counts[word] = counts.get(word, 0) + 1
    often: Iterator[str] = (word for word, count in counts.items() if count >= 5)
    return {word: number for number, word in enumerate(often, start=2)}


SCRIPTS = {
    "adder-prml": AdderScript,
    "adder-lengths": AdderScript,
    "three-number": ThreeNumberScript,
    "expression-seq2seq": Seq2seqScript,
    "imdb-sweeps": ReviewScript,
}
