"""Datasets of expressions, and their values by Python's own parser."""

from __future__ import annotations

import ast
import operator
from typing import Any

import pyarrow as pa

from carryover.planning.runs import RunSettings
from carryover.tasks.expression.columns import columns
from carryover.tasks.expression.drawing import batches
from carryover.tasks.expression.settings import ExpressionDataset

OPERATIONS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul}


def evaluated(text: str) -> int:
    """The value of an expression by Python's own grammar, without `eval`."""

    def value(node: ast.expr) -> int:
        if isinstance(node, ast.Constant):
            return node.value
        assert isinstance(node, ast.BinOp)
        return OPERATIONS[type(node.op)](value(node.left), value(node.right))

    return value(ast.parse(text, mode="eval").body)


def numbers(smallest: int, largest: int, **filters: Any) -> dict[str, Any]:
    return {"smallest": smallest, "largest": largest, **filters}


def corpus_grammar(smallest: int, largest: int, **filters: Any) -> dict[str, Any]:
    """The grammar of expression-seq2seq."""
    return {
        "kind": "grammar",
        "operators": "+-*",
        "operands": [2, 3],
        "parentheses": "where_operators_differ",
        "numbers": numbers(smallest, largest, **filters),
    }


def three(smallest: int, largest: int) -> dict[str, Any]:
    """The grammar of three-number, without its kind."""
    return {"operators": "+-", "operands": [3], "numbers": numbers(smallest, largest)}


def dataset(distribution: dict[str, Any], **rest: Any) -> ExpressionDataset:
    if rest.get("draw") == "whole":
        rest.setdefault("shares", {"train": 0.9, "validation": 0.1})
    return ExpressionDataset.read({"task": "expression", "distribution": distribution, **rest})


MIXTURE = {"kind": "mixture", "components": [three(0, 9), three(10, 99)]}


def table(made: ExpressionDataset, split: str = "train") -> pa.Table:
    return pa.Table.from_batches(batches(made, split), schema=columns())


def texts(made: ExpressionDataset, split: str = "train") -> list[str]:
    return table(made, split)["expression"].to_pylist()


def whole(distribution: dict[str, Any]) -> pa.Table:
    made = dataset(distribution, draw="whole")
    return pa.concat_tables([table(made, split) for split in ("train", "validation", "test")])


def run(made: ExpressionDataset, kind: str) -> RunSettings:
    return RunSettings.read({"dataset": made.complete(), "model": {"kind": kind}, "training": {"epochs": 1}})


def asked(*lines: str) -> pa.Table:
    answers = [evaluated(line) for line in lines]
    values = [range(len(lines)), list(lines), answers, [""] * len(lines)]
    return pa.table([pa.array(column) for column in values], names=columns().names)
