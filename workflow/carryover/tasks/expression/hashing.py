"""Hashes that tell which expressions are equal."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from carryover.data import text
from carryover.data.hashing import hash_rows
from carryover.data.permutation import mix
from carryover.tasks.expression.forms import Form
from carryover.tasks.expression.grouping import grouped


def seen_key(table: pa.Table, commuted: bool = False) -> np.ndarray:
    """A 128-bit hash of each row's expression, (N, 2) uint64, equal for equal expressions and otherwise not.

    `commuted`: expressions that differ only in the order of a sum's terms (each with its sign) or of a product's
    factors count as equal, as `1+2*3-4` and `3*2-4+1`; parentheses stay as written.
    """
    if not commuted:
        return hash_rows(text.characters(table["expression"])[0])
    keys = np.empty((table.num_rows, 2), dtype=np.uint64)
    for form, rows, operands in grouped(table):
        for seed in (1, 2):
            leaves = [mix(one.astype(np.uint64) + np.uint64(seed << 60)) for one in operands]
            keys[rows, seed - 1] = _hash_form(form, leaves)
    return keys


_TERM, _NEGATIVE, _FACTOR = (np.uint64(constant) for constant in (11 << 32, 13 << 32, 17 << 32))


def _hash_form(form: Form, leaves: list[np.ndarray]) -> np.ndarray:
    """A hash of expressions of one form, given hashes of their operands, that no commuting changes."""
    if form.group is None:
        return _hash_chain(leaves, form.operators)
    start, stop = form.group
    # Mixed once more, because parentheses that change nothing still make another expression.
    inner = mix(_hash_chain(leaves[start:stop], form.operators[start : stop - 1]))
    return _hash_chain(
        [*leaves[:start], inner, *leaves[stop:]], form.operators[:start] + form.operators[stop - 1 :]
    )


def _hash_chain(leaves: list[np.ndarray], operators: str) -> np.ndarray:
    # A sum of hashes is the same in any order; each is mixed with what it stands for before it is added.
    products = [[leaves[0]]]
    signs = ["+"]
    for operator, leaf in zip(operators, leaves[1:], strict=True):
        if operator == "*":
            products[-1].append(leaf)
        else:
            products.append([leaf])
            signs.append(operator)
    total = np.zeros_like(leaves[0])
    for sign, factors in zip(signs, products, strict=True):
        product = np.zeros_like(total)
        for factor in factors:
            product = product + mix(factor + _FACTOR)
        total = total + mix(mix(product) + (_TERM if sign == "+" else _NEGATIVE))
    return mix(total)
