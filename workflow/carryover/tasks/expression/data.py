"""Task `expression`: an arithmetic expression is read, its answer is one class or is written out.

Two readings of one row, told apart by the run's model:

    classifier   12+34-5    → class 41 - (smallest answer)                      report three-number
    seq2seq      12+34-5=   → 4 1 END, then padding                             report expression-seq2seq

The answer is right when the whole number is. Classes come from the settings of the training distribution, so an
answer that it cannot produce has no class and counts as wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa

from carryover.data import text
from carryover.data.hashing import SIDES, hash_rows
from carryover.data.permutation import mix, permuted
from carryover.data.streams import stream
from carryover.errors import UserError
from carryover.settings.canonical import canonical_json
from carryover.tasks.encoded import OUTSIDE, Encoded, Sizes
from carryover.tasks.expression.forms import OPERATORS, Form, chain
from carryover.tasks.expression.grammar import LARGEST_INDEX, Expressions
from carryover.tasks.expression.settings import ExpressionDataset, cycle
from carryover.tasks.record import Run

BLOCK = 65_536  # rows made at a time, and draws from one stream
LONGEST_QUESTION = 200

PADDING = 0
SOURCE = "0123456789+-*()="  # input symbols 1 … 16
END = 1
TARGET = "0123456789-"  # output symbols 2 … 12 of the seq2seq reading; 0 is padding

_SOURCE_CODE = np.zeros(256, dtype=np.uint8)
_SOURCE_CODE[np.frombuffer(SOURCE.encode(), dtype=np.uint8)] = np.arange(1, len(SOURCE) + 1)
_TARGET_CODE = np.zeros(256, dtype=np.int16)
_TARGET_CODE[np.frombuffer(TARGET.encode(), dtype=np.uint8)] = np.arange(2, len(TARGET) + 2)


def columns() -> pa.Schema:
    """The columns of a stored split."""
    return pa.schema(
        [
            pa.field("index", pa.int64(), nullable=False),
            pa.field("expression", pa.string(), nullable=False),
            pa.field("answer", pa.int64(), nullable=False),
            pa.field("component", pa.string(), nullable=False),
        ]
    )


# --- making expressions ---


@dataclass(frozen=True)
class _Tables:
    """A grammar as arrays. F forms of up to P operands, each with at most D digits; 0 stands for no character."""

    forms: list[Form]
    first: np.ndarray  # (F,) the number of each form's first expression
    operands: np.ndarray  # (F,) how many operands it has
    values: list[np.ndarray]  # P arrays: the numbers that the operand may be
    digits: list[np.ndarray]  # P arrays (values, D): those numbers as ASCII
    opening: np.ndarray  # (F, P) ASCII before each operand
    closing: np.ndarray  # (F, P) ASCII after it
    operator: np.ndarray  # (F, P) ASCII after that


@lru_cache(maxsize=16)
def _tables(grammar: Expressions) -> _Tables:
    forms = grammar.forms()
    most = max(grammar.operands)
    lists = grammar.values_of(most)
    values = [np.asarray(one, dtype=np.int64) for one in lists]
    space = [
        int(np.prod([len(one) for one in grammar.values_of(form.operands)], dtype=object)) for form in forms
    ]
    opening, closing, operator = (np.zeros((len(forms), most), dtype=np.uint8) for _ in range(3))
    for number, form in enumerate(forms):
        operator[number, : form.operands - 1] = np.frombuffer(form.operators.encode(), dtype=np.uint8)
        if form.group is not None:
            opening[number, form.group[0]] = ord("(")
            closing[number, form.group[1] - 1] = ord(")")
    return _Tables(
        forms,
        np.cumsum([0, *space[:-1]], dtype=np.int64),
        np.array([form.operands for form in forms]),
        values,
        [text.characters(pa.array(one).cast(pa.string()))[0] for one in values],
        opening,
        closing,
        operator,
    )


def expressions(grammar: Expressions, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The expressions of a grammar with the given numbers (N,) in [0, grammar.space()).

    Returns their characters, (N, W) uint8 with 0 for none, and their answers, (N,) int64.
    """
    tables = _tables(grammar)
    form = np.searchsorted(tables.first, numbers, side="right") - 1
    rest = numbers - tables.first[form]
    operands: list[np.ndarray] = []
    digits: list[np.ndarray] = []
    for position in reversed(range(len(tables.values))):  # the last operand changes fastest
        values, present = tables.values[position], position < tables.operands[form]
        rest, chosen = _divmod_where(present, rest, len(values))
        operands.insert(0, values[chosen])
        characters = tables.digits[position][chosen]
        digits.insert(0, characters if present.all() else characters * present[:, None])
    parts = []
    for position, characters in enumerate(digits):
        for table in (tables.opening, characters, tables.closing, tables.operator):
            if table is characters:
                parts.append(characters)
            elif table[:, position].any():
                parts.append(table[form, position, None])
    return np.concatenate(parts, axis=1), _answers(tables.forms, form, operands)


