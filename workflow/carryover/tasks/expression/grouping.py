"""Expressions read back from text, those of one form together."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from carryover.data import text
from carryover.tasks.expression.forms import OPERATORS, Form


def grouped(table: pa.Table) -> Iterator[tuple[Form, np.ndarray, list[np.ndarray]]]:
    """The rows of each form: the form, the positions of its rows (M,), and each operand's values (M,) int64.

    Rows are grouped by their template, the expression with every digit read as `0`, so each is parsed only once;
    a form comes up once a pattern of digits.
    """
    written, _ = text.characters(table["expression"])
    digit = (written >= ord("0")) & (written <= ord("9"))
    template = np.where(digit, ord("0"), written).astype(np.uint8)
    templates, group = _unique_rows(template)
    order = np.argsort(group, kind="stable")
    ends = np.cumsum(np.bincount(group, minlength=len(templates)))
    for row, rows in zip(templates, np.split(order, ends[:-1]) if len(templates) else [], strict=True):
        form, spans = _read_template(bytes(row).rstrip(b"\0").decode())
        yield form, rows, [_value(written[rows, first:last]) for first, last in spans]


def _unique_rows(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct rows of an (N, L) uint8 matrix, and which of them each row is (N,)."""
    words = np.ascontiguousarray(np.pad(matrix, ((0, 0), (0, -matrix.shape[1] % 8)))).view(np.uint64)
    # Number the distinct words of each column; the numbers so far and the next word's make one number again.
    group = np.zeros(len(words), dtype=np.int64)
    for column in range(words.shape[1]):
        distinct, number = np.unique(words[:, column], return_inverse=True)
        _, group = np.unique(group * len(distinct) + number, return_inverse=True)
    _, first = np.unique(group, return_index=True)
    return matrix[first], group


def _read_template(template: str) -> tuple[Form, list[tuple[int, int]]]:
    """The form of a template such as `(00+0)*00`, and where each of its operands stands."""
    spans = [match.span() for match in re.finditer("0+", template)]
    operators = "".join(character for character in template if character in OPERATORS)
    if "(" not in template:
        return Form(operators), spans
    opening, closing = template.index("("), template.index(")")
    inside = [number for number, (first, last) in enumerate(spans) if opening < first and last <= closing]
    return Form(operators, (inside[0], inside[-1] + 1)), spans


def _value(digits: np.ndarray) -> np.ndarray:
    """ASCII digits (N, D) as numbers (N,) int64."""
    value = np.zeros(len(digits), dtype=np.int64)
    for column in range(digits.shape[1]):
        value = value * 10 + (digits[:, column].astype(np.int64) - ord("0"))
    return value