def _divmod_where(present: np.ndarray, values: np.ndarray, divisor: int) -> tuple[np.ndarray, np.ndarray]:
    """values divided by divisor, with remainder, where `present`; elsewhere values unchanged, and remainder 0."""
    quotient, remainder = np.divmod(values, divisor)
    if present.all():
        return quotient, remainder
    return np.where(present, quotient, values), np.where(present, remainder, 0)


def _answers(forms: list[Form], form: np.ndarray, operands: list[np.ndarray]) -> np.ndarray:
    """The answer of each row, (N,) int64, given the number of its form (N,) and its operands, P arrays of (N,)."""
    answers = np.empty(len(form), dtype=np.int64)
    for number in np.unique(form):
        rows = np.flatnonzero(form == number)
        answers[rows] = forms[number].evaluate([one[rows] for one in operands[: forms[number].operands]])
    return answers


def batches(dataset: ExpressionDataset, split: str, rows: range | None = None) -> Iterator[pa.RecordBatch]:
    """The rows of a split, or a range of them, in blocks of 65,536, in constant memory.

    Row i is the same whatever the range. The first rows of train and test do not depend on how many follow, nor do the
    rows of one component on the others.
    """
    wanted = range(dataset.split_rows()[split]) if rows is None else rows
    grammars, shares = dataset.distribution.components, dataset.distribution.shares
    test_totals = dataset.component_rows("test")
    labels = pa.array(dataset.component_labels())
    pattern = np.asarray(cycle(shares))
    rank = np.empty(len(pattern), dtype=np.int64)  # how often the same component came before in a cycle
    for number, share in enumerate(shares):
        rank[pattern == number] = np.arange(share)
    for start in range(wanted.start // BLOCK * BLOCK, wanted.stop, BLOCK):
        index = np.arange(max(start, wanted.start), min(start + BLOCK, wanted.stop), dtype=np.int64)
        turn, place = np.divmod(index, len(pattern))
        component = pattern[place]
        # The row's number among those of its component.
        of_component = turn * np.asarray(shares)[component] + rank[place]
        parts: list[tuple[np.ndarray, np.ndarray]] = []
        answer = np.empty(len(index), dtype=np.int64)
        for number, grammar in enumerate(grammars):
            mine = np.flatnonzero(component == number)
            if not len(mine):
                continue
            drawn = _draw(dataset, grammar, split, of_component[mine], test_totals[number])
            characters, answer[mine] = expressions(grammar, drawn)
            parts.append((mine, characters))
        width = max(characters.shape[1] for _, characters in parts)
        matrix = np.zeros((len(index), width), dtype=np.uint8)
        for mine, characters in parts:
            matrix[mine, : characters.shape[1]] = characters
        label = pa.DictionaryArray.from_arrays(pa.array(component, pa.int32()), labels).cast(pa.string())
        yield pa.RecordBatch.from_arrays(
            [pa.array(index), text.strings(matrix), pa.array(answer), label], schema=columns()
        )


def _draw(
    dataset: ExpressionDataset, grammar: Expressions, split: str, rows: np.ndarray, test_rows: int
) -> np.ndarray:
    """The numbers of the expressions in rows `rows` (consecutive, rising) of a grammar's part of a split."""
    space = grammar.space()
    key = ("expression", canonical_json(grammar.grammar()), dataset.seed)
    if dataset.draw == "with_replacement":
        first, last = int(rows[0]), int(rows[-1]) + 1
        low, high = 0, space
        if dataset.disjoint:
            low, high = (space * tenth // 10 for tenth in SIDES[split])
        blocks = range(first // BLOCK, -(-last // BLOCK))
        drawn = [stream((*key, split), block).integers(low, high, size=BLOCK) for block in blocks]
        numbers = np.concatenate(drawn)[first - blocks[0] * BLOCK : last - blocks[0] * BLOCK]
        return permuted(numbers, space, (*key, "sides")) if dataset.disjoint else numbers
    if split == "test":
        rows = space - 1 - rows
    elif split == "validation":
        rows = space - 1 - test_rows - rows
    return permuted(rows, space, (*key, "order"))


# --- what the model reads and writes ---


def encode(
    table: pa.Table, run: Run, folder: Path | None = None, for_training: bool = False, width: int = 0
) -> Encoded:
    """The rows of a split as the run's model reads them.

    Inputs are as long as the longest expression that the training distribution can produce, or longer where a row or
    `width` is: a model that reads its padding then meets as much of it in every split. Answers outside the classes are
    OUTSIDE; an answer with too many characters for the decoder has OUTSIDE in the last place.
    """
    seq2seq = run.model.reading == "sequence"
    longest = max(_dataset(run).longest() + seq2seq, width)
    source, lengths = text.characters(table["expression"], longest)
    if seq2seq:
        lengths = lengths + 1
        if len(lengths) and lengths.max() > source.shape[1]:
            source = np.pad(source, ((0, 0), (0, 1)))
        np.put_along_axis(source, lengths[:, None] - 1, ord("="), axis=1)
    inputs = _SOURCE_CODE[source][:, :, None]
    answer = table["answer"].to_numpy()
    targets, target_lengths = _written(answer, run) if seq2seq else _classes(answer, run)
    return Encoded(inputs, lengths.astype(np.int32), targets, target_lengths)


def _classes(answer: np.ndarray, run: Run) -> tuple[np.ndarray, np.ndarray]:
    low, high = _dataset(run).answer_range()
    targets = np.where((answer >= low) & (answer <= high), answer - low, OUTSIDE)
    return targets.astype(np.int32)[:, None], np.ones(len(answer), dtype=np.int32)


def _written(answer: np.ndarray, run: Run) -> tuple[np.ndarray, np.ndarray]:
    """Answers (N,) as characters, END and padding, (N, T) int16, and how many count, (N,) int32."""
    length = sizes(run).target_length
    written, lengths = text.characters(pa.array(answer).cast(pa.string()), length)
    targets = _TARGET_CODE[written]
    fits = lengths < length
    rows = np.flatnonzero(fits)
    targets[rows, lengths[rows]] = END
    targets[~fits, length - 1] = OUTSIDE
    return targets[:, :length], np.minimum(lengths + 1, length).astype(np.int32)


def sizes(run: Run, folder: Path | None = None) -> Sizes:
    """What the run's model has to be built for, from the settings of its training distribution."""
    low, high = _dataset(run).answer_range()
    if run.model.reading == "sequence":
        longest = max(len(str(low)), len(str(high)))
        return Sizes(len(SOURCE) + 1, 1, len(TARGET) + 2, longest + 1, PADDING)
    return Sizes(len(SOURCE) + 1, 1, high - low + 1, 1, PADDING)


def decode(predictions: np.ndarray, table: pa.Table, run: Run) -> list[str]:
    """Predicted symbols (N, T) as answers; what a seq2seq wrote is shown up to its END, be it a number or not."""
    if run.model.reading != "sequence":
        low, _ = _dataset(run).answer_range()
        return [str(value) for value in (predictions[:, 0].astype(np.int64) + low).tolist()]
    symbols = np.concatenate([[0, 0], np.frombuffer(TARGET.encode(), dtype=np.uint8)]).astype(np.uint8)
    ended = np.cumsum(predictions == END, axis=1) > 0
    return text.strings(np.where(ended, 0, symbols[predictions]).astype(np.uint8)).to_pylist()


def question(table: pa.Table) -> list[str]:
    """The expressions, as a person writes them."""
    return table["expression"].to_pylist()


def answer(table: pa.Table) -> list[str]:
    """The right answers."""
    return [str(value) for value in table["answer"].to_pylist()]


def _dataset(run: Run) -> ExpressionDataset:
    assert isinstance(run.dataset, ExpressionDataset)
    return run.dataset


# --- one question from a person ---


def parse(asked: str, run: Run) -> pa.Table:
    """The question `asked`, such as `12+34-5` or `(1+2)*3=`, as a table of one row with its right answer.

    Raises UserError for division, for characters that the training expressions never have, and for what is no
    expression.
    """
    expression = re.sub(r"\s", "", asked).removesuffix("=")
    if len(expression) > LONGEST_QUESTION:
        raise UserError(f"ask: the question has {len(expression)} characters; ask at most {LONGEST_QUESTION}")
    if "/" in expression or "÷" in expression:
        raise UserError(f"ask: {asked!r}: division is not a task here; ask with {_operators(run)}")
    unseen = sorted(set(expression) - _dataset(run).characters())
    if unseen:
        known = "".join(sorted(_dataset(run).characters(), key=SOURCE.index))
        raise UserError(
            f"ask: {asked!r}: the model has never seen {', '.join(map(repr, unseen))}; in training it saw {known}"
        )
    value = _Reader(expression, asked).read()
    if abs(value) > LARGEST_INDEX:
        raise UserError(f"ask: {asked!r}: its answer does not fit 64 bits; ask with smaller numbers")
    return pa.table([[0], [expression], [value], [""]], schema=columns())


def _operators(run: Run) -> str:
    return " and ".join(character for character in OPERATORS if character in _dataset(run).characters())


class _Reader:
    """Reads one expression with any parentheses, character by character, and evaluates it."""

    def __init__(self, expression: str, asked: str) -> None:
        self.tokens = re.findall(r"\d+|.", expression)
        self.asked = asked
        self.place = 0

    def read(self) -> int:
        value = self._chain()
        if self.place < len(self.tokens) or len(self.tokens) < 2:
            raise self._error()
        return value

    def _chain(self) -> int:
        values, operators = [self._operand()], ""
        while self.place < len(self.tokens) and self.tokens[self.place] in OPERATORS:
            operators += self._next()
            values.append(self._operand())
        return chain(values, operators)

    def _operand(self) -> int:
        token = self._next()
        if token == "(":
            value = self._chain()
            if self._next() != ")":
                raise self._error()
            return value
        if not token.isdecimal() or (len(token) > 1 and token[0] == "0"):
            raise self._error()
        return int(token)

    def _next(self) -> str:
        if self.place == len(self.tokens):
            raise self._error()
        self.place += 1
        return self.tokens[self.place - 1]

    def _error(self) -> UserError:
        return UserError(
            f"ask: {self.asked!r} is not an expression such as 12+34-5: "
            "whole numbers without leading zeros, an operator between each two, parentheses closed"
        )


# --- which rows are the same question ---


def space(dataset: ExpressionDataset) -> int | None:
    """How many different expressions the dataset's distribution has."""
    return dataset.space()


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
    # Mixed once more, for parentheses that change nothing are still another expression.
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


def grouped(table: pa.Table) -> Iterator[tuple[Form, np.ndarray, list[np.ndarray]]]:
    """The rows of each form: the form, the rows' places (M,), and each operand's values (M,) int64.

    Rows are grouped by their template, the expression with every digit read as `0`, so each is parsed only once;
    a form comes up once a pattern of digits.
    """
    written, _ = text.characters(table["expression"])
    digit = (written >= ord("0")) & (written <= ord("9"))
    template = np.where(digit, ord("0"), written).astype(np.uint8)
    found, group = _unique_rows(template)
    order = np.argsort(group, kind="stable")
    ends = np.cumsum(np.bincount(group, minlength=len(found)))
    for row, rows in zip(found, np.split(order, ends[:-1]) if len(found) else [], strict=True):
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
